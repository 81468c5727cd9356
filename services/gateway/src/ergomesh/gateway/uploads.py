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


async def body_chunks(request: Asked, *, max_bytes: int) -> AsyncIterator[bytes]:
    """Iterate over a request's body, which may be of any length.

    Args:
        request: Whose body nobody has read yet.
        max_bytes: Length from which on it is refused, told or not.

    Raises:
        ProblemError: ``file_too_large`` or ``upload_interrupted``.
    """
    if (request.content_length or 0) > max_bytes:
        raise too_large(max_bytes)
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes:
                raise too_large(max_bytes)
            if chunk:
                yield chunk
    except InternalServerException as error:
        # Litestar's word for a client that went away in the middle.
        msg = "The connection broke before the whole clip was there; send it again."
        raise ProblemError(Code.UPLOAD_INTERRUPTED, msg) from error


async def json_body(request: Asked) -> bytes:
    """Return a short body.

    Raises:
        ProblemError: ``body_too_large`` beyond 64 KiB.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            msg = f"The JSON is longer than {MAX_JSON_BYTES // 1024} KiB."
            raise ProblemError(Code.BODY_TOO_LARGE, msg)
    return bytes(body)


def clip_chunks(gateway: Gateway, request: Asked) -> AsyncIterator[bytes]:
    """Iterate over a clip that is the whole body."""
    return body_chunks(request, max_bytes=gateway.max_upload_bytes)


def form_body(gateway: Gateway, request: Asked) -> AsyncIterator[bytes]:
    """Iterate over a form that holds a clip."""
    return body_chunks(
        request, max_bytes=gateway.max_upload_bytes + FORM_OVERHEAD_BYTES
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
