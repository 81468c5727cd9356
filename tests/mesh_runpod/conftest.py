"""A short clip's landmarks, their local fit, and RunPod's two stand-ins."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import stamina

from ergomesh.contract.arrays import Landmarks
from ergomesh.mesh.backends.local import LocalBackend
from ergomesh.mesh.backends.runpod import polling
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from mesh.mesh_synthetic import make_scene
from mesh_runpod.dispatch_bench import Bench
from mesh_runpod.runpod_rig import (
    MODELS,
    Running,
    pose_completed,
    work_on,
    worker_process,
)
from mesh_runpod.standin import StandIn, stand_in


@pytest.fixture(scope="session")
def free_body() -> BodyModel:
    """The free body that set-up builds."""
    return load_body(find_body(MODELS))


@pytest.fixture(scope="session")
def landmarks(free_body: BodyModel) -> Landmarks:
    """Two seconds of a person, as MediaPipe would see it."""
    return make_scene(free_body, seed=3, frames=30).landmarks


@pytest.fixture(scope="session")
def local_fit(landmarks: Landmarks) -> Fit:
    """What this machine makes of them."""

    async def fit() -> Fit:
        bus, store = MemoryBus(), MemoryStore()
        work = work_on(await pose_completed(store, landmarks), bus, store)
        return await LocalBackend(MODELS).fit(landmarks, work)

    with ThreadPoolExecutor(1) as pool:  # a loop of our own, off the test's
        return pool.submit(asyncio.run, fit()).result()


@pytest.fixture
def bench(
    landmarks: Landmarks, local_fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A dispatcher's surroundings, empty, where nothing waits."""
    monkeypatch.setattr(polling, "HEED_S", 0.005)
    with stamina.set_testing(True, attempts=5):
        yield Bench(landmarks, local_fit)


@pytest.fixture(scope="session")
def long_landmarks(free_body: BodyModel) -> Landmarks:
    """As long as a fit has to be to be interrupted in the middle."""
    return make_scene(free_body, seed=4, frames=4000).landmarks


@pytest.fixture
def runpod() -> Iterator[StandIn]:
    """A RunPod of the test's own, without workers."""
    with stand_in() as standin:
        yield standin


@pytest.fixture(scope="session")
def _served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[StandIn, Running]]:
    folder = tmp_path_factory.mktemp("runpod")
    with stand_in() as standin, worker_process(standin, "w1", folder) as worker:
        yield standin, worker


@pytest.fixture
def served(_served: tuple[StandIn, Running]) -> Iterator[StandIn]:
    """A RunPod whose one worker serves all tests; as new for each."""
    standin, worker = _served
    standin.forget()
    yield standin
    assert worker.process.poll() is None, worker.said()


@pytest.fixture
def worker(_served: tuple[StandIn, Running]) -> Running:
    """The worker of ``served``."""
    return _served[1]


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[JetStreamBus]:
    """A connection to the shared broker."""
    bus = await JetStreamBus.connect(nats_url, name="test")
    yield bus
    await bus.close()
