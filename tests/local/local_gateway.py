"""A small gateway that plays the parts of the real one, one for each clip name.

What a job does depends on the first word of its clip's name: see ``PARTS``.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from typing_extensions import override

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import Progress
from ergomesh.contract.job import (
    WORK_STAGES,
    Failure,
    JobSettings,
    JobState,
    JobStatus,
    StageName,
    StageState,
    StageStatus,
)
from ergomesh.contract.keys import ObjectRef

RESULT: Final[dict[str, Any]] = {
    "schema_version": "1",
    "clip": {"duration_s": 62.46, "analysed_frames": 620, "codec": "h264"},
    "quality": {"coverage": 0.97, "warnings": ["The feet [are] out of view."]},
    "methods": {
        method: {
            side: {
                "scored_share": 0.5,
                "level_certain_share": 0.125,
                "likely_percentile_95": high,
                "level_shares": [
                    {
                        "level": 1,
                        "likely_share": 0.25,
                        "first_score": 1,
                        "last_score": 2,
                    },
                    {
                        "level": 4,
                        "likely_share": 0.75,
                        "first_score": 7,
                        "last_score": 7,
                    },
                ],
            }
            for side in ("left", "right")
        }
        for method, high in (("rula", 7.0), ("reba", None))
    },
    "worst_moments": [
        {
            "time_s": 61.96,
            "scores": {"rula_left": 7, "reba_right": 11},
            "low": {"rula_left": 4, "rula_right": 3, "reba_right": 11},
            "high": {"rula_left": 7, "rula_right": 7, "reba_right": 11},
        }
    ],
    "best_moment": {"time_s": 3.0, "scores": {"rula_left": 2}},
    "assumptions": [
        {"name": "load_kg", "value": "0", "origin": "assumed", "sentence": "x"},
        {"name": "seated", "value": "yes", "origin": "given", "sentence": "x"},
    ],
    "newer_field": True,
}
FILES: Final = {
    "result.json": msgspec.json.encode(RESULT),
    "angles.csv": b"frame,time_s\n0,0.0\n" * 50_000,
}


def ref(body: bytes) -> ObjectRef:
    """Return the reference of some bytes."""
    return ObjectRef(
        key="k",
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        media_type="text/plain",
    )


@dataclass
class Job:
    """What the gateway knows of one job."""

    number: int
    name: str
    options: dict[str, str]
    body: bytes
    cancelled: threading.Event = field(default_factory=threading.Event)
    connections: list[str] = field(default_factory=list)
    """The ``Last-Event-ID`` of each connection to its events."""

    @property
    def id(self) -> str:
        """Its id."""
        return f"job{self.number}"

    @property
    def part(self) -> str:
        """The part it plays."""
        return self.name.split(".")[0].split(" ")[0]

    def status(
        self,
        state: JobState,
        done: int = 0,
        *,
        failure: Failure | None = None,
        files: dict[str, ObjectRef] | None = None,
    ) -> bytes:
        """Return a status with the first ``done`` stages completed."""
        stages = {
            str(stage): StageStatus(state=StageState.COMPLETED, seconds=1.0)
            for stage in WORK_STAGES[:done]
        }
        status = JobStatus(
            tenant="local",
            job=self.id,
            state=state,
            source_name=self.name,
            settings=JobSettings(),
            created_at="2026-01-01T00:00:00Z",
            stages=stages,
            artifacts=files or {},
            failure=failure,
        )
        return msgspec.json.encode(
            {**msgspec.to_builtins(status), "links": {"self": f"/v1/jobs/{self.id}"}}
        )


Send = Callable[[str, bytes, int | None], None]


def _good(job: Job, send: Send) -> None:
    send("status", job.status(JobState.RUNNING, 1), 2)
    for part in range(2):
        tick = Progress(
            tenant="local",
            job=job.id,
            stage=StageName.POSE,
            fraction=1.0,
            part=part,
            parts=2,
        )
        send("progress", msgspec.json.encode(tick), None)
    files = {name: ref(body) for name, body in FILES.items()}
    if job.part == "evil":
        files["../evil.txt"] = ref(b"evil")
    if job.part == "empty":
        del files["result.json"]
    send("status", job.status(JobState.COMPLETED, 4, files=files), 3)


def _bad(job: Job, send: Send) -> None:
    failure = Failure(
        code=FailureCode.NO_PERSON,
        message="No person was found: film the whole body.",
        stage=StageName.POSE,
    )
    send("status", job.status(JobState.FAILED, 1, failure=failure), 2)


def _dropped(job: Job, send: Send) -> None:
    send("status", job.status(JobState.RUNNING, 1), 2)
    if len(job.connections) > 1:
        _good(job, send)


def _hangs(job: Job, send: Send) -> None:
    send("status", job.status(JobState.RUNNING, 1), 2)
    job.cancelled.wait(20)
    send("status", job.status(JobState.CANCELLED, 1), 3)


PARTS: Final[dict[str, Callable[[Job, Send], None]]] = {
    "good": _good,
    "damaged": _good,
    "evil": _good,
    "empty": _good,
    "bad": _bad,
    "dropped": _dropped,
    "hangs": _hangs,
}


class FakeGateway:
    """The server, and what it has seen."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.lock = threading.Lock()
        gateway = self

        class Bound(_Handler):
            """The handler of this gateway."""

            fake = gateway

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def job(self, number: str) -> Job | None:
        """Return a job by its id."""
        return next((job for job in self.jobs if job.id == number), None)


