"""Jobs over HTTP: create, upload, start, look, list, score again, cancel."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, delete, get, post
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from ergomesh.contract.job import JobStatus
from ergomesh.contract.keys import source_key
from ergomesh.contract.mistakes import Mistake
from ergomesh.gateway import desk
from ergomesh.gateway.context import FromGateway, Gateway
from ergomesh.gateway.forms import FormReader
from ergomesh.gateway.openapi import CreateJobOperation, RescoreOperation
from ergomesh.gateway.problems import (
    Code,
    Problem,
    ProblemError,
    answer,
    documented,
)
from ergomesh.gateway.reading import read_json, read_new_job, read_options
from ergomesh.gateway.rescoring import Rescore, rescore
from ergomesh.gateway.uploads import clip_chunks, content_type, form_body, json_body
from ergomesh.gateway.views import (
    CreatedJob,
    JobList,
    JobView,
    Upload,
    UploadOptions,
    created_view,
    job_path,
    view_of,
)

FORM: Final = "multipart/form-data"
JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
LIST_DEFAULT: Final = 50
LIST_MAX: Final = 200

_HOW_TO_SEND: Final = (
    "Send the clip itself as video/* or application/octet-stream, a form as "
    "multipart/form-data, or application/json to get an upload URL."
)

Asked = Request[Any, Any, Any]


@post(
    "/",
    operation_id="createJob",
    summary="Create a job",
    description="With JSON: announce a clip and get a URL to upload it to. With the "
    "clip as the body or in a form: take it in and start.",
    operation_class=CreateJobOperation,
    request_max_body_size=None,
    responses={
        201: ResponseSpec(
            CreatedJob, generate_examples=False, description="Awaits its clip."
        ),
        202: ResponseSpec(
            JobView, generate_examples=False, description="The clip is here."
        ),
        **documented(
            Code.INVALID_SETTINGS,
            Code.MALFORMED_JSON,
            Code.MALFORMED_FORM,
            Code.UPLOAD_INTERRUPTED,
            Code.FILE_TOO_LARGE,
            Code.BODY_TOO_LARGE,
            Code.UNSUPPORTED_MEDIA_TYPE,
            Code.STORE_UNREACHABLE,
            Code.BROKER_UNREACHABLE,
        ),
    },
)
async def create_job(gateway: FromGateway, request: Asked) -> Response[Any]:
    """Create a job by any of the three ways."""
    media_type, parameters = content_type(request)
    if media_type == JSON:
        return await _announced(gateway, request)
    if media_type == FORM:
        return await _from_form(gateway, request, parameters.get("boundary", ""))
    if media_type == BYTES or media_type.startswith("video/"):
        return await _from_body(gateway, request, media_type)
    given = f'"{media_type}" is not a type we take. ' if media_type else ""
    raise ProblemError(Code.UNSUPPORTED_MEDIA_TYPE, given + _HOW_TO_SEND)


async def _announced(gateway: Gateway, request: Asked) -> Response[CreatedJob]:
    new = read_new_job(await json_body(request))
    status = await desk.announce(
        gateway,
        gateway.new_id(),
        source_name=new.source_name,
        settings=new.settings,
    )
    key = source_key(status.tenant, status.job)
    seconds = gateway.upload_expires_s
    url = gateway.store.presign_put(key, expires_s=seconds)
    view = created_view(status, Upload(url=url, expires_in_s=seconds))
    return Response(view, status_code=201, headers=_location(status))


async def _from_body(
    gateway: Gateway, request: Asked, media_type: str
) -> Response[JobView]:
    chosen = read_options(request.query_params.multi_items())
    status = await desk.receive(
        gateway,
        clip_chunks(gateway, request),
        options=lambda: chosen,
        media_type=media_type,
    )
    return _accepted(status)


async def _from_form(
    gateway: Gateway, request: Asked, boundary: str
) -> Response[JobView]:
    asked = list(request.query_params.multi_items())
    read_options(asked)  # a mistake in the address is told before the upload
    form = FormReader(boundary)
    status = await desk.receive(
        gateway,
        form.file_chunks(form_body(gateway, request)),
        options=_options_of(form, asked),
        media_type=BYTES,
    )
    return _accepted(status)


def _options_of(
    form: FormReader, asked: list[tuple[str, str]]
) -> Callable[[], UploadOptions]:
    """Return a reader of the options in the address and in the form's fields."""

    def read() -> UploadOptions:
        chosen = read_options([*asked, *form.fields])
        return UploadOptions(
            source_name=chosen.source_name or form.file_name,
            settings=chosen.settings,
        )

    return read


