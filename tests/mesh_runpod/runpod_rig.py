"""What the RunPod tests share: landmarks, work, options, and real worker processes."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from pydantic import SecretStr

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.events import PoseCompleted
from ergomesh.contract.job import JobSettings, JobState, JobStatus, StageName
from ergomesh.contract.keys import ObjectRef
from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.store import ObjectStore
from ergomesh.runtime.work import Work
from mesh_runpod.standin import API_KEY, ENDPOINT, StandIn

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = ROOT / "models"
HANDLER: Final = ROOT / "deploy" / "runpod" / "handler.py"
SDK: Final = Path(sys.prefix) / "runpod"
"""Where ``make setup`` puts the runpod package and all that it brings."""
TENANT: Final = "acme"
RATE_USD_S: Final = 0.00019
"""An L4 (platform notes §2.4)."""
START_S: Final = 60.0
PATIENCE_S: Final = 40.0


def options(url: str, **changes: Any) -> RunPodOptions:
    """Return options under which nothing takes long, unless changed."""
    quick = {
        "url": url,
        "endpoint_id": ENDPOINT,
        "api_key": SecretStr(API_KEY),
        "gpu_usd_per_s": RATE_USD_S,
        "execution_timeout_s": 60.0,
        "ttl_s": 120.0,
        "attempts": 3,
        "poll_s": 0.05,
        "poll_max_s": 0.2,
        "queue_alarm_s": 60.0,
        "queue_limit_s": 60.0,
        "patience_s": 30.0,
        "fallback_to_local": False,
    }
    return RunPodOptions(**{**quick, **changes})


def _ref(name: str) -> ObjectRef:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return ObjectRef(key=f"art/{name}", sha256=digest, size=1, media_type="a/b")


async def pose_completed(
    store: ObjectStore, landmarks: Landmarks, *, job: str = "", tenant: str = TENANT
) -> PoseCompleted:
    """Store landmarks; return the event that tells of them."""
    raw = landmarks.to_npz()
    key = f"art/{tenant}/pose/{hashlib.sha256(raw).hexdigest()}/landmarks.npz"
    ref = await store.put(key, raw, media_type="application/x-npz")
    return PoseCompleted(
        tenant=tenant,
        job=job or f"job-{uuid4().hex[:8]}",
        source=_ref("source"),
        clip=_ref("clip.json"),
        landmarks=ref,
        people=_ref("people.json"),
        settings=JobSettings(),
    )


def work_on(event: PoseCompleted, bus: Bus, store: ObjectStore) -> Work:
    """Return the event in work."""
    jobs = Jobs(bus, now_rfc3339)
    return Work(event=event, stage=StageName.MESH, bus=bus, store=store, jobs=jobs)


async def submit(event: PoseCompleted, bus: Bus) -> None:
    """Record a job, and hand it to the mesh service."""
    jobs = Jobs(bus, now_rfc3339)
    status = JobStatus(
        tenant=event.tenant,
        job=event.job,
        state=JobState.RUNNING,
        source_name="clip.mp4",
        settings=event.settings,
        created_at=now_rfc3339(),
    )
    await jobs.create(status)
    await jobs.publish(event)


async def until(check: Callable[[], Awaitable[object] | object], what: str) -> None:
    """Wait until a check holds.

    Raises:
        AssertionError: When it never does.
    """
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        found = check()
        if await found if isinstance(found, Awaitable) else found:
            return
        await asyncio.sleep(0.005)
    msg = f"{what} did not happen within {PATIENCE_S} s"
    raise AssertionError(msg)


def eventually(check: Callable[[], object], what: str, *, within_s: float) -> None:
    """Wait until a check holds; blocks.

    Raises:
        AssertionError: When it never does.
    """
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if check():
            return
        time.sleep(0.02)
    msg = f"{what} did not happen within {within_s} s"
    raise AssertionError(msg)


@dataclass
class Running:
    """A process of ours with all that it started."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End it and its children as a vanished machine would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def terminate(self, *, within_s: float = 15.0) -> int:
        """Ask it to end; return its exit code."""
        self.process.terminate()
        return self.process.wait(within_s)

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text(errors="replace")


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path) -> Iterator[Running]:
    """Run a process in a session of its own; nothing of it is left."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(process, log)
    try:
        yield running
    finally:
        running.kill()


def _inherited_path() -> list[str]:
    return [path for path in [os.environ.get("PYTHONPATH")] if path]


@contextmanager
def worker_process(
    standin: StandIn,
    name: str,
    folder: Path,
    *,
    models: Path = MODELS,
    wait: bool = True,
) -> Iterator[Running]:
    """Run the unchanged handler on a CPU, as RunPod would start it."""
    assert SDK.is_dir(), f"the runpod package is missing in {SDK}: make setup"
    env = {
        **standin.worker_env(name),
        "PYTHONPATH": os.pathsep.join([str(SDK), *_inherited_path()]),
        "ERGOMESH_MODELS_DIR": str(models),
        "ERGOMESH_MESH_DEVICE": "cpu",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, str(HANDLER)]
    with running(command, env, folder / f"{name}.log") as worker:
        if wait:
            eventually(
                lambda: standin.knows(name) or worker.process.poll() is not None,
                "the worker's first question",
                within_s=START_S,
            )
            assert worker.process.poll() is None, worker.said()
        yield worker
