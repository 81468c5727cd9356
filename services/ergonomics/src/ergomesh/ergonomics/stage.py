"""One motion: angles, scores and files first, then documents, then the end."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.clip import ClipInfo, decode_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import (
    ErgonomicsCompleted,
    ErgonomicsRequested,
    Fitted,
    JobCompleted,
    MeshCompleted,
)
from ergomesh.contract.fit import decode_fit
from ergomesh.contract.job import DocumentFacts, JobStatus, StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    media_type_of,
    work_digest,
)
from ergomesh.contract.people import People, decode_people
from ergomesh.ergonomics.assessment import Assessment, assess
from ergomesh.ergonomics.core.neutral import NoNeutralError
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.making import DOCUMENTS, OVERLAY_NAME, Order
from ergomesh.ergonomics.papers import REPORT_NAME
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.workshop import NotMadeError, Workshop, workshop
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Transient, Unusable
from ergomesh.runtime.work import Outcome, Work

URL_LIFE_S: Final = 6 * 3600
"""How long report and overlay may read the source by its presigned URL."""


class ErgonomicsStage:
    """Scores as soon as they are known; documents and overlay afterwards."""

    name = StageName.ERGONOMICS
    event = (MeshCompleted, ErgonomicsRequested)

    async def handle(self, event: Fitted, work: Work) -> Outcome:
        """Score a motion, publish the scores, make the documents, end the job."""
        started_s = time.monotonic()
        inputs = await _inputs(event, work)
        status = await work.jobs.get(event.tenant, event.job)
        assessment = await self._assess(event, inputs, status, work, started_s)
        files = await self._store(event, assessment.files, work)
        files |= inherited(event)
        scored = ErgonomicsCompleted(
            tenant=event.tenant, job=event.job, artifacts=files
        )
        await work.jobs.publish(scored)
        about = about_job(status, event.settings.document)
        order = _order(event, inputs, assessment, about, work)
        wanted = (*DOCUMENTS, *([OVERLAY_NAME] if event.settings.overlay else []))
        async with workshop(order) as shop:
            for name in wanted:
                made = await self._made(event, name, shop, said_in(name, about), work)
                files = {**files, name: made}
        done = JobCompleted(tenant=event.tenant, job=event.job, artifacts=files)
        return Outcome(events=(done,), artifacts=files)

    async def _assess(
        self,
        event: Fitted,
        inputs: "Inputs",
        status: JobStatus | None,
        work: Work,
        started_s: float,
    ) -> Assessment:
        fit = decode_fit(await work.store.get(event.report))

        def compute() -> Assessment:
            """Assess; called in a thread, so that the worker goes on answering."""
            return assess(
                clip=inputs.clip,
                landmarks=inputs.landmarks,
                motion=inputs.motion,
                fit=fit,
                people=inputs.people,
                settings=event.settings,
                version=version("ergomesh-ergonomics"),
                timings_s={
                    **timings(status),
                    str(self.name): round(time.monotonic() - started_s, 3),
                },
            )

        try:
            return await work.in_thread(compute)
        except NoNeutralError as error:
            raise Unusable(FailureCode.NO_NEUTRAL_POSTURE, str(error)) from error

    async def _store(
        self, event: Fitted, files: Mapping[str, bytes], work: Work
    ) -> dict[str, ObjectRef]:
        return {
            name: await work.store.put(
                self._key(event, name), body, media_type=media_type_of(name)
            )
            for name, body in files.items()
        }

    async def _made(
        self,
        event: Fitted,
        name: str,
        shop: Workshop,
        said: tuple[str, ...],
        work: Work,
    ) -> ObjectRef:
        """Return a document or the overlay, made now unless it is there."""
        settings = event.settings
        key = self._key(event, name, settings.language, settings.faces, *said)
        found = await work.store.find(key)
        if found is not None:
            return found
        with tempfile.TemporaryDirectory(prefix="ergomesh-") as folder:
            path = Path(folder, name)
            await _make(shop, name, path, work)
            return await work.store.put(key, path, media_type=media_type_of(name))

    def _key(self, event: Fitted, name: str, *more: str) -> str:
        """Return where a file lies: same inputs, facts and code, same place."""
        inputs = (
            *(event.clip, event.landmarks, event.people),
            *(event.motion, event.report),
        )
        settings = event.settings
        told = (
            *(settings.task, settings.view, settings.worker),
            settings.person is not None,
            *more,
        )
        digest = work_digest(
            inputs=[ref.sha256 for ref in inputs],
            settings=msgspec.json.encode(told),
            code_version=code_version("ergomesh.ergonomics"),
        )
        return artifact_key(event.tenant, self.name, digest, name)


def about_job(status: JobStatus | None, told: DocumentFacts) -> About:
    """Return what documents say of a job; their day is that of the order, UTC."""
    if status is None:
        return About.of(told)
    ordered = datetime.fromisoformat(status.created_at)
    return About.of(told, recording=status.source_name, made_on=ordered.date())


def said_in(name: str, about: About) -> tuple[str, ...]:
    """Return what a file says of a job; only the report has day, place and people."""
    if name != REPORT_NAME:
        return (about.recording,)
    return about.recording, str(about.made_on), about.workplace, about.assessed_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What earlier stages made of a clip."""

    clip: ClipInfo
    landmarks: Landmarks
    motion: Motion
    people: People
    scene: bytes
    """``scene.glb``."""


async def _inputs(event: Fitted, work: Work) -> Inputs:
    return Inputs(
        clip=decode_clip(await work.store.get(event.clip)),
        landmarks=Landmarks.from_npz(await work.store.get(event.landmarks)),
        motion=Motion.from_npz(await work.store.get(event.motion)),
        people=decode_people(await work.store.get(event.people)),
        scene=await work.store.get(event.scene),
    )


def _order(
    event: Fitted, inputs: Inputs, assessment: Assessment, about: About, work: Work
) -> Order:
    """Return what documents and overlay are made of."""
    shown = Shown(
        clip=inputs.clip,
        landmarks=inputs.landmarks,
        motion=inputs.motion,
        angles=assessment.angles,
        scores=assessment.scores,
        scene=inputs.scene,
        people=inputs.people,
        faces=event.settings.faces,
        language=event.settings.language,
    )
    return Order(
        assessment=assessment,
        shown=shown,
        source=work.store.presign_get(event.source.key, expires_s=URL_LIFE_S),
        about=about,
    )


async def _make(shop: Workshop, name: str, path: Path, work: Work) -> None:
    """Make a file.

    Raises:
        Transient: When the clip cannot be read any more, or the file not written.
    """
    work.check()
    try:
        await shop.make(name, path, lambda share: work.progress(share, "overlay"))
    except NotMadeError as error:
        msg = f"{name} could not be made: {error}"
        raise Transient(FailureCode.INTERNAL, msg) from error


def inherited(event: Fitted) -> dict[str, ObjectRef]:
    """Return what earlier stages made, so that the end names every file."""
    return {
        "clip.json": event.clip,
        "landmarks.npz": event.landmarks,
        "motion.npz": event.motion,
        "scene.glb": event.scene,
        "fit.json": event.report,
        "people.json": event.people,
    }


def timings(status: JobStatus | None) -> dict[str, float]:
    """Return stage → seconds of work, of the stages that are done."""
    stages = {} if status is None else status.stages
    return {
        name: stage.seconds
        for name, stage in stages.items()
        if stage.seconds is not None
    }
