"""Scoring a finished job's motion again, with other task facts.

It is a job of its own: a job ends once, and its result stays what it was. The new job
has the old one's clip, landmarks and motion; only the ergonomics stage works on it.
Facts that the body was fitted with cannot change any more.
"""

from typing import Final

import msgspec
import structlog

from ergomesh.contract.clip import decode_clip
from ergomesh.contract.events import ErgonomicsRequested
from ergomesh.contract.job import (
    DocumentFacts,
    Faces,
    JobManifest,
    JobSettings,
    JobState,
    JobStatus,
    Language,
    StageName,
    TaskFacts,
    ViewFacts,
    WorkerFacts,
)
from ergomesh.contract.keys import ObjectRef, content_key, manifest_key
from ergomesh.contract.mistakes import Mistake
from ergomesh.gateway.context import Gateway
from ergomesh.gateway.problems import Code, ProblemError
from ergomesh.gateway.reading import invalid

log = structlog.get_logger(__name__)

FILES: Final = {
    "clip": "clip.json",
    "landmarks": "landmarks.npz",
    "people": "people.json",
    "motion": "motion.npz",
    "scene": "scene.glb",
    "report": "fit.json",
}
"""Field of the event → the job's file."""

KEPT_STAGES: Final = (StageName.INGEST, StageName.POSE, StageName.MESH)
"""Stages whose work the new job rests on."""

_FITTED: Final = "was used for the fit; analyse the clip again to change it"


class Rescore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a finished job is to be scored with."""

    task: TaskFacts | None = None
    """Facts about the work, instead of all that were told before. Left out: those."""
    worker: WorkerFacts | None = None
    """Another neutral posture; the height must stay. Left out: as before."""
    view: ViewFacts | None = None
    """Must stay as before."""
    overlay: bool = False
    """Whether to render ``overlay.mp4`` again, which takes longest."""
    language: Language | None = None
    """Of the documents. Left out: as before."""
    faces: Faces | None = None
    """What pictures show of faces. Left out: as before."""
    document: DocumentFacts | None = None
    """What ``report.pdf`` says of where and by whom, each as before if left out."""


async def rescore(gateway: Gateway, old: JobStatus, asked: Rescore) -> JobStatus:
    """Make and start a job that scores an old one's motion.

    As with every job, the manifest comes first and the event last.

    Raises:
        ProblemError: ``job_not_completed``, ``invalid_settings``, ``artifact_gone``
            or ``source_missing``.
    """
    settings = rescored_settings(old.settings, asked)
    refs = await _refs(gateway, old)
    source = await _source(gateway, old, refs["clip"])
    manifest = JobManifest(
        tenant=old.tenant,
        job=gateway.new_id(),
        settings=settings,
        source_name=old.source_name,
        source_key=source.key,
        created_at=gateway.clock(),
        rescore_of=old.job,
    )
    await gateway.store.put(
        manifest_key(manifest.tenant, manifest.job),
        msgspec.json.encode(manifest),
        media_type="application/json",
    )
    status = JobStatus(
        tenant=manifest.tenant,
        job=manifest.job,
        state=JobState.ACCEPTED,
        source_name=manifest.source_name,
        settings=settings,
        created_at=manifest.created_at,
        stages={name: old.stages[name] for name in KEPT_STAGES if name in old.stages},
        artifacts={name: refs[field] for field, name in FILES.items()},
        rescore_of=old.job,
    )
    await gateway.jobs.create(status)
    requested = ErgonomicsRequested(
        tenant=status.tenant,
        job=status.job,
        source=source,
        settings=settings,
        **refs,
    )
    await gateway.jobs.publish(requested)
    log.info("rescored", job=status.job, of=old.job)
    return status


def rescored_settings(old: JobSettings, asked: Rescore) -> JobSettings:
    """Return a job's settings with other facts.

    Raises:
        ProblemError: ``invalid_settings``: a fact of the fit would change.
    """
    mistakes = [
        *_changed("worker", old.worker, asked.worker, ("height_m",)),
        *_changed("view", old.view, asked.view, ViewFacts.__struct_fields__),
    ]
    if mistakes:
        raise invalid(mistakes)
    worker = old.worker
    if asked.worker is not None:
        worker = msgspec.structs.replace(asked.worker, height_m=old.worker.height_m)
    return msgspec.structs.replace(
        old,
        task=old.task if asked.task is None else asked.task,
        worker=worker,
        overlay=asked.overlay,
        language=asked.language or old.language,
        faces=asked.faces or old.faces,
        document=_retold(old.document, asked.document),
    )


def _retold(old: DocumentFacts, asked: DocumentFacts | None) -> DocumentFacts:
    """Return what documents say: what is told anew, and else what was told."""
    if asked is None:
        return old
    told = {k: v for k, v in msgspec.structs.asdict(asked).items() if v is not None}
    return msgspec.structs.replace(old, **told)


def _changed(
    part: str,
    old: msgspec.Struct,
    asked: msgspec.Struct | None,
    fields: tuple[str, ...],
) -> list[Mistake]:
    """Return the facts of a fit that are told otherwise; untold ones stay."""
    return [
        Mistake(f"{part}.{name}", _FITTED)
        for name in fields
        if getattr(asked, name, None) not in {None, getattr(old, name)}
    ]


async def _refs(gateway: Gateway, old: JobStatus) -> dict[str, ObjectRef]:
    """Return what the new score rests on: field of the event → object."""
    whole = set(FILES.values()) <= old.artifacts.keys()
    if old.state is not JobState.COMPLETED or not whole:
        msg = "The job has no motion to score again; wait for its end, or run it anew."
        raise ProblemError(Code.JOB_NOT_COMPLETED, msg)
    refs = {field: old.artifacts[name] for field, name in FILES.items()}
    for field, ref in refs.items():
        if await gateway.store.size(ref.key) is None:
            msg = f"{FILES[field]} was deleted from the store; analyse the clip again."
            raise ProblemError(Code.ARTIFACT_GONE, msg)
    return refs


async def _source(gateway: Gateway, old: JobStatus, clip: ObjectRef) -> ObjectRef:
    """Return the checked clip, which an overlay or a report's pictures are drawn on."""
    facts = decode_clip(await gateway.store.get(clip))
    found = await gateway.store.find(content_key(old.tenant, facts.sha256))
    if found is None:
        msg = "The clip was deleted from the store; upload and analyse it again."
        raise ProblemError(Code.SOURCE_MISSING, msg)
    return found
