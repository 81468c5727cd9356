"""A bus that writes down what was done with it, and fails when told to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from ergomesh.runtime.bus import (
    Bus,
    ConsumerSpec,
    Delivery,
    Entry,
    KeyValue,
    Message,
    Subscription,
)

T = TypeVar("T")


class WatchedBus:
    """A bus that writes down what was done with it, and fails when told to."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.diary: list[tuple[str, str]] = []
        """What succeeded: verb and last part of the subject or key."""
        self._faults: list[tuple[str, str, Exception]] = []

    def fail(self, verb: str, on: str, error: Exception, *, times: int = 1) -> None:
        """Make the next such calls fail before they reach the broker."""
        self._faults += [(verb, on, error)] * times

    def verbs(self, *wanted: str) -> list[tuple[str, str]]:
        """Return the diary's entries of some verbs."""
        return [entry for entry in self.diary if entry[0] in wanted]

    async def do(self, verb: str, on: str, call: Awaitable[T]) -> T:
        """Do a call, or fail in its place, and write it down."""
        on = ".".join(on.split(".")[-2:])
        for fault in self._faults:
            if fault[:2] == (verb, on):
                self._faults.remove(fault)
                asyncio.ensure_future(call).cancel()
                raise fault[2]
        result = await call
        self.diary.append((verb, on))
        return result

    async def publish(self, subject: str, body: bytes, *, dedup_id: str) -> bool:
        """Publish, watched."""
        call = self._bus.publish(subject, body, dedup_id=dedup_id)
        return await self.do("publish", subject, call)

    async def last(self, subject: str) -> bytes | None:
        """Read through."""
        return await self._bus.last(subject)

    async def tick(self, subject: str, body: bytes) -> None:
        """Tick, watched."""
        await self.do("tick", subject, self._bus.tick(subject, body))

    async def subscribe(self, spec: ConsumerSpec) -> "WatchedSubscription":
        """Subscribe; the deliveries are watched."""
        call = self._bus.subscribe(spec)
        return WatchedSubscription(self, await self.do("subscribe", spec.subject, call))

    def listen(
        self, subject: str
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Listen through."""
        return self._bus.listen(subject)

    async def answer(self, subject: str, reply: Callable[[], bytes]) -> None:
        """Answer through."""
        await self._bus.answer(subject, reply)

    async def ask(self, subject: str, body: bytes, *, timeout_s: float) -> bytes | None:
        """Ask through."""
        return await self._bus.ask(subject, body, timeout_s=timeout_s)

    async def bucket(self, name: str) -> "WatchedBucket":
        """Open a bucket; its writes are watched."""
        return WatchedBucket(self, await self._bus.bucket(name))

    async def close(self) -> None:
        """Close through."""
        await self._bus.close()


class WatchedSubscription:
    """A subscription whose deliveries are watched."""

    def __init__(self, bus: WatchedBus, subscription: Subscription) -> None:
        self._bus = bus
        self._subscription = subscription

    async def fetch(self, timeout_s: float) -> Delivery | None:
        """Fetch; the delivery is watched."""
        delivery = await self._subscription.fetch(timeout_s)
        return None if delivery is None else WatchedDelivery(self._bus, delivery)

    async def close(self) -> None:
        """Close through."""
        await self._subscription.close()


class WatchedDelivery:
    """A delivery whose verdict is watched."""

    def __init__(self, bus: WatchedBus, delivery: Delivery) -> None:
        self._bus = bus
        self._delivery = delivery

    @property
    def subject(self) -> str:
        """Subject it was published on."""
        return self._delivery.subject

    @property
    def body(self) -> bytes:
        """Bytes as published."""
        return self._delivery.body

    @property
    def attempt(self) -> int:
        """Which delivery this is, from 1."""
        return self._delivery.attempt

    async def ack(self) -> None:
        """Acknowledge, watched."""
        await self._bus.do("ack", self.subject, self._delivery.ack())

    async def nak(self, delay_s: float) -> None:
        """Refuse for now, watched."""
        await self._bus.do("nak", self.subject, self._delivery.nak(delay_s))

    async def in_progress(self) -> None:
        """Beat, watched."""
        await self._bus.do("beat", self.subject, self._delivery.in_progress())

    async def term(self, reason: str) -> None:
        """Refuse for good, watched."""
        await self._bus.do("term", self.subject, self._delivery.term(reason))


class WatchedBucket:
    """A bucket whose writes are watched."""

    def __init__(self, bus: WatchedBus, bucket: KeyValue) -> None:
        self._bus = bus
        self._bucket = bucket

    async def get(self, key: str) -> Entry | None:
        """Read through."""
        return await self._bucket.get(key)

    async def create(self, key: str, value: bytes) -> int:
        """Create, watched."""
        return await self._bus.do("create", key, self._bucket.create(key, value))

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Update, watched."""
        call = self._bucket.update(key, value, revision)
        return await self._bus.do("update", key, call)

    async def keys(self) -> list[str]:
        """List through."""
        return await self._bucket.keys()

    def watch(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        """Watch through."""
        return self._bucket.watch(key)
