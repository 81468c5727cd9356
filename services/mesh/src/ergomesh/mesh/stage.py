"""One clip's landmarks: fit the body, store motion and scene, tell the next stage."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.errors import FailureCode
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
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.work import Outcome, Work

if TYPE_CHECKING:
    from ergomesh.mesh.core.skin import Skin

MOTION_NAME: Final = "motion.npz"
REPORT_NAME: Final = "fit.json"
SCENE_NAME: Final = "scene.glb"

PACKAGE: Final = "ergomesh.mesh"
DISTRIBUTION: Final = "ergomesh-mesh"


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
    """Landmarks in, SMPL-X motion out, and a scene to look at."""

    name = StageName.MESH
    event = PoseCompleted

    def __init__(self, backend: FitBackend, body: Path) -> None:
        """Take where the fit runs, and where its body lies on this machine."""
        self._backend = backend
        self._body = body

    async def handle(self, event: PoseCompleted, work: Work) -> Outcome:
        """Fit a clip, unless all that comes of it is already there."""
        keys = self._keys(event)
        found = {name: await work.store.find(key) for name, key in keys.items()}
        files = {name: ref for name, ref in found.items() if ref is not None}
        if len(files) < len(keys):
            files = await self._make(event, keys, work)
        done = MeshCompleted(
            tenant=event.tenant,
            job=event.job,
            source=event.source,
            clip=event.clip,
            landmarks=event.landmarks,
            people=event.people,
            motion=files[MOTION_NAME],
            scene=files[SCENE_NAME],
            report=files[REPORT_NAME],
            settings=event.settings,
        )
        return Outcome(events=(done,), artifacts=files)

    def _keys(self, event: PoseCompleted) -> dict[str, str]:
        """Return where each file lies: same landmarks, body, facts and code."""
        facts = event.settings.view, event.settings.worker
        digest = work_digest(
            inputs=[event.landmarks.sha256, self._backend.body_digest()],
            settings=msgspec.json.encode(facts),
            code_version=code_version(PACKAGE),
        )
        return {
            name: artifact_key(event.tenant, self.name, digest, name)
            for name in (MOTION_NAME, REPORT_NAME, SCENE_NAME)
        }

    async def _make(
        self, event: PoseCompleted, keys: dict[str, str], work: Work
    ) -> dict[str, ObjectRef]:
        # The surface first: a broken body file should not cost a fit.
        skin = await work.in_thread(_skin, self._body)
        landmarks = Landmarks.from_npz(await work.store.get(event.landmarks))
        fit = await self._backend.fit(landmarks, work)
        bodies = {
            MOTION_NAME: fit.motion.to_npz(),
            REPORT_NAME: msgspec.json.encode(fit.report),
            SCENE_NAME: await work.in_thread(_scene, skin, fit.motion),
        }
        return {
            name: await work.store.put(keys[name], body, media_type=media_type_of(name))
            for name, body in bodies.items()
        }


def _skin(place: Path) -> "Skin":
    from ergomesh.mesh.body_file import BodyFileError, find_body, load_skin

    try:
        return load_skin(find_body(place))
    except BodyFileError as error:
        raise Unusable(FailureCode.MODEL_MISSING, str(error)) from error


def _scene(skin: "Skin", motion: Motion) -> bytes:
    from ergomesh.mesh.core.scene import scene_glb

    if not skin.is_of(motion.body_model):
        msg = (
            f"The fit used the body {motion.body_model}, but this mesh worker has "
            f"{skin.name}: put the same body file in both places."
        )
        raise Unusable(FailureCode.MODEL_MISSING, msg)
    maker = f"{DISTRIBUTION} {version(DISTRIBUTION)} (code {code_version(PACKAGE)})"
    return scene_glb(skin, motion, generator=maker)
