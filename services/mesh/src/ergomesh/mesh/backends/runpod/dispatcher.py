"""One piece of work from order to fit, over restarts, failures and cancels.

::

    GaveUpError(RunPodFault)    all attempts at a piece of work have failed

What becomes of an attempt:

=========================  ====================================================
COMPLETED, files stand up  the fit; nothing else counts as one
anything, outcome "unfit"  the landmarks' fault: the job fails, no second attempt
404 with an outcome        the fit: RunPod forgets after 30 min, the store later
FAILED, TIMED_OUT,         the next attempt, ``attempts`` in all; then
CANCELLED, files spoilt,   :class:`GaveUpError`
404 without an outcome
no answer, 429, 5xx        asked again, with growing pauses
job cancelled by its user  ``/cancel``, once no other job waits for the same work
SIGTERM                    nothing: the remote job goes on, the next worker polls it
=========================  ====================================================
"""

import asyncio
import math
from contextlib import suppress
from typing import Final

import stamina
import structlog

from ergomesh.contract.arrays import Landmarks
from ergomesh.mesh.backends.runpod import ledger as records
from ergomesh.mesh.backends.runpod.client import RunPodClient, RunPodFault, Unreachable
from ergomesh.mesh.backends.runpod.collecting import (
    SpoiltError,
    collect,
    executed_s,
    remote_fit,
)
from ergomesh.mesh.backends.runpod.ledger import INTENT_S, Dispatch, Held, Ledger, Stand
from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.mesh.backends.runpod.piece import Piece
from ergomesh.mesh.backends.runpod.polling import (
    Clock,
    Poll,
    QueuedTooLongError,
    heeding,
)
from ergomesh.mesh.backends.runpod.wire import (
    JobStatus,
    Policy,
    RunRequest,
    State,
    error_text,
)
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Cancelled, Conflict, Transient
from ergomesh.runtime.work import Work

OTHERS_S: Final = 0.5
"""Pause between two looks at somebody else's intent."""
URL_MARGIN_S: Final = 600.0
"""How long URLs outlive the remote job."""
RECORDING_S: Final = 45.0
"""Patience with a broker that does not take down RunPod's id."""

log = structlog.get_logger(__name__)


class GaveUpError(RunPodFault):
    """All attempts at a piece of work have failed."""


