"""Everything that can go wrong over HTTP, as RFC 9457 problem details.

::

    ProblemError(Exception)    an answer with one of the codes below
    RuntimeFault               of ergomesh.runtime, answered by its code
    HTTPException              of Litestar, answered by its status
    anything else              logged; the client learns "internal_error"
"""

from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap

from ergomesh.contract.errors import FailureCode
from ergomesh.runtime.errors import Transient, Unusable

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""What a client is told to wait when a server of ours is away."""

log = structlog.get_logger(__name__)


class Kind(NamedTuple):
    """What a code means."""

    status: int
    meaning: str


KINDS: Final[dict[str, Kind]] = {
    "invalid_settings": Kind(400, "A setting is unknown or out of range."),
    "invalid_request": Kind(400, "A part of the request cannot be understood."),
    "malformed_json": Kind(400, "The body is not JSON."),
    "malformed_form": Kind(400, "The body is not a form with one file."),
    "empty_file": Kind(400, "The upload has no bytes."),
    "upload_interrupted": Kind(400, "The connection broke during the upload."),
    "not_found": Kind(404, "There is nothing at this address."),
    "job_not_found": Kind(404, "Nobody knows a job with this id."),
    "artifact_not_found": Kind(404, "The job has no file of this name (yet)."),
    "method_not_allowed": Kind(405, "The address does not take this method."),
    "source_missing": Kind(409, "The clip has not been uploaded."),
    "job_ended": Kind(409, "The job has ended, and an end is final."),
    "artifact_gone": Kind(410, "The file was deleted from the store."),
    "file_too_large": Kind(413, "The clip has more bytes than are allowed."),
    "body_too_large": Kind(413, "The JSON or a form field is too long."),
    "unsupported_media_type": Kind(415, "The body is of a type nobody takes here."),
    "range_not_satisfiable": Kind(416, "The range lies outside the file."),
    "internal_error": Kind(500, "A fault of ours; the log has the details."),
    "broker_unreachable": Kind(503, "The message broker does not answer."),
    "store_unreachable": Kind(503, "The object store does not answer."),
}
"""Stable code → HTTP status and meaning; codes of ``FailureCode`` keep theirs."""

_BY_STATUS: Final = {
    404: "not_found",
    405: "method_not_allowed",
    413: "file_too_large",
    415: "unsupported_media_type",
}
_OUR_FAULT: Final = (
    "Something went wrong on our side; try again, and if it happens again tell the "
    "operator."
)


class Mistake(msgspec.Struct, frozen=True):
    """One wrong field of a request."""

    field: str
    """Path of the field, such as ``settings.task.load_kg``."""
    message: str
    """What it must be."""


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
    code: str
    """Stable and public; see ``/docs``."""
    errors: list[Mistake] = []
    """Every wrong field, when fields are what is wrong."""
    available: list[str] = []
    """The names that do exist, when a name is what is wrong."""


class ProblemError(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        code: str,
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


def of_fault(fault: Transient | Unusable) -> ProblemError:
    """Return the answer to a fault of the runtime."""
    known = fault.code in KINDS and fault.code is not FailureCode.INTERNAL
    if not known:
        return ProblemError("internal_error", _OUR_FAULT)
    headers = (
        {"Retry-After": str(RETRY_AFTER_S)} if isinstance(fault, Transient) else {}
    )
    return ProblemError(str(fault.code), fault.message, headers=headers)


def of_http(error: HTTPException) -> ProblemError:
    """Return the answer to an error that Litestar raised."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ProblemError("internal_error", _OUR_FAULT)
    mistakes = tuple(
        Mistake(str(each.get("key", "")), str(each.get("message", "")))
        for each in error.extra or []
        if isinstance(each, dict)
    )
    told = "; ".join(f"{each.field}: {each.message}" for each in mistakes)
    return ProblemError(
        _BY_STATUS.get(error.status_code, "invalid_request"),
        _sentence(told or error.detail),
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
    return answer(ProblemError("internal_error", _OUR_FAULT))


HANDLERS: Final[ExceptionHandlersMap] = {
    ProblemError: _on_problem,
    Transient: _on_fault,
    Unusable: _on_fault,
    HTTPException: _on_http,
    Exception: _on_anything,
}
"""Exception type → who answers."""


def documented(*codes: str) -> dict[int, ResponseSpec]:
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
