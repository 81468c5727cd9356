"""A dispatcher's surroundings: broker and store in memory, a scripted RunPod."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.events import PoseCompleted
from ergomesh.mesh.backends.runpod.backend import RunPodBackend
from ergomesh.mesh.backends.runpod.ledger import (
    BUCKET,
    Dispatch,
    Stand,
)
from ergomesh.mesh.backends.runpod.piece import Piece
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Work
from mesh_runpod.runpod_rig import options, pose_completed, work_on
from mesh_runpod.scripted import (
    COMPLETED,
    Life,
    Scripted,
    delivers,
)

BODY = "b" * 64
QUICK = {"poll_s": 0.001, "poll_max_s": 0.001}
SILENCE = httpx.ReadTimeout("silence")
NO_WAY = httpx.ConnectError("no way")


@dataclass
class Local:
    """A local backend that counts."""

    result: Fit
    fits: int = 0

    def body_digest(self) -> str:
        """Return a digest of no body at all."""
        return BODY

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Return what was prepared."""
        self.fits += 1
        return self.result


@dataclass
class Bench:
    """A dispatcher's surroundings."""

    landmarks: Landmarks
    fit: Fit
    bus: MemoryBus = field(default_factory=MemoryBus)
    store: MemoryStore = field(default_factory=MemoryStore)
    now_s: float = 1000.0

    def __post_init__(self) -> None:
        """Prepare the local backend."""
        self.local = Local(self.fit)

    def good(self, *statuses: Any, run: list[Any] | None = None) -> Life:
        """Return the life of a job whose worker delivers."""
        leaves = delivers(self.store, self.fit)
        return Life(list(statuses or [COMPLETED]), leaves, run or [])

    async def event(self, job: str = "job-1") -> PoseCompleted:
        """Return the event of a job; all jobs ask for the same work."""
        return await pose_completed(self.store, self.landmarks, job=job)

    async def work(self, job: str = "job-1") -> Work:
        """Return a job in work."""
        return work_on(await self.event(job), self.bus, self.store)

    def backend(self, runpod: Scripted, **changes: Any) -> RunPodBackend:
        """Return a dispatcher of its own, as after a restart."""
        chosen = options("http://runpod.test/v2", **{**QUICK, **changes})
        return RunPodBackend(
            chosen,
            local=self.local,
            transport=runpod.transport,
            clock=lambda: self.now_s,
        )

    async def run(
        self, runpod: Scripted, work: Work | None = None, **changes: Any
    ) -> Fit:
        """Dispatch one job to its end."""
        backend = self.backend(runpod, **changes)
        return await backend.fit(self.landmarks, work or await self.work())

    async def record(self) -> Dispatch:
        """Return what the ledger says."""
        entry = await (await self.bus.bucket(BUCKET)).get(await self.key())
        assert entry is not None
        return msgspec.json.decode(entry.value, type=Dispatch)

    async def is_sent(self) -> bool:
        """Tell whether RunPod's id is written down."""
        return (await self.record()).stand is Stand.SENT

    async def shared_by(self, jobs: int) -> bool:
        """Tell whether so many jobs wait for the work."""
        entry = await (await self.bus.bucket(BUCKET)).get(await self.key())
        return entry is not None and len((await self.record()).jobs) == jobs

    async def key(self) -> str:
        """Return the work's key in the ledger."""
        return Piece.of(await self.event(), BODY).ledger_key

    async def write(self, dispatch: Dispatch) -> None:
        """Leave a record, as an earlier dispatcher would."""
        bucket = await self.bus.bucket(BUCKET)
        await bucket.create(await self.key(), msgspec.json.encode(dispatch))


def same_motion(one: Fit, other: Fit) -> bool:
    """Tell whether two fits have the same motion to the last bit."""
    return one.motion.to_npz() == other.motion.to_npz()
