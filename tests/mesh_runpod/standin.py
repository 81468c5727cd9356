"""A stand-in of RunPod on the loopback: both sides of its wire, with faults at will.

The workers' side (job-take, job-stop, job-done, ping) is what the source of the SDK
1.12.0 speaks (``serverless/modules/rp_job.py``, ``rp_http.py``, ``rp_ping.py``); the
public side (run, status, cancel, health) is as RunPod documents it. It is not RunPod:
the first live run remains the proof.
"""

import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

HOST: Final = "127.0.0.1"
ENDPOINT: Final = "ep1"
API_KEY: Final = "rp-secret-of-the-tests"
LONG_POLL_S: Final = 0.5
"""How long a worker's question stays open; RunPod's own is longer."""
DEAD_S: Final = 3.0
"""Silence after which a worker counts as dead; it pings every second."""
ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"})

Json = dict[str, Any]
Answer = tuple[int, Json | None]


@dataclass(frozen=True)
class Question:
    """A request after its operation."""

    rest: list[str]
    """The rest of the path: worker, job."""
    query: Json
    body: bytes

    @property
    def json(self) -> Json:
        """Return the body."""
        said: Json = json.loads(self.body)
        return said


@dataclass
class RemoteJob:
    """A job as RunPod keeps it."""

    id: str
    input: Json
    policy: Json
    created_s: float
    status: str = "IN_QUEUE"
    output: Any = None
    error: Any = None
    worker: str | None = None
    started_s: float | None = None
    ended_s: float | None = None
    """Set last: whoever sees it sees the rest."""
    takes: int = 0
    """How often a worker took it up."""
    dones: int = 0
    """How often a worker returned a result."""

    def end(self, status: str, **facts: Any) -> None:
        """Settle the job for good."""
        self.output, self.error = facts.get("output"), facts.get("error")
        self.status = status
        self.ended_s = time.monotonic()

    def told(self) -> Json:
        """Return what ``/status`` says."""
        said: Json = {"id": self.id, "status": self.status}
        if self.started_s is not None:
            said["delayTime"] = _ms(self.started_s - self.created_s)
            said["workerId"] = self.worker
        if self.started_s is not None and self.ended_s is not None:
            said["executionTime"] = _ms(self.ended_s - self.started_s)
        if self.output is not None:
            said["output"] = self.output
        if self.error is not None:
            said["error"] = self.error
        return said


@dataclass
class Faults:
    """What goes wrong."""

    statuses: dict[str, deque[int]] = field(default_factory=dict)
    """Operation → HTTP statuses of its next answers, before normal ones."""
    swallow_run: int = 0
    """So many ``/run`` are taken, but their answers never arrive."""
    hold_queue: bool = False
    """No worker gets a job."""
    only_to: str | None = None
    """The one worker that gets jobs."""
    requeue_dead: bool = True
    """Whether a dead worker's job goes back to the queue, or fails."""
    forget_ended: bool = False
    """Whether a job that has ended is gone (404), as after 30 minutes."""
    late_progress: bool = False
    """Whether a progress message overwrites the result, as seen with the SDK."""
    twice: bool = False
    """Whether every job is given to workers once more after its result."""
    on_done: "Callable[[RemoteJob], None] | None" = None
    """What happens between a worker's result and RunPod's word of it."""


