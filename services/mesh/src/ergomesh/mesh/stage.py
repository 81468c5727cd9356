"""One clip's landmarks: fit the body, store the motion, tell the next stage."""

from typing import Protocol

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.events import MeshCompleted, PoseCompleted
from ergomesh.contract.job import StageName
from ergomesh.contract.keys import (
    ObjectRef,
    artifact_key,
    media_type_of,
    work_digest,
)
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.work import Outcome, Work

MOTION_NAME = "motion.npz"


class FitBackend(Protocol):
    """Where the fit runs."""

    def body_digest(self) -> str:
        """Return the sha256 of the body model.

        Raises:
            Unusable: When there is no body model.
        """

    async def fit(self, landmarks: Landmarks, work: Work) -> Motion:
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
        key = artifact_key(event.tenant, self.name, digest, MOTION_NAME)
        motion = await work.store.find(key)
        if motion is None:
            motion = await self._fit(event, key, work)
        done = MeshCompleted(
            tenant=event.tenant,
            job=event.job,
            source=event.source,
            clip=event.clip,
            landmarks=event.landmarks,
            motion=motion,
            settings=event.settings,
        )
        return Outcome(events=(done,), artifacts={MOTION_NAME: motion})

    async def _fit(self, event: PoseCompleted, key: str, work: Work) -> ObjectRef:
        landmarks = Landmarks.from_npz(await work.store.get(event.landmarks))
        motion = await self._backend.fit(landmarks, work)
        return await work.store.put(
            key, motion.to_npz(), media_type=media_type_of(MOTION_NAME)
        )
