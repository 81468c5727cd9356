"""A job's files, streamed from the store, whole or in part."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

from litestar import HttpMethod, Request, Response, Router, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import Method

from ergomesh.contract.keys import ObjectRef
from ergomesh.gateway import desk
from ergomesh.gateway.context import FromGateway, Gateway
from ergomesh.gateway.problems import Code, ProblemError, documented
from ergomesh.gateway.ranges import Span, UnsatisfiableError, matches_etag, parse_range
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.store import ObjectStore

Asked = Request[Any, Any, Any]


async def find_artifact(gateway: Gateway, job: str, name: str) -> ObjectRef:
    """Return a job's file.

    Raises:
        ProblemError: ``job_not_found``, or ``artifact_not_found`` with the names
            that exist.
    """
    artifacts = (await desk.find(gateway, job)).artifacts
    if name in artifacts:
        return artifacts[name]
    names = tuple(sorted(artifacts))
    has = f"it has {', '.join(names)}" if names else "it has none yet"
    msg = f"The job has no file of this name; {has}."
    raise ProblemError(Code.ARTIFACT_NOT_FOUND, msg, available=names)


def artifact_headers(ref: ObjectRef, name: str) -> dict[str, str]:
    """Return the headers that go with a file, whole or in part."""
    return {
        "ETag": etag_of(ref),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(name),
        "X-Content-Type-Options": "nosniff",
    }


def etag_of(ref: ObjectRef) -> str:
    """Return the entity tag: the digest names the bytes."""
    return f'"{ref.sha256}"'


def disposition(name: str) -> str:
    """Return the Content-Disposition that offers a file name (RFC 6266)."""
    return f"inline; filename*=UTF-8''{quote(name, safe='')}"


def wanted_span(request: Asked, ref: ObjectRef) -> Span | None:
    """Return the part that was asked for, or None for the whole.

    Raises:
        ProblemError: ``range_not_satisfiable``.
    """
    header = request.headers.get("range")
    condition = request.headers.get("if-range", etag_of(ref))
    if header is None or condition != etag_of(ref):
        return None
    try:
        return parse_range(header, ref.size)
    except UnsatisfiableError as error:
        raise ProblemError(
            Code.RANGE_NOT_SATISFIABLE,
            f"The file has {ref.size} bytes; you asked for {error}.",
            headers={"Content-Range": f"bytes */{ref.size}"},
        ) from error


async def opened(
    store: ObjectStore, key: str, span: Span | None
) -> AsyncIterator[bytes]:
    """Return the bytes, the first of them already read.

    So a missing object or a store that is down is told by the status line, not
    by a broken connection.

    Raises:
        ProblemError: ``artifact_gone``.
        Transient: When the store does not answer.
    """
    chunks = (
        store.stream(key)
        if span is None
        else store.stream(key, first=span.first, last=span.last)
    )
    try:
        first = await anext(chunks, b"")
    except Unusable as error:
        msg = "The file was deleted from the store; analyse the clip again."
        raise ProblemError(Code.ARTIFACT_GONE, msg) from error
    return _joined(first, chunks)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def headers_only(ref: ObjectRef, headers: dict[str, str]) -> Response[None]:
    """Return the answer to HEAD."""
    length = {"Content-Length": str(ref.size), "Content-Type": ref.media_type}
    return Response(None, headers=headers | length)


async def body_of(
    gateway: Gateway, ref: ObjectRef, span: Span | None, headers: dict[str, str]
) -> Stream:
    """Return the answer to GET: 200 with the whole, 206 with a part."""
    chunks = await opened(gateway.store, ref.key, span)
    if span is None:
        extra, status = {"Content-Length": str(ref.size)}, 200
    else:
        extent = f"bytes {span.first}-{span.last}/{ref.size}"
        extra, status = (
            {"Content-Length": str(span.length), "Content-Range": extent},
            206,
        )
    return Stream(
        chunks,
        status_code=status,
        # Not media_type: Litestar adds a charset to every text, a second one to ours.
        headers=headers | extra | {"Content-Type": ref.media_type},
    )


def _operation_id(_: object, method: Method | HttpMethod, __: object) -> str:
    return f"{method.lower()}Artifact"


_BYTES_SPEC: Final = ResponseSpec(
    bytes, generate_examples=False, media_type="application/octet-stream"
)


@route(
    "/{job_id:str}/artifacts/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id=_operation_id,
    summary="Get a file of a job",
    description="The media type is the file's own. One byte range per request; the "
    "ETag is the SHA-256 of the whole file.",
    responses={
        200: _BYTES_SPEC,
        206: _BYTES_SPEC,
        **documented(
            Code.JOB_NOT_FOUND,
            Code.ARTIFACT_NOT_FOUND,
            Code.ARTIFACT_GONE,
            Code.RANGE_NOT_SATISFIABLE,
            Code.STORE_UNREACHABLE,
            Code.BROKER_UNREACHABLE,
        ),
    },
)
async def get_artifact(
    gateway: FromGateway, request: Asked, job_id: FromPath[str], name: FromPath[str]
) -> Response[Any]:
    """Stream a file from the store."""
    ref = await find_artifact(gateway, job_id, name)
    headers = artifact_headers(ref, name)
    if matches_etag(request.headers.get("if-none-match", ""), etag_of(ref)):
        return Response(None, status_code=304, headers=headers)
    if request.method == HttpMethod.HEAD:
        return headers_only(ref, headers)
    return await body_of(gateway, ref, wanted_span(request, ref), headers)


ARTIFACTS: Final = Router("/v1/jobs", route_handlers=[get_artifact], tags=["jobs"])
"""The routes of this module."""
