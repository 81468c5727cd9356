"""A RunPod that follows a script, without network: for the dispatcher's own laws."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from ergomesh.contract.keys import ObjectRef
from ergomesh.mesh.backends.remote_job import FitOrder, Fitted, Timings
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.testing import MemoryStore
from mesh_runpod.standin import API_KEY, ENDPOINT

Json = dict[str, Any]
Said = Json | int | Exception
"""An answer: a body with 200, a bare HTTP status, or no answer at all."""
Leaves = Callable[[FitOrder], None]


def nothing(order: FitOrder) -> None:
    """Leave nothing in the store."""


QUEUED: Json = {"status": "IN_QUEUE"}
RUNNING: Json = {"status": "IN_PROGRESS", "delayTime": 1500, "output": {"share": 0.4}}
COMPLETED: Json = {"status": "COMPLETED", "delayTime": 1500, "executionTime": 20_000}
TIMED_OUT: Json = {"status": "TIMED_OUT", "delayTime": 100, "executionTime": 60_000}
FAILED: Json = {"status": "FAILED", "executionTime": 5_000, "error": "CUDA error"}
GONE = 404


@dataclass
class Life:
    """What becomes of one ``/run``."""

    statuses: list[Said]
    """What ``/status`` says, in this order; the last one stays."""
    leaves: Leaves = nothing
    """What its worker leaves in the store, at once."""
    run: list[Said] = field(default_factory=list)
    """What ``/run`` answers before it takes the job."""


class Scripted:
    """One endpoint; each ``/run`` that is taken lives the next life."""

    def __init__(self, *lives: Life) -> None:
        self.lives = list(lives)
        self.taken: list[Life] = []
        self.orders: list[Json] = []
        """Bodies of the ``/run`` that were taken."""
        self.asked: list[str] = []
        """Operations, in their order."""
        self.cancelled: list[str] = []
        self.away = False
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, unless this RunPod is away."""
        if self.away:
            msg = "no way"
            raise httpx.ConnectError(msg)
        assert request.headers["Authorization"] == f"Bearer {API_KEY}"
        prefix, _, path = request.url.path.partition(f"/{ENDPOINT}/")
        assert prefix == "/v2"
        operation, *rest = path.split("/")
        self.asked.append(operation)
        match operation, rest:
            case "run", []:
                return self._run(request)
            case "status", [job]:
                life = self.taken[int(job)]
                more = len(life.statuses) > 1
                said = life.statuses.pop(0) if more else life.statuses[0]
                return _response(said | {"id": job} if isinstance(said, dict) else said)
            case "cancel", [job]:
                self.cancelled.append(job)
                return _response({"id": job, "status": "CANCELLED"})
            case "health", []:
                return _response({"jobs": {"inQueue": 1}, "workers": {"throttled": 2}})
            case _:
                return httpx.Response(404)

    def _run(self, request: httpx.Request) -> httpx.Response:
        life = self.lives[0]
        if life.run:
            return _response(life.run.pop(0))
        self.taken.append(self.lives.pop(0))
        body = msgspec.json.decode(request.content)
        self.orders.append(body)
        life.leaves(msgspec.convert(body["input"], type=FitOrder))
        return _response({"id": str(len(self.taken) - 1), "status": "IN_QUEUE"})


def _response(said: Said) -> httpx.Response:
    match said:
        case Exception():
            raise said
        case int():
            return httpx.Response(said)
        case _:
            return httpx.Response(200, json=said)


def outcome_of(fit: Fit, key: str) -> tuple[Fitted, bytes]:
    """Return the outcome that a good worker reports, and its motion's bytes."""
    raw = fit.motion.to_npz()
    motion = ObjectRef(
        key=key,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        media_type="application/x-npz",
    )
    timings = Timings(download_s=1.0, fit_s=2.0, upload_s=4.0)
    report = msgspec.structs.replace(fit.report, backend="runpod")
    return Fitted(motion=motion, report=report, timings=timings, device="x"), raw


def delivers(store: MemoryStore, fit: Fit) -> Leaves:
    """Return what a good worker leaves."""

    def leave(order: FitOrder) -> None:
        outcome, raw = outcome_of(fit, order.motion.key)
        store.upload(order.motion.key, raw)
        store.upload(order.outcome.key, msgspec.json.encode(outcome))

    return leave