def _accepted(status: JobStatus) -> Response[JobView]:
    return Response(view_of(status), status_code=202, headers=_location(status))


def _location(status: JobStatus) -> dict[str, str]:
    return {"Location": job_path(status.job)}


def _on_wrong_limit(_: Asked, __: ValidationException) -> Response[Problem]:
    must = f"must be a whole number from 1 to {LIST_MAX}"
    mistake = Mistake("limit", must)
    detail = f"The limit {must}."
    return answer(ProblemError(Code.INVALID_REQUEST, detail, errors=(mistake,)))


@get(
    "/",
    operation_id="listJobs",
    summary="List jobs, the newest first",
    responses=documented(Code.INVALID_REQUEST, Code.BROKER_UNREACHABLE),
    exception_handlers={ValidationException: _on_wrong_limit},
)
async def list_jobs(
    gateway: FromGateway,
    limit: Annotated[
        int,
        QueryParameter(ge=1, le=LIST_MAX, description="How many at most."),
    ] = LIST_DEFAULT,
) -> JobList:
    """List the newest jobs."""
    found = await desk.newest(gateway, limit)
    return JobList(jobs=[view_of(status) for status in found])


@get(
    "/{job_id:str}",
    operation_id="getJob",
    summary="See where a job stands",
    responses=documented(Code.JOB_NOT_FOUND, Code.BROKER_UNREACHABLE),
)
async def get_job(gateway: FromGateway, job_id: FromPath[str]) -> JobView:
    """Return a job's status and links."""
    return view_of(await desk.find(gateway, job_id))


@post(
    "/{job_id:str}/start",
    operation_id="startJob",
    summary="Start the work on an uploaded clip",
    description="Starting twice is fine: the work is done once.",
    status_code=202,
    responses=documented(
        Code.JOB_NOT_FOUND,
        Code.SOURCE_MISSING,
        Code.JOB_ENDED,
        Code.FILE_TOO_LARGE,
        Code.STORE_UNREACHABLE,
        Code.BROKER_UNREACHABLE,
    ),
)
async def start_job(gateway: FromGateway, job_id: FromPath[str]) -> JobView:
    """Start an announced job."""
    return view_of(await desk.start(gateway, await desk.find(gateway, job_id)))


@post(
    "/{job_id:str}/rescore",
    operation_id="rescoreJob",
    summary="Score a finished job again with other task facts",
    description="Makes a new job that starts at the motion: neither the clip nor the "
    "body is looked at again. The old job and its result stay as they are.",
    operation_class=RescoreOperation,
    status_code=202,
    responses=documented(
        Code.INVALID_SETTINGS,
        Code.MALFORMED_JSON,
        Code.BODY_TOO_LARGE,
        Code.JOB_NOT_FOUND,
        Code.JOB_NOT_COMPLETED,
        Code.SOURCE_MISSING,
        Code.ARTIFACT_GONE,
        Code.STORE_UNREACHABLE,
        Code.BROKER_UNREACHABLE,
    ),
)
async def rescore_job(
    gateway: FromGateway, job_id: FromPath[str], request: Asked
) -> Response[JobView]:
    """Score a job's motion again."""
    asked = read_json(await json_body(request), Rescore)
    return _accepted(await rescore(gateway, await desk.find(gateway, job_id), asked))


@delete(
    "/{job_id:str}",
    operation_id="cancelJob",
    summary="Cancel a job",
    description="Cancelling twice is fine; a job that ended otherwise stays so.",
    status_code=200,
    responses=documented(Code.JOB_NOT_FOUND, Code.JOB_ENDED, Code.BROKER_UNREACHABLE),
)
async def cancel_job(gateway: FromGateway, job_id: FromPath[str]) -> JobView:
    """Cancel a job that waits or runs."""
    return view_of(await desk.cancel(gateway, job_id))


JOBS: Final = Router(
    "/v1/jobs",
    route_handlers=[
        create_job,
        list_jobs,
        get_job,
        start_job,
        rescore_job,
        cancel_job,
    ],
    tags=["jobs"],
)
"""The routes of this module."""
