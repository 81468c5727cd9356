"""A broker in memory with the behaviour of JetStream, for tests.

The suite in ``tests/runtime`` runs unchanged on this and on nats-server, so they
cannot drift apart.
"""

import asyncio
import fnmatch
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from ergomesh.runtime.bus import UNLIMITED, ConsumerSpec, Delivery, Entry, Message
from ergomesh.runtime.errors import Conflict

T = TypeVar("T")


@dataclass(eq=False)
class _Stored:
    """An event in the stream, as one consumer sees it."""

    subject: str
    body: bytes
    deliveries: int = 0
    due_s: float = 0.0
    """Loop time from which it may be delivered (again)."""
    settled: bool = False


@dataclass(eq=False)
class _Consumer:
    spec: ConsumerSpec
    backlog: list[_Stored] = field(default_factory=list)

    def may_deliver(self, stored: _Stored) -> bool:
        """Tell whether the limits of the consumer allow one more delivery."""
        limit = self.spec.max_deliver
        if limit != UNLIMITED and stored.deliveries >= limit:
            return False
        pending = sum(s.deliveries > 0 and not s.settled for s in self.backlog)
        return stored.deliveries > 0 or pending < self.spec.max_ack_pending


class MemoryBus:
    """An event stream, live messages and buckets in one process."""

    def __init__(self) -> None:
        self._events: list[tuple[str, bytes]] = []
        self._ids: set[str] = set()
        self._consumers: dict[str, _Consumer] = {}
        self._listeners: list[tuple[str, asyncio.Queue[Message]]] = []
        self._answers: dict[str, Callable[[], bytes]] = {}
        self._buckets: dict[str, MemoryBucket] = {}
        self._news = asyncio.Event()

    def events(self, pattern: str = "*") -> list[tuple[str, bytes]]:
        """Return the stored events whose subject matches a shell pattern."""
        return [e for e in self._events if fnmatch.fnmatchcase(e[0], pattern)]

    async def publish(self, subject: str, body: bytes, *, dedup_id: str) -> bool:
        """Store an event; return False when it is already there."""
        if dedup_id in self._ids:
            return False
        self._ids.add(dedup_id)
        self._events.append((subject, body))
        for consumer in self._consumers.values():
            if any(matches(each, subject) for each in consumer.spec.subjects):
                consumer.backlog.append(_Stored(subject, body))
        await self.tick(subject, body)
        self._wake()
        return True

    async def last(self, subject: str) -> bytes | None:
        """Return the newest stored event on a subject."""
        found = [body for at, body in self._events if at == subject]
        return found[-1] if found else None

    async def tick(self, subject: str, body: bytes) -> None:
        """Send a live message that nobody stores."""
        for pattern, queue in self._listeners:
            if matches(pattern, subject):
                queue.put_nowait(Message(subject, body))

    async def subscribe(self, spec: ConsumerSpec) -> "MemorySubscription":
        """Join a durable consumer, making it if it is not there, else updating it."""
        if spec.name not in self._consumers:
            backlog = [
                _Stored(at, body)
                for at, body in self._events
                if any(matches(each, at) for each in spec.subjects)
            ]
            self._consumers[spec.name] = _Consumer(spec, backlog)
        self._consumers[spec.name].spec = spec
        return MemorySubscription(self, self._consumers[spec.name])

    def listen(
        self, subject: str
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Iterate over live messages from now on."""
        return self._listen(subject)

    @asynccontextmanager
    async def _listen(self, subject: str) -> AsyncGenerator[AsyncIterator[Message]]:
        queue: asyncio.Queue[Message] = asyncio.Queue()
        entry = (subject, queue)
        self._listeners.append(entry)
        try:
            yield _drain(queue)
        finally:
            self._listeners.remove(entry)

    async def answer(self, subject: str, reply: Callable[[], bytes]) -> None:
        """Answer requests on a subject until the bus closes."""
        self._answers[subject] = reply

    async def ask(self, subject: str, body: bytes, *, timeout_s: float) -> bytes | None:
        """Send a request; return the answer, or None if nobody answers."""
        del body, timeout_s  # answers do not look at the question
        reply = self._answers.get(subject)
        return None if reply is None else reply()

    async def bucket(self, name: str) -> "MemoryBucket":
        """Return a bucket, making it if it is not there."""
        return self._buckets.setdefault(name, MemoryBucket())

    async def close(self) -> None:
        """Forget the answers, as a closed connection does."""
        self._answers.clear()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _news_within(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), timeout_s)
        except TimeoutError:
            return


class MemorySubscription:
    """A worker's end of a consumer."""

    def __init__(self, bus: MemoryBus, consumer: _Consumer) -> None:
        self._bus = bus
        self._consumer = consumer

    async def fetch(self, timeout_s: float) -> Delivery | None:
        """Return the next delivery, or None after ``timeout_s`` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            stored = self._next(loop.time())
            if stored is not None:
                return MemoryDelivery(self._bus, self._consumer.spec, stored)
            left_s = deadline - loop.time()
            if left_s <= 0:
                return None
            await self._bus._news_within(min(left_s, 0.02))  # noqa: SLF001  # one fake

    def _next(self, now_s: float) -> _Stored | None:
        consumer = self._consumer
        for stored in consumer.backlog:
            due = not stored.settled and stored.due_s <= now_s
            if due and consumer.may_deliver(stored):
                stored.deliveries += 1
                stored.due_s = now_s + consumer.spec.ack_wait_s
                return stored
        return None

    async def close(self) -> None:
        """Stop receiving."""


class MemoryDelivery:
    """One delivery of a stored event."""

    def __init__(self, bus: MemoryBus, spec: ConsumerSpec, stored: _Stored) -> None:
        self._bus = bus
        self._spec = spec
        self._stored = stored
        self._attempt = stored.deliveries

    @property
    def subject(self) -> str:
        """Subject it was published on."""
        return self._stored.subject

    @property
    def body(self) -> bytes:
        """Bytes as published."""
        return self._stored.body

    @property
    def attempt(self) -> int:
        """Which delivery this is, from 1."""
        return self._attempt

    async def ack(self) -> None:
        """Confirm."""
        self._stored.settled = True

    async def nak(self, delay_s: float) -> None:
        """Ask for another delivery after a delay."""
        self._stored.due_s = asyncio.get_running_loop().time() + delay_s

    async def in_progress(self) -> None:
        """Reset the ack wait."""
        now_s = asyncio.get_running_loop().time()
        self._stored.due_s = now_s + self._spec.ack_wait_s

    async def term(self, reason: str) -> None:
        """Refuse for good."""
        del reason  # a real broker reports it in an advisory
        self._stored.settled = True


class MemoryBucket:
    """A bucket with compare-and-set."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._revision = 0
        self._watchers: list[tuple[str, asyncio.Queue[Entry]]] = []

    async def get(self, key: str) -> Entry | None:
        """Return the newest value, or None."""
        await asyncio.sleep(0)  # others may write in between, as they do over a wire
        return self._entries.get(key)

    async def create(self, key: str, value: bytes) -> int:
        """Write a new key; return its revision."""
        if key in self._entries:
            raise Conflict(key)
        return self._write(key, value)

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Replace the value of ``revision``; return the new revision."""
        found = self._entries.get(key)
        if (found.revision if found else 0) != revision:
            raise Conflict(key)
        return self._write(key, value)

    def _write(self, key: str, value: bytes) -> int:
        self._revision += 1
        entry = Entry(key, value, self._revision)
        self._entries[key] = entry
        for watched, queue in self._watchers:
            if watched == key:
                queue.put_nowait(entry)
        return self._revision

    async def keys(self) -> list[str]:
        """Return all keys."""
        return list(self._entries)

    def watch(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        """Iterate over the present value, if any, and every later one."""
        return self._watch(key)

    @asynccontextmanager
    async def _watch(self, key: str) -> AsyncGenerator[AsyncIterator[Entry]]:
        queue: asyncio.Queue[Entry] = asyncio.Queue()
        if key in self._entries:
            queue.put_nowait(self._entries[key])
        watcher = (key, queue)
        self._watchers.append(watcher)
        try:
            yield _drain(queue)
        finally:
            self._watchers.remove(watcher)


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a NATS filter selects a subject."""
    want, have = pattern.split("."), subject.split(".")
    for i, part in enumerate(want):
        if part == ">":
            return len(have) > i
        if i >= len(have) or part not in {"*", have[i]}:
            return False
    return len(want) == len(have)


async def _drain(queue: "asyncio.Queue[T]") -> AsyncIterator[T]:
    while True:
        yield await queue.get()
