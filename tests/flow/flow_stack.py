"""A whole stack in processes of its own, and what a user does with it."""

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from clips import demo_clip
from ergomesh.contract.job import JobState, JobStatus

START_S: Final = 90.0
JOB_S: Final = 120.0


class StackFile(msgspec.Struct, frozen=True):
    """The part of stack.json that the tests need."""

    url: str
    pid: int
    ports: dict[str, int]
    processes: dict[str, int]


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running ``ergomesh up``."""

    data_dir: Path
    process: subprocess.Popen[bytes]

    @property
    def record(self) -> StackFile:
        """Return what the stack says of itself right now."""
        return msgspec.json.decode(
            (self.data_dir / "stack.json").read_bytes(), type=StackFile
        )

    @property
    def url(self) -> str:
        """Return the gateway's address."""
        return self.record.url

    @property
    def nats_url(self) -> str:
        """Return the broker's address."""
        return f"nats://127.0.0.1:{self.record.ports['nats']}"

    def pids(self, service: str) -> list[int]:
        """Return the processes of a service."""
        return [
            pid
            for name, pid in self.record.processes.items()
            if name == service or name.startswith(f"{service}-")
        ]

    def submit(self, clip: Path | bytes, **options: object) -> httpx.Response:
        """Send a clip as the body of a request."""
        body = clip if isinstance(clip, bytes) else clip.read_bytes()
        query: dict[str, Any] = {"name": "clip.mp4", "preset": "fast", **options}
        return httpx.post(
            f"{self.url}/v1/jobs",
            params=query,
            content=body,
            headers={"Content-Type": "application/octet-stream"},
            timeout=60.0,
        )

    def status(self, job: str) -> JobStatus:
        """Return where a job stands."""
        answer = httpx.get(f"{self.url}/v1/jobs/{job}", timeout=10.0)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=JobStatus)

    def wait(self, job: str, *, timeout_s: float = JOB_S) -> JobStatus:
        """Return the status once the job has ended."""
        ends = {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = self.status(job)
            if status.state in ends:
                return status
            time.sleep(0.1)
        msg = f"job {job} did not end in {timeout_s} s: {self.status(job)}"
        raise AssertionError(msg)

    def run(self, clip: Path | bytes, **options: object) -> JobStatus:
        """Send a clip and return how its job ended."""
        answer = self.submit(clip, **options)
        assert answer.status_code == 202, answer.text
        return self.wait(answer.json()["job"])

    def artifact(self, job: str, name: str) -> bytes:
        """Return a result file."""
        answer = httpx.get(f"{self.url}/v1/jobs/{job}/artifacts/{name}", timeout=30.0)
        answer.raise_for_status()
        return answer.content


@contextmanager
def running_stack(
    data_dir: Path,
    *,
    models_dir: Path,
    pose_workers: int = 1,
    env: Mapping[str, str] | None = None,
) -> Iterator[RunningStack]:
    """Run ``ergomesh up`` until the block is left; nothing is left behind."""
    command = [str(Path(sys.executable).with_name("ergomesh")), "up"]
    command += ["--data-dir", str(data_dir), "--models-dir", str(models_dir)]
    command += ["--pose-workers", str(pose_workers), "--http-port", str(free_port())]
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
    stack = RunningStack(data_dir, process)
    try:
        _wait_ready(stack)
        yield stack
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(stack: RunningStack) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert stack.process.poll() is None, (stack.data_dir / "up.log").read_text()
        if b"http://" in (stack.data_dir / "up.log").read_bytes() and _is_ready(stack):
            return
        time.sleep(0.1)
    raise AssertionError((stack.data_dir / "up.log").read_text())


def _is_ready(stack: RunningStack) -> bool:
    try:
        return httpx.get(f"{stack.url}/readyz", timeout=2.0).status_code == 200
    except (OSError, httpx.HTTPError):
        return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unlike(clip: bytes, mark: int) -> bytes:
    """Return the same clip with other bytes, so that no result is cached.

    An MP4 may hold ``free`` boxes anywhere; readers skip them.
    """
    body = struct.pack(">Q", mark)
    return clip + struct.pack(">I4s", 8 + len(body), b"free") + body


def demo_bytes() -> bytes:
    """Return the real clip."""
    return demo_clip().read_bytes()
