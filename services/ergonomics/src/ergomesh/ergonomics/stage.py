"""One motion: angles, scores and files first, then the pictures, then the end."""

import tempfile
import time
from collections.abc import Callable, Mapping
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
from ergomesh.contract.job import JobStatus, StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    media_type_of,
    work_digest,
)
from ergomesh.contract.people import decode_people
from ergomesh.ergonomics.assessment import Assessment, assess
from ergomesh.ergonomics.core.neutral import NoNeutralError
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Transient, Unusable
from ergomesh.runtime.work import Outcome, Work

OVERLAY_NAME: Final = "overlay.mp4"
URL_LIFE_S: Final = 6 * 3600
"""How long the overlay may read the source by its presigned URL."""


class ErgonomicsStage:
    """Scores as soon as they are known; the overlay afterwards."""

    name = StageName.ERGONOMICS
    event = (MeshCompleted, ErgonomicsRequested)

    async def handle(self, event: Fitted, work: Work) -> Outcome:
        """Score a motion, publish the scores, render the overlay, end the job."""
        started_s = time.monotonic()
        clip = decode_clip(await work.store.get(event.clip))
        motion = Motion.from_npz(await work.store.get(event.motion))
        assessment = await self._assess(event, clip, motion, work, started_s)
        files = await self._store(event, assessment.files, work)
        files |= inherited(event)
        scored = ErgonomicsCompleted(
            tenant=event.tenant, job=event.job, artifacts=files
        )
        await work.jobs.publish(scored)
        if event.settings.overlay:
            overlay = await self._overlay(event, clip, motion, assessment.scores, work)
            files = {**files, OVERLAY_NAME: overlay}
        done = JobCompleted(tenant=event.tenant, job=event.job, artifacts=files)
        return Outcome(events=(done,), artifacts=files)

    async def _assess(
        self,
        event: Fitted,
        clip: ClipInfo,
        motion: Motion,
        work: Work,
        started_s: float,
    ) -> Assessment:
        landmarks = Landmarks.from_npz(await work.store.get(event.landmarks))
        fit = decode_fit(await work.store.get(event.report))
        people = decode_people(await work.store.get(event.people))
        status = await work.jobs.get(event.tenant, event.job)

        def compute() -> Assessment:
            return assess(
                clip=clip,
                landmarks=landmarks,
                motion=motion,
                fit=fit,
                people=people,
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
        digest = self._digest(event)
        return {
            name: await work.store.put(
                artifact_key(event.tenant, self.name, digest, name),
                body,
                media_type=media_type_of(name),
            )
            for name, body in files.items()
        }

    def _digest(self, event: Fitted) -> str:
        inputs = (
            *(event.clip, event.landmarks, event.people),
            *(event.motion, event.report),
        )
        settings = event.settings
        told = (
            *(settings.task, settings.view, settings.worker),
            settings.person is not None,
        )
        return work_digest(
            inputs=[ref.sha256 for ref in inputs],
            settings=msgspec.json.encode(told),
            code_version=code_version("ergomesh.ergonomics"),
        )

    async def _overlay(
        self,
        event: Fitted,
        clip: ClipInfo,
        motion: Motion,
        scores: Scores,
        work: Work,
    ) -> ObjectRef:
        key = artifact_key(event.tenant, self.name, self._digest(event), OVERLAY_NAME)
        found = await work.store.find(key)
        if found is not None:
            return found
        url = work.store.presign_get(event.source.key, expires_s=URL_LIFE_S)
        with tempfile.TemporaryDirectory(prefix="ergomesh-overlay-") as folder:
            path = Path(folder, OVERLAY_NAME)
            await work.in_thread(
                _render, url, clip, motion, scores, path, progress=work.progress
            )
            return await work.store.put(
                key, path, media_type=media_type_of(OVERLAY_NAME)
            )


def _render(
    url: str,
    clip: ClipInfo,
    motion: Motion,
    scores: Scores,
    path: Path,
    *,
    progress: Callable[[float, str], None],
) -> None:
    from ergomesh.ergonomics.overlay import OverlayError, render_overlay

    def tick(share: float) -> None:
        progress(share, "overlay")

    try:
        render_overlay(url, clip, motion, scores, path, progress=tick)
    except OverlayError as error:
        msg = f"The overlay could not be rendered: {error}."
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