@contextmanager
def fake_gateway() -> Iterator[FakeGateway]:
    """Run a gateway on a free port of this machine."""
    fake = FakeGateway()
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield fake
    finally:
        for job in fake.jobs:
            job.cancelled.set()
        fake.server.shutdown()
        fake.server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGateway

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        options = dict(parse_qsl(address.query, strict_parsing=True))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        words = [unquote(word) for word in address.path.split("/")[1:]]
        match words:
            case ["v1", "jobs", old, "rescore"]:
                if self.fake.job(old) is None:
                    self._problem(404, "job_not_found", "There is no such job.")
                    return
                options["name"] = f"good rescore of {old}"
        name = options.pop("name")
        if name.startswith("refused"):
            self._problem(413, "file_too_large", "The clip is too large: cut it.")
            return
        with self.fake.lock:
            job = Job(len(self.fake.jobs), name, options, body)
            self.fake.jobs.append(job)
        self._answer(202, job.status(JobState.ACCEPTED))

    def do_GET(self) -> None:
        words = [unquote(word) for word in self.path.split("/")[1:]]
        match words:
            case ["readyz"]:
                self._answer(200, b'{"status": "ready"}')
            case ["v1", "jobs", number, "events"]:
                self._events(self.fake.job(number))
            case ["v1", "jobs", number, "artifacts", *name]:
                self._artifact(self.fake.job(number), "/".join(name))
            case _:
                self._problem(404, "not_found", "There is nothing here.")

    def do_DELETE(self) -> None:
        job = self.fake.job(self.path.rsplit("/", 1)[-1])
        assert job is not None
        job.cancelled.set()
        self._answer(200, job.status(JobState.CANCELLED))

    def _events(self, job: Job | None) -> None:
        if job is None or job.part == "forgotten":
            self._problem(404, "job_not_found", "There is no such job.")
            return
        job.connections.append(self.headers.get("Last-Event-ID", ""))
        if job.part == "away":
            self._problem(503, "broker_unreachable", "The broker is away.")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._send("status", job.status(JobState.ACCEPTED), 1)
        PARTS[job.part](job, self._send)

    def _send(self, event: str, data: bytes, number: int | None) -> None:
        head = b": keep-alive\r\n\r\nevent: " + event.encode() + b"\r\n"
        if number is not None:
            head += b"id: " + str(number).encode() + b"\r\n"
        self.wfile.write(head + b"data: " + data + b"\r\n\r\n")
        self.wfile.flush()

    def _artifact(self, job: Job | None, name: str) -> None:
        body = FILES.get(name, b"evil")
        if job is not None and job.part == "damaged" and name == "angles.csv":
            body = body[:-1] + b"!"
        self._answer(200, body)

    def _problem(self, status: int, code: str, detail: str) -> None:
        body = {"title": code, "status": status, "detail": detail, "code": code}
        self._answer(status, msgspec.json.encode(body))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""
