"""The worker loop: take, handle, publish, record, acknowledge.

``settle`` is the one place where the fate of a delivery is decided:

==================  ==========================================================
handled             publish the events, record the stage, then acknowledge
not of the contract terminate; a job that waits for it ends as failed
delivered too often its workers died: job.failed without working on it
``Unusable``        job.failed with its code, terminate
``Transient``       negative ack with back-off; job.failed at the last delivery
``Cancelled``       acknowledge, nothing more
``Abandoned``       hand the message back at once
anything else       log, then as ``Transient``
==================  ==========================================================

The broker itself never gives up: a message that it dropped in silence would leave
its job without an end.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

from ergomesh.contract.envelope import decode_event
from ergomesh.contract.errors import FailureCode, UndecodableError
from ergomesh.contract.events import (
    Event,
    JobCancelled,
    JobFailed,
    StageStarted,
    TerminalEvent,
    owner_of,
    subject_of,
)
from ergomesh.contract.job import TERMINAL_STATES, Failure
from ergomesh.runtime.bus import UNLIMITED, Bus, ConsumerSpec, Delivery, Message
from ergomesh.runtime.errors import Abandoned, Cancelled, Transient, Unusable
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.memory import give_back
from ergomesh.runtime.store import ObjectStore
from ergomesh.runtime.work import Outcome, Stage, Work

FETCH_S: Final = 1.0
"""Length of one pull; also how long a stop may take when idle."""
MAX_BACKOFF_S: Final = 60.0
OUR_FAULT: Final = (
    "Something went wrong on our side; try again, and if it happens again send us "
    "the job's id."
)

log = structlog.get_logger(__name__)
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How patient a worker is."""

    ack_wait_s: float = 30.0
    """Silence after which the broker redelivers; the heartbeat is a third."""
    max_deliver: int = 5
    """Deliveries before the job fails."""
    backoff_s: float = 2.0
    """First wait after a transient fault; doubles each time."""
    slots: int = 1
    """Messages in work at once."""
    grace_s: float = 20.0
    """Time running work gets after a stop."""


