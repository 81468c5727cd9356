"""Everything that can go wrong over HTTP, as RFC 9457 problem details.

::

    ProblemError(Exception)    an answer with one of the codes below
    RuntimeFault               of ergomesh.runtime, answered by its code
    HTTPException              of Litestar, answered by its status
    anything else              logged; the client learns "internal_error"
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.mistakes import Mistake
from ergomesh.runtime.errors import Transient, Unusable

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""What a client is told to wait when a server of ours is away."""

log = structlog.get_logger(__name__)


class Kind(NamedTuple):
    """What a code means."""

    status: int
    meaning: str


class Code(StrEnum):
    """What went wrong. Codes are public and never change their meaning."""

    INVALID_SETTINGS = FailureCode.INVALID_SETTINGS
    INVALID_REQUEST = "invalid_request"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_FORM = "malformed_form"
    UPLOAD_INTERRUPTED = "upload_interrupted"
    NOT_FOUND = "not_found"
    JOB_NOT_FOUND = "job_not_found"
    ARTIFACT_NOT_FOUND = "artifact_not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    SOURCE_MISSING = FailureCode.SOURCE_MISSING
    JOB_ENDED = "job_ended"
    JOB_NOT_COMPLETED = "job_not_completed"
    ARTIFACT_GONE = "artifact_gone"
    FILE_TOO_LARGE = FailureCode.TOO_LARGE
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    INTERNAL_ERROR = FailureCode.INTERNAL
    BROKER_UNREACHABLE = FailureCode.BROKER_UNREACHABLE
    STORE_UNREACHABLE = FailureCode.STORE_UNREACHABLE


KINDS: Final[dict[Code, Kind]] = {
    Code.INVALID_SETTINGS: Kind(400, "A setting is unknown or out of range."),
    Code.INVALID_REQUEST: Kind(400, "A part of the request cannot be understood."),
    Code.MALFORMED_JSON: Kind(400, "The body is not JSON."),
    Code.MALFORMED_FORM: Kind(400, "The body is not a form with one file."),
    Code.UPLOAD_INTERRUPTED: Kind(400, "The connection broke during the upload."),
    Code.NOT_FOUND: Kind(404, "There is nothing at this address."),
    Code.JOB_NOT_FOUND: Kind(404, "Nobody knows a job with this id."),
    Code.ARTIFACT_NOT_FOUND: Kind(404, "The job has no file of this name (yet)."),
    Code.METHOD_NOT_ALLOWED: Kind(405, "The address does not take this method."),
    Code.SOURCE_MISSING: Kind(409, "The clip has not been uploaded."),
    Code.JOB_ENDED: Kind(409, "The job has ended, and an end is final."),
    Code.JOB_NOT_COMPLETED: Kind(409, "The job has no result (yet)."),
    Code.ARTIFACT_GONE: Kind(410, "The file was deleted from the store."),
    Code.FILE_TOO_LARGE: Kind(413, "The clip has more bytes than are allowed."),
    Code.BODY_TOO_LARGE: Kind(413, "The JSON or a form field is too long."),
    Code.UNSUPPORTED_MEDIA_TYPE: Kind(415, "Nobody takes a body of this type here."),
    Code.RANGE_NOT_SATISFIABLE: Kind(416, "The range lies outside the file."),
    Code.INTERNAL_ERROR: Kind(500, "A fault of ours; the log has the details."),
    Code.BROKER_UNREACHABLE: Kind(503, "The message broker does not answer."),
    Code.STORE_UNREACHABLE: Kind(503, "The object store does not answer."),
}
"""Code → HTTP status and meaning."""

_BY_STATUS: Final = {
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.FILE_TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
}
_BY_VALUE: Final = {code.value: code for code in Code}
_OUR_FAULT: Final = (
    "Something went wrong on our side; try again, and if it happens again tell the "
    "operator."
)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every answer that is an error (RFC 9457)."""

    type: str
    """Address of the code's explanation on this server."""
    title: str
    """The code in words."""
    status: int
    """The HTTP status."""
    detail: str
    """One plain sentence: what is wrong and what to do."""
    code: Code
    """Stable and public; see ``/docs``."""
    errors: list[Mistake] = []
    """Every wrong field, when fields are what is wrong."""
    available: list[str] = []
    """The names that do exist, when a name is what is wrong."""


class ProblemError(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        errors: tuple[Mistake, ...] = (),
        available: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.available = available
        self.headers = headers or {}

    def problem(self) -> Problem:
        """Return the body of the answer."""
        return Problem(
            type=f"/docs#{self.code}",
            title=self.code.replace("_", " ").capitalize(),
            status=KINDS[self.code].status,
            detail=self.detail,
            code=self.code,
            errors=list(self.errors),
            available=list(self.available),
        )


def our_fault() -> ProblemError:
    """Return the answer that tells nothing: the log has the details."""
    return ProblemError(Code.INTERNAL_ERROR, _OUR_FAULT)


def of_fault(fault: Transient | Unusable) -> ProblemError:
    """Return the answer to a fault of the runtime."""
    code = _BY_VALUE.get(fault.code.value, Code.INTERNAL_ERROR)
    if code is Code.INTERNAL_ERROR:
        return our_fault()
    headers = (
        {"Retry-After": str(RETRY_AFTER_S)} if isinstance(fault, Transient) else {}
    )
    return ProblemError(code, fault.message, headers=headers)


def of_http(error: HTTPException) -> ProblemError:
    """Return the answer to a request that Litestar refused."""
    mistakes = tuple(
        Mistake(str(each.get("key", "")), str(each.get("message", "")))
        for each in error.extra or []
        if isinstance(each, dict)
    )
    told = "; ".join(f"{each.field}: {each.message}" for each in mistakes)
    return ProblemError(
        _BY_STATUS.get(error.status_code, Code.INVALID_REQUEST),
        _sentence(f"The request is not valid: {told}" if told else error.detail),
        errors=mistakes,
        headers=dict(error.headers or {}),
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def answer(error: ProblemError) -> Response[Problem]:
    """Return the HTTP response for an error."""
    problem = error.problem()
    return Response(
        problem,
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=error.headers,
    )


Asked = Request[Any, Any, Any]


def _on_problem(_: Asked, error: ProblemError) -> Response[Problem]:
    return answer(error)


def _on_fault(request: Asked, error: Transient | Unusable) -> Response[Problem]:
    log.warning(
        "refused", path=request.url.path, code=str(error.code), error=error.message
    )
    return answer(of_fault(error))


def _on_http(request: Asked, error: HTTPException) -> Response[Problem]:
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _on_anything(request, error)
    return answer(of_http(error))


def _on_anything(request: Asked, error: Exception) -> Response[Problem]:
    log.error("unexpected", path=request.url.path, exc_info=error)
    return answer(our_fault())


HANDLERS: Final[ExceptionHandlersMap] = {
    ProblemError: _on_problem,
    Transient: _on_fault,
    Unusable: _on_fault,
    HTTPException: _on_http,
    Exception: _on_anything,
}
"""Exception type → who answers."""


def documented(*codes: Code) -> dict[int, ResponseSpec]:
    """Return the OpenAPI responses of the given codes, by HTTP status."""
    texts: dict[int, list[str]] = {}
    for code in codes:
        kind = KINDS[code]
        texts.setdefault(kind.status, []).append(f"`{code}`: {kind.meaning}")
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=" ".join(parts),
            media_type=MEDIA_TYPE,
        )
        for status, parts in texts.items()
    }
