"""Request bodies, read in pieces and never further than they may go."""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException

from ergomesh.gateway.context import Gateway
from ergomesh.gateway.desk import too_large
from ergomesh.gateway.problems import Code, ProblemError

MAX_JSON_BYTES: Final = 64 * 1024
FORM_OVERHEAD_BYTES: Final = 1 << 20
"""What a form may hold beside its file."""

Asked = Request[Any, Any, Any]


async def body_chunks(
    request: Asked, *, max_bytes: int, refusal: ProblemError
) -> AsyncIterator[bytes]:
    """Iterate over a request's body, which may be of any length.

    Args:
        request: Whose body nobody has read yet.
        max_bytes: Length beyond which it is refused, announced or not.
        refusal: What a longer body is told.

    Raises:
        ProblemError: ``refusal`` or ``upload_interrupted``.
    """
    if (request.content_length or 0) > max_bytes:
        raise refusal
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes:
                raise refusal
            if chunk:
                yield chunk
    except InternalServerException as error:
        # Litestar's word for a client that went away in the middle.
        msg = "The connection broke before the whole body was there; send it again."
        raise ProblemError(Code.UPLOAD_INTERRUPTED, msg) from error


async def json_body(request: Asked) -> bytes:
    """Return a short body.

    Raises:
        ProblemError: ``body_too_large`` beyond 64 KiB.
    """
    msg = f"The JSON is longer than {MAX_JSON_BYTES // 1024} KiB."
    refusal = ProblemError(Code.BODY_TOO_LARGE, msg)
    chunks = body_chunks(request, max_bytes=MAX_JSON_BYTES, refusal=refusal)
    return b"".join([chunk async for chunk in chunks])


def clip_chunks(gateway: Gateway, request: Asked) -> AsyncIterator[bytes]:
    """Iterate over a clip that is the whole body."""
    limit = gateway.max_upload_bytes
    return body_chunks(request, max_bytes=limit, refusal=too_large(limit))


def form_body(gateway: Gateway, request: Asked) -> AsyncIterator[bytes]:
    """Iterate over a form that holds a clip."""
    limit = gateway.max_upload_bytes
    return body_chunks(
        request, max_bytes=limit + FORM_OVERHEAD_BYTES, refusal=too_large(limit)
    )


def content_type(request: Asked) -> tuple[str, dict[str, str]]:
    """Return the body's media type, lower case, and its parameters.

    Raises:
        ProblemError: ``invalid_request`` when the header cannot be read.
    """
    try:
        return request.content_type
    except (HTTPException, ValueError) as error:
        msg = "The Content-Type header cannot be read."
        raise ProblemError(Code.INVALID_REQUEST, msg) from error