class Dispatcher:
    """One piece of work in the hands of one worker."""

    def __init__(
        self,
        piece: Piece,
        landmarks: Landmarks,
        *,
        work: Work,
        client: RunPodClient,
        ledger: Ledger,
        options: RunPodOptions,
        clock: Clock,
    ) -> None:
        self._piece = piece
        self._landmarks = landmarks
        self._work = work
        self._client = client
        self._ledger = ledger
        self._options = options
        self._clock = clock
        self.spent_s = 0.0
        """GPU time of attempts that came to nothing."""

    async def run(self) -> Fit:
        """Return the fit, whoever sent it.

        Raises:
            GaveUpError: When all attempts failed.
            Unreachable: When RunPod is away.
            Refused: When it wants nothing of us.
            QueuedTooLongError: When it has no workers, and there is another way.
            Unusable: When the landmarks cannot carry a fit.
            Cancelled: When the user withdrew the job.
        """
        try:
            held = await self._sent()
            while True:
                status = await self._ended(held)
                try:
                    return await self._collected(held.dispatch, status)
                except SpoiltError as fault:
                    held = await self._again(held, status, str(fault))
        except (Cancelled, QueuedTooLongError):
            await self._withdraw()
            raise

    async def _sent(self) -> Held:
        """Return the record of work that is at RunPod, or has an outcome."""
        while True:
            held = await self._ledger.read()
            with suppress(Conflict):  # somebody was faster: look again
                if held is None:
                    return await self._send(await self._intend(None))
                if held.dispatch.stand is Stand.SENT or await self._is_done(held):
                    return await self._join(held)
                if await self._may_send(held.dispatch):
                    return await self._send(await self._intend(held))

    async def _may_send(self, dispatch: Dispatch) -> bool:
        """Tell whether it is for us to send it; wait a little if not yet."""
        if dispatch.stand is Stand.OVER and self._piece.job in dispatch.jobs:
            self.spent_s = dispatch.executed_s
            raise GaveUpError(_gave_up(dispatch))
        if dispatch.stand is not Stand.INTENT:
            return True
        if self._clock() - dispatch.since_s < INTENT_S:
            await heeding(self._work, asyncio.sleep(OTHERS_S))
            return False
        log.warning("sent again without knowing of the first: it may be paid twice")
        return True

    async def _intend(self, held: Held | None) -> Held:
        now_s, job = self._clock(), self._piece.job
        if held is None or held.dispatch.stand is Stand.OVER:
            after = records.begun(job, folder=self._piece.new_folder(), now_s=now_s)
        else:
            after = records.intended_again(held.dispatch, job, now_s=now_s)
        return await self._ledger.write(held, after)

    async def _is_done(self, held: Held) -> bool:
        """Tell whether an intent without an id has come to an outcome."""
        key = self._piece.outcome_key(held.dispatch.folder)
        is_open = held.dispatch.stand is Stand.INTENT
        return is_open and await self._work.store.size(key) is not None

    async def _join(self, held: Held) -> Held:
        after = records.joined(held.dispatch, self._piece.job)
        log.info("already at RunPod", remote_job=after.remote_job)
        return await self._ledger.write(held, after)

    async def _send(self, held: Held) -> Held:
        """Send an intent, and write down under which id."""
        try:
            remote_job = await self._client.run(self._request(held.dispatch))
        except RunPodFault as fault:
            if not (isinstance(fault, Unreachable) and fault.maybe_done):
                with suppress(Conflict):
                    after = records.unsent(held.dispatch, now_s=self._clock())
                    await self._ledger.write(held, after)
            raise
        log.info("sent to RunPod", remote_job=remote_job, number=held.dispatch.number)
        try:
            return await self._recorded(held, remote_job)
        except Conflict:
            return await self._contested(remote_job)

    def _request(self, dispatch: Dispatch) -> RunRequest:
        order = self._piece.order(
            self._work.store,
            dispatch.folder,
            url_life_s=math.ceil(self._options.ttl_s + URL_MARGIN_S),
            refresh=dispatch.number > 1,
        )
        policy = Policy(
            execution_timeout=math.ceil(self._options.execution_timeout_s * 1000),
            ttl=math.ceil(self._options.ttl_s * 1000),
        )
        return RunRequest(input=order, policy=policy)

    async def _recorded(self, held: Held, remote_job: str) -> Held:
        after = records.sent(held.dispatch, remote_job, now_s=self._clock())
        async for attempt in stamina.retry_context(
            on=Transient, attempts=None, timeout=RECORDING_S
        ):
            with attempt:
                return await self._ledger.write(held, after)
        raise AssertionError  # the last attempt returns or raises

    async def _contested(self, remote_job: str) -> Held:
        """Return the record after our id met another write.

        Either our own write was confirmed late, or a dispatcher thought us dead.
        """
        held = await self._ledger.read()
        if held is not None and held.dispatch.remote_job == remote_job:
            return held
        await self._cancel(remote_job)
        return await self._sent()

    async def _ended(self, held: Held) -> JobStatus | None:
        """Wait for the remote job; None: RunPod cannot say how it ended."""
        dispatch = held.dispatch
        self.spent_s = dispatch.executed_s
        if dispatch.remote_job is None:
            return None
        poll = Poll(
            dispatch.remote_job,
            client=self._client,
            store=self._work.store,
            outcome_key=self._piece.outcome_key(dispatch.folder),
            work=self._work,
            options=self._options,
            sent_s=dispatch.since_s,
            clock=self._clock,
        )
        return await heeding(self._work, poll.until_ended())

    async def _collected(self, dispatch: Dispatch, status: JobStatus | None) -> Fit:
        outcome, motion = await collect(
            self._work.store,
            self._piece.outcome_key(dispatch.folder),
            self._piece.motion_key(dispatch.folder),
            self._landmarks,
        )
        return remote_fit(
            outcome,
            motion,
            dispatch=dispatch,
            status=status,
            gpu_usd_per_s=self._options.gpu_usd_per_s,
        )

    async def _again(self, held: Held, status: JobStatus | None, spoilt: str) -> Held:
        """Write an attempt off, and send the next."""
        reason = _reason(held.dispatch, status, spoilt)
        after = records.failed(
            held.dispatch,
            reason,
            executed_s=executed_s(status),
            attempts=self._options.attempts,
            folder=self._piece.new_folder(),
            now_s=self._clock(),
        )
        try:
            held = await self._ledger.write(held, after)
        except Conflict:  # another worker with the same work was faster
            return await self._sent()
        log.warning("an attempt failed", number=len(after.failures), reason=reason)
        self.spent_s = after.executed_s
        if after.stand is Stand.OVER:
            raise GaveUpError(_gave_up(after))
        return await self._send(held)

    async def _withdraw(self) -> None:
        """Stop waiting; stop the remote job too if nobody else waits."""
        while (held := await self._ledger.read()) is not None:
            before = held.dispatch
            after = records.left(before, self._piece.job, now_s=self._clock())
            with suppress(Conflict):
                await self._ledger.write(held, after)
                if after.stand is Stand.OVER and before.remote_job is not None:
                    await self._cancel(before.remote_job)
                return

    async def _cancel(self, remote_job: str) -> None:
        try:
            await self._client.cancel(remote_job)
        except RunPodFault as fault:
            # The user's cancel stands all the same; the timeout ends the cost.
            log.warning("not cancelled", remote_job=remote_job, error=str(fault))
        else:
            log.info("cancelled at RunPod", remote_job=remote_job)


def _reason(dispatch: Dispatch, status: JobStatus | None, spoilt: str) -> str:
    name = f"RunPod's job {dispatch.remote_job}"
    if status is None:
        return f"{name} is gone and {spoilt}"
    if status.status == State.COMPLETED:
        return f"{name} completed, but {spoilt}"
    text = error_text(status.error)
    return f"{name} ended as {status.status}" + (f": {text}" if text else "")


def _gave_up(dispatch: Dispatch) -> str:
    return (
        f"The fit on a rented GPU failed {len(dispatch.failures)} times "
        f"({dispatch.failures[-1]}); try again later, or tell the operator."
    )
