"""The whole mesh process ends while RunPod works, and the fit is paid once."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.fit import decode_fit
from ergomesh.contract.job import JobStatus, StageName, StageState
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.service import EXIT_SETUP
from mesh_runpod.runpod_rig import (
    MODELS,
    Running,
    pose_completed,
    running,
    submit,
    until,
)
from mesh_runpod.standin import API_KEY, ENDPOINT, StandIn
from servers import NatsServer, Seaweed

pytestmark = [pytest.mark.servers, pytest.mark.slow]


@dataclass
class Mesh:
    """How to start mesh processes that share one broker, store and RunPod."""

    nats: NatsServer
    seaweed: Seaweed
    runpod: StandIn
    folder: Path

    def start(self, name: str, **env: str) -> AbstractContextManager[Running]:
        """Start one."""
        return running(
            [sys.executable, "-m", "ergomesh.mesh"],
            {**self._env(), **env},
            self.folder / f"{name}.log",
        )

    def _env(self) -> dict[str, str]:
        return {
            "ERGOMESH_NATS_URL": self.nats.url,
            "ERGOMESH_S3_ENDPOINT": self.seaweed.endpoint,
            "ERGOMESH_S3_BUCKET": self.seaweed.bucket,
            "ERGOMESH_S3_ACCESS_KEY": self.seaweed.access_key,
            "ERGOMESH_S3_SECRET_KEY": self.seaweed.secret_key,
            "ERGOMESH_MODELS_DIR": str(MODELS),
            "ERGOMESH_ACK_WAIT_S": "2",
            "ERGOMESH_BACKOFF_S": "0.2",
            "ERGOMESH_GRACE_S": "0",
            "ERGOMESH_LOG_LEVEL": "debug",
            "ERGOMESH_MESH_BACKEND": "runpod",
            "ERGOMESH_RUNPOD_URL": self.runpod.url,
            "ERGOMESH_RUNPOD_ENDPOINT_ID": ENDPOINT,
            "ERGOMESH_RUNPOD_API_KEY": API_KEY,
            "ERGOMESH_RUNPOD_GPU_USD_PER_S": "0.00019",
            "ERGOMESH_RUNPOD_POLL_S": "0.1",
        }


@pytest.fixture
def mesh(
    fresh_nats: NatsServer, seaweed: Seaweed, served: StandIn, tmp_path: Path
) -> Mesh:
    """Mesh processes on a broker of the test's own."""
    return Mesh(fresh_nats, seaweed, served, tmp_path)


@pytest.fixture
async def own_bus(mesh: Mesh) -> AsyncIterator[JetStreamBus]:
    """A connection to that broker."""
    bus = await JetStreamBus.connect(mesh.nats.url, name="test")
    yield bus
    await bus.close()


async def completed(bus: JetStreamBus, tenant: str, job: str) -> JobStatus | None:
    """Return a job's status once its mesh is done."""
    status = await Jobs(bus, now_rfc3339).get(tenant, job)
    stage = None if status is None else status.stages.get(StageName.MESH)
    done = stage is not None and stage.state is StageState.COMPLETED
    return status if done else None


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
async def test_a_restart_between_order_and_result_pays_once(
    mesh: Mesh,
    own_bus: JetStreamBus,
    s3_store: S3Store,
    landmarks: Landmarks,
    local_fit: Fit,
    death: signal.Signals,
) -> None:
    """Killed or stopped while the job is at RunPod: the next process collects it."""
    mesh.runpod.faults.hold_queue = True
    event = await pose_completed(s3_store, landmarks, tenant=f"t-{uuid4().hex[:8]}")
    await submit(event, own_bus)
    with mesh.start("first") as first:
        await until(lambda: mesh.runpod.asked["status"] >= 2, "the first's polling")
        first.process.send_signal(death)
        await until(lambda: first.process.poll() is not None, "the first's end")
    mesh.runpod.faults.hold_queue = False
    with mesh.start("second") as second:
        await until(lambda: completed(own_bus, event.tenant, event.job), "the fit")
        logs = first.said() + second.said()
    status = await completed(own_bus, event.tenant, event.job)
    assert status is not None
    motion = Motion.from_npz(await s3_store.get(status.artifacts["motion.npz"]))
    report = decode_fit(await s3_store.get(status.artifacts["fit.json"]))
    assert motion.to_npz() == local_fit.motion.to_npz()
    assert (mesh.runpod.asked["run"], mesh.runpod.asked["cancel"]) == (1, 0)
    assert report.remote_job == mesh.runpod.only_job().id
    assert report.cost_usd is not None
    assert API_KEY not in logs
    assert "X-Amz-Signature" not in logs


async def test_what_is_missing_is_said_at_the_start(mesh: Mesh) -> None:
    """Without endpoint and key the process does not start, and names both."""
    empty = {"ERGOMESH_RUNPOD_ENDPOINT_ID": "", "ERGOMESH_RUNPOD_API_KEY": ""}
    with mesh.start("poor", **empty) as poor:
        assert await asyncio.to_thread(poor.process.wait, 30) == EXIT_SETUP
    lines = poor.said().splitlines()
    assert [line.split(":")[0] for line in lines] == list(empty)