class Worker(Generic[E]):
    """Runs one stage until it is told to stop."""

    def __init__(
        self,
        stage: Stage[E],
        *,
        bus: Bus,
        store: ObjectStore,
        jobs: Jobs,
        options: WorkerOptions,
    ) -> None:
        self._stage = stage
        self._bus = bus
        self._store = store
        self._jobs = jobs
        self._options = options
        self._running: set[Work] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish or hand back what runs."""
        kinds = self._stage.event
        first, *others = kinds if isinstance(kinds, tuple) else (kinds,)
        spec = ConsumerSpec(
            name=str(self._stage.name),
            subject=subject_of(first),
            also=tuple(map(subject_of, others)),
            ack_wait_s=self._options.ack_wait_s,
            max_deliver=UNLIMITED,
        )
        async with self._bus.listen(subject_of(JobCancelled)) as cancellations:
            watcher = asyncio.create_task(self._watch_cancellations(cancellations))
            slots = [
                asyncio.create_task(self._serve(spec, stop))
                for _ in range(self._options.slots)
            ]
            try:
                await self._until_stopped(stop, slots)
            finally:
                watcher.cancel()

    async def _until_stopped(
        self, stop: asyncio.Event, slots: list[asyncio.Task[None]]
    ) -> None:
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([stopped, *slots], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await stopped
        _, late = await asyncio.wait(slots, timeout=self._options.grace_s)
        for work in self._running:
            work.abandon()
        if late:
            await asyncio.wait(late, timeout=self._options.ack_wait_s)
        for slot in slots:
            slot.cancel()
        for result in await asyncio.gather(*slots, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _serve(self, spec: ConsumerSpec, stop: asyncio.Event) -> None:
        subscription = await self._bus.subscribe(spec)
        try:
            while not stop.is_set():
                delivery = await subscription.fetch(FETCH_S)
                if delivery is not None:
                    await self.settle(delivery)
                    give_back()
        finally:
            await subscription.close()

    async def _watch_cancellations(self, messages: AsyncIterator[Message]) -> None:
        async for message in messages:
            with suppress(UndecodableError):
                event = decode_event(message.body)
                for work in self._running:
                    if (
                        work.event.job == event.job
                        and work.event.tenant == event.tenant
                    ):
                        work.cancel()

    async def settle(self, delivery: Delivery) -> None:
        """Decide the fate of one delivery."""
        try:
            event = self._decode(delivery)
        except UndecodableError as error:
            await self._refuse(delivery, error)
            return
        bound = structlog.contextvars.bound_contextvars(
            job=event.job, stage=str(self._stage.name), attempt=delivery.attempt
        )
        with bound:
            try:
                await self._settle_event(event, delivery)
            except Transient as fault:
                # The broker or the store is away: the ack wait brings it back.
                log.warning("left to redelivery", error=str(fault))

    async def _refuse(self, delivery: Delivery, error: UndecodableError) -> None:
        """Terminate an unreadable event and end its job: nobody else would."""
        log.warning("refused", subject=delivery.subject, error=str(error))
        try:
            await self._end_owner(delivery.subject)
            await delivery.term(str(error))
        except Transient as fault:
            log.warning("left to redelivery", error=str(fault))

    async def _end_owner(self, subject: str) -> None:
        owner = owner_of(subject)
        status = None if owner is None else await self._jobs.get(*owner)
        if status is None or status.state in TERMINAL_STATES:
            return
        failure = Failure(
            code=FailureCode.INTERNAL, message=OUR_FAULT, stage=self._stage.name
        )
        await self._jobs.conclude(
            JobFailed(tenant=status.tenant, job=status.job, failure=failure)
        )

    def _decode(self, delivery: Delivery) -> E:
        event = decode_event(delivery.body)
        if not isinstance(event, self._stage.event):
            msg = f"{event.type_name()} is not for {self._stage.name}"
            raise UndecodableError(msg)
        return event

    async def _settle_event(self, event: E, delivery: Delivery) -> None:
        if await self._has_ended(event):
            await delivery.ack()
            return
        if delivery.attempt > self._options.max_deliver:
            await self._fail(event, FailureCode.INTERNAL, OUR_FAULT)
            await delivery.term(OUR_FAULT)
            return
        started_s = time.monotonic()
        try:
            outcome = await self._handle(event, delivery)
        except Cancelled:
            log.info("cancelled")
            # Whoever cancelled may have died before the status was written.
            await self._jobs.conclude(JobCancelled(tenant=event.tenant, job=event.job))
            await delivery.ack()
        except Abandoned:
            log.info("handed back")
            await delivery.nak(0)
        except Unusable as fault:
            await self._fail(event, fault.code, fault.message)
            await delivery.term(fault.message)
        except Transient as fault:
            await self._retry(event, delivery, fault)
        except Exception:  # the worker's border: whatever it is, the job must end
            log.exception("unexpected")
            await self._retry(
                event, delivery, Transient(FailureCode.INTERNAL, OUR_FAULT)
            )
        else:
            await self._finish(event, outcome, time.monotonic() - started_s)
            await delivery.ack()

    async def _has_ended(self, event: E) -> bool:
        status = await self._jobs.get(event.tenant, event.job)
        return status is not None and status.state in TERMINAL_STATES

    async def _handle(self, event: E, delivery: Delivery) -> Outcome:
        name = self._stage.name
        work = Work(
            event=event, stage=name, bus=self._bus, store=self._store, jobs=self._jobs
        )
        self._running.add(work)
        try:
            async with heartbeat(delivery, self._options.ack_wait_s / 3):
                started = StageStarted(tenant=event.tenant, job=event.job, stage=name)
                await self._jobs.publish(started)
                await self._jobs.start_stage(event.tenant, event.job, name)
                work.progress(0.0)
                return await self._stage.handle(event, work)
        finally:
            self._running.discard(work)

    async def _finish(self, event: E, outcome: Outcome, seconds: float) -> None:
        ends = [e for e in outcome.events if isinstance(e, TerminalEvent)]
        for product in outcome.events:
            if not isinstance(product, TerminalEvent):
                await self._jobs.publish(product)
        if outcome.completes:
            await self._jobs.complete_stage(
                event.tenant,
                event.job,
                self._stage.name,
                seconds=round(seconds, 3),
                artifacts=outcome.artifacts,
            )
        for end in ends:
            await self._jobs.conclude(end)
        log.info("done", seconds=round(seconds, 3), completes=outcome.completes)

    async def _retry(self, event: E, delivery: Delivery, fault: Transient) -> None:
        if delivery.attempt >= self._options.max_deliver:
            await self._fail(event, fault.code, fault.message)
            await delivery.term(fault.message)
            return
        wait_s = self._options.backoff_s * 2 ** (delivery.attempt - 1)
        log.warning("again later", wait_s=wait_s, error=fault.message)
        await delivery.nak(min(wait_s, MAX_BACKOFF_S))

    async def _fail(self, event: E, code: FailureCode, message: str) -> None:
        log.info("failed", code=str(code), reason=message)
        failure = Failure(code=code, message=message, stage=self._stage.name)
        end = JobFailed(tenant=event.tenant, job=event.job, failure=failure)
        await self._jobs.conclude(end)


@asynccontextmanager
async def heartbeat(delivery: Delivery, interval_s: float) -> AsyncGenerator[None]:
    """Keep a delivery from being given to another worker while work goes on."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(interval_s)
            with suppress(Transient):  # the next beat may come in time
                await delivery.in_progress()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
