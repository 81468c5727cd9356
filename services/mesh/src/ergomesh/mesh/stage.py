"""One clip's landmarks: fit the body, store the motion, tell the next stage."""

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.events import MeshCompleted, PoseCompleted
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    media_type_of,
    work_digest,
)
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.work import Outcome, Work

MOTION_NAME: Final = "motion.npz"
REPORT_NAME: Final = "fit.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a backend returns."""

    motion: Motion
    report: FitReport


class FitBackend(Protocol):
    """Where the fit runs."""

    def body_digest(self) -> str:
        """Return the sha256 of the body model.

        Raises:
            Unusable: When there is no body model.
        """

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Fit the body to a whole clip.

        Raises:
            Unusable: When the landmarks cannot carry a fit.
        """


class MeshStage:
    """Landmarks in, SMPL-X motion out."""

    name = StageName.MESH
    event = PoseCompleted

    def __init__(self, backend: FitBackend) -> None:
        self._backend = backend

    async def handle(self, event: PoseCompleted, work: Work) -> Outcome:
        """Fit a clip, unless its motion is already there."""
        digest = work_digest(
            inputs=[event.landmarks.sha256, self._backend.body_digest()],
            settings=b"",
            code_version=code_version("ergomesh.mesh"),
        )
        keys = {
            name: artifact_key(event.tenant, self.name, digest, name)
            for name in (MOTION_NAME, REPORT_NAME)
        }
        motion = await work.store.find(keys[MOTION_NAME])
        report = await work.store.find(keys[REPORT_NAME])
        if motion is None or report is None:
            motion, report = await self._fit(event, keys, work)
        done = MeshCompleted(
            tenant=event.tenant,
            job=event.job,
            source=event.source,
            clip=event.clip,
            landmarks=event.landmarks,
            people=event.people,
            motion=motion,
            report=report,
            settings=event.settings,
        )
        return Outcome(
            events=(done,), artifacts={MOTION_NAME: motion, REPORT_NAME: report}
        )

    async def _fit(
        self, event: PoseCompleted, keys: dict[str, str], work: Work
    ) -> tuple[ObjectRef, ObjectRef]:
        landmarks = Landmarks.from_npz(await work.store.get(event.landmarks))
        fit = await self._backend.fit(landmarks, work)
        bodies = {
            MOTION_NAME: fit.motion.to_npz(),
            REPORT_NAME: msgspec.json.encode(fit.report),
        }
        motion, report = [
            await work.store.put(keys[name], body, media_type=media_type_of(name))
            for name, body in bodies.items()
        ]
        return motion, report
