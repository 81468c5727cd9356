"""The public JSON of the gateway: the contract's types, with links."""

from typing import Annotated, Final, Literal
from urllib.parse import quote

import msgspec

from ergomesh.contract.job import JobSettings, JobState, JobStatus

DEFAULT_NAME: Final = "clip"
"""What a clip is called when nobody named it."""
MAX_NAME: Final = 255
"""Longest file name that is shown; what file systems allow."""


FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class NewJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job whose clip will be uploaded to a URL."""

    source_name: FileName = DEFAULT_NAME
    """The file's name, for display only."""
    name: FileName | None = None
    """Another word for ``source_name``, the one that queries and forms use."""
    settings: JobSettings = JobSettings()
    """What the user chose."""


class UploadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What goes with a clip that is sent through the gateway."""

    source_name: str | None = None
    settings: JobSettings = JobSettings()


class JobLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go from here; paths on this server."""

    self: str
    """GET: the status; DELETE: cancel."""
    events: str
    """GET: server-sent events until the end."""
    start: str | msgspec.UnsetType = msgspec.UNSET
    """POST once the clip is uploaded; only while the upload is awaited."""
    rescore: str | msgspec.UnsetType = msgspec.UNSET
    """POST to score the motion again with other facts; only once completed."""
    artifacts: dict[str, str] = {}
    """File name → address, as the files come to exist."""


class JobView(JobStatus, frozen=True, kw_only=True):
    """Where a job stands, and where to go from here."""

    links: JobLinks


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """How to upload a clip past the gateway."""

    method: Literal["PUT"] = "PUT"
    url: str
    """Takes the file's bytes as the body, without credentials."""
    expires_in_s: int
    """How long the URL is valid, seconds."""


class CreatedJob(JobView, frozen=True, kw_only=True):
    """A job that awaits its clip."""

    upload: Upload


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """Some jobs, the newest first."""

    jobs: list[JobView]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A probe's good answer."""

    status: Literal["ok", "ready"]


def job_path(job: str) -> str:
    """Return the address of a job on this server."""
    return f"/v1/jobs/{job}"


def links_of(status: JobStatus) -> JobLinks:
    """Return where to go from a status."""
    here = job_path(status.job)
    awaiting = status.state is JobState.AWAITING_UPLOAD
    return JobLinks(
        self=here,
        events=f"{here}/events",
        start=f"{here}/start" if awaiting else msgspec.UNSET,
        rescore=f"{here}/rescore"
        if status.state is JobState.COMPLETED
        else msgspec.UNSET,
        artifacts={
            name: f"{here}/artifacts/{quote(name, safe='')}"
            for name in status.artifacts
        },
    )


def view_of(status: JobStatus) -> JobView:
    """Return the public form of a status."""
    return JobView(**msgspec.structs.asdict(status), links=links_of(status))


def created_view(status: JobStatus, upload: Upload) -> CreatedJob:
    """Return the public form of a job that awaits its clip."""
    return CreatedJob(
        **msgspec.structs.asdict(status), links=links_of(status), upload=upload
    )


def display_name(name: str) -> str:
    """Return a file name that is safe to show: no folders, no control characters.

    Args:
        name: Whatever the client called its file, in any script.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if c.isprintable()).strip()
    return shown[:MAX_NAME] or DEFAULT_NAME