class StandIn:
    """RunPod, as far as an endpoint and its workers can see it."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.jobs: dict[str, RemoteJob] = {}
        self.asked: Counter[str] = Counter()
        """Operation → requests."""
        self.unhealthy: list[Json] = []
        """What workers said that failed their own checks."""
        self.stopped_pods: list[str] = []
        """Workers that asked to be replaced."""
        self._queue: deque[str] = deque()
        self._stops: dict[str, list[str]] = {}
        self._seen_s: dict[str, float] = {}
        self._news = threading.Condition()
        self._numbers = itertools.count(1)
        self._open = True
        self._operations: dict[tuple[str, str], Callable[[Question], Answer | None]] = {
            ("POST", "run"): self._run,
            ("GET", "status"): self._status,
            ("POST", "cancel"): self._cancel,
            ("GET", "health"): self._health,
            ("GET", "job-take"): self._take,
            ("GET", "job-stop"): self._stop_signals,
            ("POST", "job-done"): self._done,
            ("GET", "ping"): self._ping,
        }
        self._server = _server(self)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,)),
            threading.Thread(target=self._supervise),
        ]

    @property
    def url(self) -> str:
        """Address up to the endpoint's id, for ``ERGOMESH_RUNPOD_URL``."""
        return f"http://{HOST}:{self._server.server_port}/v2"

    def worker_env(self, worker: str) -> dict[str, str]:
        """Return what RunPod sets in a worker's environment."""
        base = f"{self.url}/{ENDPOINT}"
        mine = "$RUNPOD_POD_ID/$ID?gpu=none"
        return {
            "RUNPOD_POD_ID": worker,
            "RUNPOD_AI_API_KEY": API_KEY,
            "RUNPOD_ENDPOINT_ID": ENDPOINT,
            "RUNPOD_PING_INTERVAL": "1000",
            "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/{mine}",
            "RUNPOD_WEBHOOK_POST_STREAM": f"{base}/job-stream/{mine}",
            "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID",
            "RUNPOD_SKIP_GPU_CHECK": "true",
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",  # it would dial out
        }

    def start(self) -> None:
        """Open for business."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close; open questions are answered first."""
        with self._news:
            self._open = False
            self._news.notify_all()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    def knows(self, worker: str) -> bool:
        """Tell whether a worker has asked for work."""
        return worker in self._seen_s

    def forget(self) -> None:
        """Begin anew with the same workers; no job may be under way."""
        with self._news:
            self.faults = Faults()
            self.jobs.clear()
            self._queue.clear()
            self.asked.clear()
            self.stopped_pods.clear()

    def expire(self) -> None:
        """Delete what waits, as when the time to live of jobs has run out."""
        with self._news:
            while self._queue:
                del self.jobs[self._queue.popleft()]

    def is_at_work(self) -> bool:
        """Tell whether a worker has a job in hand."""
        return any(job.status == "IN_PROGRESS" for job in self.jobs.values())

    def only_job(self) -> RemoteJob:
        """Return the one job there was."""
        (job,) = self.jobs.values()
        return job

    def answer(self, method: str, path: str, query: Json, body: bytes) -> Answer | None:
        """Answer a request; None: never."""
        operation, *rest = path.removeprefix(f"/v2/{ENDPOINT}/").split("/")
        self.asked[operation] += 1
        planned = self.faults.statuses.get(operation)
        if planned:
            return planned.popleft(), {"error": "planned"}
        found = self._operations.get((method, operation))
        if found is None:
            return HTTPStatus.NOT_FOUND, {"error": "no such operation"}
        return found(Question(rest, query, body))

    def _run(self, question: Question) -> Answer | None:
        request = question.json
        with self._news:
            job = RemoteJob(
                id=f"job-{next(self._numbers)}",
                input=request["input"],
                policy=request.get("policy", {}),
                created_s=time.monotonic(),
            )
            self.jobs[job.id] = job
            self._queue.append(job.id)
            self._news.notify_all()
        if self.faults.swallow_run > 0:
            self.faults.swallow_run -= 1
            return None
        return HTTPStatus.OK, {"id": job.id, "status": job.status}

    def _status(self, question: Question) -> Answer:
        (job,) = question.rest
        with self._news:
            found = self.jobs.get(job)
            gone = found is None or (self.faults.forget_ended and found.status in ENDED)
            if gone or found is None:
                return HTTPStatus.NOT_FOUND, {"error": "job not found"}
            told = found.told()
        if self.faults.late_progress and found.status == "COMPLETED":
            told |= {"status": "IN_PROGRESS", "output": {"share": 0.8}}
        return HTTPStatus.OK, told

    def _cancel(self, question: Question) -> Answer:
        (job,) = question.rest
        with self._news:
            found = self.jobs.get(job)
            if found is None:
                return HTTPStatus.NOT_FOUND, {"error": "job not found"}
            if found.status not in ENDED:
                self._stop_at_worker(found)
                found.end("CANCELLED")
        return HTTPStatus.OK, {"id": job, "status": found.status}

    def _stop_at_worker(self, job: RemoteJob) -> None:
        if job.worker is not None:
            self._stops.setdefault(job.worker, []).append(job.id)
        if job.id in self._queue:
            self._queue.remove(job.id)
        self._news.notify_all()

    def _health(self, question: Question) -> Answer:
        states = Counter(job.status for job in self.jobs.values())
        jobs = {"inQueue": states["IN_QUEUE"], "completed": states["COMPLETED"]}
        workers = {"idle": 0, "running": len(self._seen_s)}
        return HTTPStatus.OK, {"jobs": jobs, "workers": workers}

    def _take(self, question: Question) -> Answer:
        (worker,) = question.rest
        with self._news:
            self._seen_s[worker] = time.monotonic()
            self._news.wait_for(lambda: self._has_work(worker), LONG_POLL_S)
            if not self._has_work(worker) or not self._open:
                return HTTPStatus.NO_CONTENT, None
            job = self.jobs[self._queue.popleft()]
            job.worker, job.started_s = worker, time.monotonic()
            job.status, job.takes = "IN_PROGRESS", job.takes + 1
            return HTTPStatus.OK, {"id": job.id, "input": job.input}

    def _has_work(self, worker: str) -> bool:
        kept = self.faults.hold_queue or self.faults.only_to not in {None, worker}
        return not self._open or bool(self._queue and not kept)

    def _stop_signals(self, question: Question) -> Answer:
        (worker,) = question.rest
        with self._news:
            self._news.wait_for(
                lambda: not self._open or self._stops.get(worker), LONG_POLL_S
            )
            ids = self._stops.pop(worker, [])
        return (HTTPStatus.OK, {"jobsToStop": ids}) if ids else (204, None)

    def _done(self, question: Question) -> Answer:
        (worker, job), said = question.rest, question.json
        with self._news:
            found = self.jobs.get(job)
            if found is None or found.status in ENDED:
                return HTTPStatus.OK, {}  # a result that nobody waits for
            if said.get("status") == "IN_PROGRESS":
                found.output = said.get("output")
                return HTTPStatus.OK, {}
            found.dones += 1
            if self.faults.on_done is not None:
                self.faults.on_done(found)
            if said.get("stopPod"):
                self.stopped_pods.append(worker)
            if self.faults.twice and found.dones == 1:
                found.status = "IN_QUEUE"
                self._queue.append(job)
                self._news.notify_all()
            else:
                failed = said.get("error") is not None
                found.end("FAILED" if failed else "COMPLETED", **said)
        return HTTPStatus.OK, {}

    def _ping(self, question: Question) -> Answer:
        (worker,), query = question.rest, question.query
        with self._news:
            if query.get("status") == ["unhealthy"]:
                self.unhealthy.append(query)
            elif worker in self._seen_s:
                self._seen_s[worker] = time.monotonic()
        return HTTPStatus.OK, {}

    def _supervise(self) -> None:
        """End what takes too long, and notice dead workers."""
        while self._open:
            time.sleep(0.05)
            with self._news:
                now_s = time.monotonic()
                for job in list(self.jobs.values()):
                    self._look_after(job, now_s)

    def _look_after(self, job: RemoteJob, now_s: float) -> None:
        longest_ms = job.policy.get("executionTimeout", 600_000)
        if job.status == "IN_PROGRESS" and job.started_s is not None:
            if _ms(now_s - job.started_s) > longest_ms:
                self._stop_at_worker(job)
                job.end("TIMED_OUT")
            elif now_s - self._seen_s.get(str(job.worker), now_s) > DEAD_S:
                self._bury(job)

    def _bury(self, job: RemoteJob) -> None:
        self._seen_s.pop(str(job.worker), None)
        if self.faults.requeue_dead:
            job.status, job.worker = "IN_QUEUE", None
            self._queue.append(job.id)
            self._news.notify_all()
        else:
            job.end("FAILED", error="the worker died")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _server(standin: StandIn) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            if API_KEY not in self.headers.get("Authorization", ""):
                answer: Answer | None = HTTPStatus.UNAUTHORIZED, {"error": "who?"}
            else:
                query = parse_qs(parts.query)
                answer = standin.answer(self.command, parts.path, query, body)
            if answer is None:
                self.close_connection = True
                return
            status, said = answer
            raw = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            if raw:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    return _Server((HOST, 0), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: who asked may have died before the answer."""


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Run a stand-in until the block is left."""
    standin = StandIn()
    standin.start()
    try:
        yield standin
    finally:
        standin.stop()
