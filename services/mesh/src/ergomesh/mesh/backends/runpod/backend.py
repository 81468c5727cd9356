"""The fit on a rented GPU, as a backend of the mesh service."""

import time

import httpx
import msgspec
import structlog

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import PoseCompleted
from ergomesh.mesh.backends.runpod.client import RunPodFault, open_client
from ergomesh.mesh.backends.runpod.collecting import with_cost
from ergomesh.mesh.backends.runpod.dispatcher import Dispatcher, GaveUpError
from ergomesh.mesh.backends.runpod.ledger import Ledger
from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.mesh.backends.runpod.piece import Piece
from ergomesh.mesh.backends.runpod.polling import Clock
from ergomesh.mesh.stage import Fit, FitBackend
from ergomesh.runtime.errors import RuntimeFault, Transient, Unusable
from ergomesh.runtime.work import Work

log = structlog.get_logger(__name__)


class RunPodBackend:
    """Sends each fit to RunPod once, and waits for it."""

    def __init__(
        self,
        options: RunPodOptions,
        *,
        local: FitBackend,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = time.time,
    ) -> None:
        """Take how to reach RunPod.

        Args:
            options: Endpoint, key, patience.
            local: Knows the body; does the work if the operator allows it.
            transport: In the place of the network.
            clock: Seconds since 1970.
        """
        self._options = options
        self._local = local
        self._transport = transport
        self._clock = clock

    def body_digest(self) -> str:
        """Return the sha256 of the body model."""
        return self._local.body_digest()

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Fit the body to a whole clip."""
        if not isinstance(work.event, PoseCompleted):
            msg = f"a fit starts on {PoseCompleted.__name__}, not {work.event}"
            raise TypeError(msg)
        piece = Piece.of(work.event, self.body_digest())
        async with open_client(self._options, self._transport) as client:
            dispatcher = Dispatcher(
                piece,
                landmarks,
                work=work,
                client=client,
                ledger=await Ledger.open(work.bus, piece.ledger_key),
                options=self._options,
                clock=self._clock,
            )
            try:
                return await dispatcher.run()
            except RunPodFault as fault:
                if not self._options.fallback_to_local:
                    raise _kind_of(fault) from fault
                reason, spent_s = str(fault), dispatcher.spent_s
        return await self._here(landmarks, work, reason, spent_s)

    async def _here(
        self, landmarks: Landmarks, work: Work, reason: str, spent_s: float
    ) -> Fit:
        """Fit on this machine, and say why."""
        log.warning("fitted on this machine instead", reason=reason)
        fit = await self._local.fit(landmarks, work)
        report = msgspec.structs.replace(fit.report, fell_back=reason)
        if spent_s > 0:
            rate = self._options.gpu_usd_per_s
            report = with_cost(report, executed_s=spent_s, gpu_usd_per_s=rate)
        return Fit(motion=fit.motion, report=report)


def _kind_of(fault: RunPodFault) -> RuntimeFault:
    """Return what decides the fate of the message."""
    if isinstance(fault, GaveUpError):
        return Unusable(FailureCode.FIT_FAILED, str(fault))
    return Transient(FailureCode.GPU_UNREACHABLE, str(fault))
