"""Laws of the mesh stage, with the fit itself replaced."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import MeshCompleted, PoseCompleted
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings, ViewFacts, WorkerFacts
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.mesh.body_file import load_skin
from ergomesh.mesh.stage import MOTION_NAME, REPORT_NAME, SCENE_NAME, Fit, MeshStage
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Outcome, Work
from mesh.mesh_gltf import Glb
from mesh.mesh_official import official_arrays, write_npz
from mesh.mesh_scenes import free_body_path, made_up_motion

REPORT = FitReport(
    converged=True,
    iterations=7,
    residual_px_median=1.0,
    focal_px=1000.0,
    gravity_source="assumed",
    gravity_sd_deg=5.0,
    frames_fitted=60,
    frames_bridged=0,
    frames_empty=0,
    backend="made up",
)


@dataclass
class MadeUpFit:
    """A backend that returns a given motion and counts its calls."""

    motion: Motion
    digest: str = "d" * 64
    calls: int = field(default=0)

    def body_digest(self) -> str:
        """Return the digest of a body."""
        return self.digest

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Return the motion."""
        self.calls += 1
        return Fit(motion=self.motion, report=REPORT)


@dataclass
class Bench:
    """A stage, its backend, and what it needs to work."""

    backend: MadeUpFit
    body: Path
    bus: MemoryBus
    store: MemoryStore

    async def handle(self, settings: JobSettings | None = None) -> Outcome:
        """Let a new stage handle the landmarks of a clip."""
        stage = MeshStage(self.backend, self.body)
        some = await self.store.put("some", b"{}", media_type="text/json")
        landmarks = await self.store.put(
            "landmarks", nobody().to_npz(), media_type="application/x-npz"
        )
        event = PoseCompleted(
            tenant="t",
            job="j",
            source=some,
            clip=some,
            landmarks=landmarks,
            people=some,
            settings=settings or JobSettings(),
        )
        work = Work(
            event=event,
            stage=stage.name,
            bus=self.bus,
            store=self.store,
            jobs=Jobs(self.bus, lambda: "2026-01-01T00:00:00Z"),
        )
        return await stage.handle(event, work)


def nobody() -> Landmarks:
    """Return landmarks of a frame without anybody."""
    count = len(LANDMARKS)
    return Landmarks(
        frame=np.array([0]),
        time_s=np.array([0.0]),
        points_px=np.zeros((1, count, 2)),
        depth_px=np.zeros((1, count)),
        points_world_m=np.zeros((1, count, 3)),
        visibility=np.ones((1, count)),
        presence=np.ones((1, count)),
        detected=np.array([True]),
        size_px=np.array([64, 48]),
        background_lines_px=np.zeros((0, 4)),
        model="full",
    )


@pytest.fixture(scope="module")
def motion() -> Motion:
    """A motion of the free body."""
    return made_up_motion()


@pytest.fixture
def bench(motion: Motion) -> Bench:
    """A stage with the free body."""
    return Bench(
        backend=MadeUpFit(motion),
        body=free_body_path(),
        bus=MemoryBus(),
        store=MemoryStore(),
    )


async def test_motion_report_and_scene_are_stored(bench: Bench, motion: Motion) -> None:
    """The job gets three files: the motion, how the fit went, and the scene of it."""
    outcome = await bench.handle()

    assert set(outcome.artifacts) == {MOTION_NAME, REPORT_NAME, SCENE_NAME}
    scene = outcome.artifacts[SCENE_NAME]
    assert scene.media_type == "model/gltf-binary"
    asset = Glb.of(await bench.store.get(scene)).document["asset"]
    assert asset["extras"]["body_model"] == motion.body_model
    assert asset["generator"].startswith("ergomesh-mesh ")
    (done,) = outcome.events
    assert isinstance(done, MeshCompleted)
    assert done.motion == outcome.artifacts[MOTION_NAME]
    assert done.report == outcome.artifacts[REPORT_NAME]


async def test_the_same_work_is_done_once(bench: Bench) -> None:
    """What is there is found again, by other workers too."""
    first = await bench.handle()
    again = await bench.handle()

    assert again.artifacts == first.artifacts
    assert bench.backend.calls == 1


async def test_a_half_stored_result_is_completed(bench: Bench) -> None:
    """After a crash between two writes the missing scene is made."""
    whole = await bench.handle()
    bench.store = MemoryStore()
    motion_ref = whole.artifacts[MOTION_NAME]
    body = bench.backend.motion.to_npz()
    await bench.store.put(motion_ref.key, body, media_type=motion_ref.media_type)

    mended = await bench.handle()

    assert mended.artifacts == whole.artifacts
    assert bench.backend.calls == 2


@pytest.mark.parametrize(
    "settings",
    [
        JobSettings(view=ViewFacts(tilt_deg=20)),
        JobSettings(worker=WorkerFacts(height_m=1.9)),
    ],
)
async def test_other_facts_are_other_work(bench: Bench, settings: JobSettings) -> None:
    """Facts about view or worker change the fit, so its result is another object."""
    plain = await bench.handle()
    told = await bench.handle(settings)

    keys = {ref.key for ref in plain.artifacts.values()}
    assert keys.isdisjoint(ref.key for ref in told.artifacts.values())


async def test_another_body_is_other_work(bench: Bench) -> None:
    """A replaced body file changes every key."""
    plain = await bench.handle()
    bench.backend.digest = "e" * 64
    other = await bench.handle()

    keys = {ref.key for ref in plain.artifacts.values()}
    assert keys.isdisjoint(ref.key for ref in other.artifacts.values())


async def test_a_broken_body_costs_no_fit(bench: Bench, tmp_path: Path) -> None:
    """A body without a usable surface fails the job before the fit, in a sentence."""
    arrays = official_arrays() | {"weights": np.zeros((10_475, 55))}
    bench.body = write_npz(tmp_path / "SMPLX_NEUTRAL.npz", arrays)

    with pytest.raises(Unusable, match="skin weights") as error:
        await bench.handle()

    assert error.value.code is FailureCode.MODEL_MISSING
    assert bench.backend.calls == 0


async def test_no_body_says_so(bench: Bench, tmp_path: Path) -> None:
    """An empty models folder fails the job with how to get a body."""
    bench.body = tmp_path

    with pytest.raises(Unusable, match="make setup"):
        await bench.handle()


async def test_the_fits_body_is_the_scenes(bench: Bench, motion: Motion) -> None:
    """A fit with another body, on another machine, gets no scene of this one's."""
    other = "SMPLX_NEUTRAL.npz sha256:123456789abc"
    bench.backend.motion = replace(motion, body_model=other)

    with pytest.raises(Unusable) as error:
        await bench.handle()

    assert other in str(error.value)
    assert load_skin(bench.body).name in str(error.value)


async def test_the_same_body_may_have_another_name(
    bench: Bench, motion: Motion
) -> None:
    """What counts of a body is its content, not what its file is called there."""
    digest = motion.body_model.split(":")[-1]
    renamed = replace(motion, body_model=f"body.npz sha256:{digest}")
    bench.backend.motion = renamed

    assert SCENE_NAME in (await bench.handle()).artifacts
