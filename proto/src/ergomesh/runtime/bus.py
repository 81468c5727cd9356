"""The broker as the rest of ergomesh sees it.

Two adapters implement it: :mod:`ergomesh.runtime.jetstream` on NATS, and
:mod:`ergomesh.runtime.testing` in memory. One behaviour suite runs on both.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

UNLIMITED: Final = -1
"""As ``max_deliver``: the broker delivers until somebody settles the message."""


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """A durable pull consumer: one per service."""

    name: str
    """Durable name, shared by all workers of the service."""
    subject: str
    """Filter of the event that starts the service."""
    ack_wait_s: float
    """Silence after which a delivery goes to another worker, seconds."""
    max_deliver: int
    """Deliveries after which the broker gives up; :data:`UNLIMITED`: never."""
    max_ack_pending: int = 64
    """Deliveries in flight over all workers of the service."""
    also: tuple[str, ...] = ()
    """Filters of other events that start the service."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """All filters; no event matches two."""
        return (self.subject, *self.also)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in a bucket, with the revision to compare against."""

    key: str
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Message:
    """A live message, delivered at most once."""

    subject: str
    body: bytes


class Delivery(Protocol):
    """A message that waits for a verdict.

    Every verdict raises :class:`ergomesh.runtime.errors.Transient` when the broker
    cannot be told.
    """

    @property
    def subject(self) -> str:
        """Subject it was published on."""

    @property
    def body(self) -> bytes:
        """Bytes as published."""

    @property
    def attempt(self) -> int:
        """Which delivery this is, from 1."""

    async def ack(self) -> None:
        """Confirm, and wait until the broker has it."""

    async def nak(self, delay_s: float) -> None:
        """Ask for another delivery after a delay."""

    async def in_progress(self) -> None:
        """Reset the broker's ack wait."""

    async def term(self, reason: str) -> None:
        """Refuse for good: nobody gets it again."""


class Subscription(Protocol):
    """A worker's end of a consumer."""

    async def fetch(self, timeout_s: float) -> Delivery | None:
        """Return the next delivery, or None after ``timeout_s`` seconds."""

    async def close(self) -> None:
        """Stop receiving; unacknowledged deliveries go to others."""


class KeyValue(Protocol):
    """A bucket with compare-and-set."""

    async def get(self, key: str) -> Entry | None:
        """Return the newest value, or None."""

    async def create(self, key: str, value: bytes) -> int:
        """Write a new key; return its revision.

        Raises:
            Conflict: When the key exists.
        """

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Replace the value of ``revision``; return the new revision.

        Raises:
            Conflict: When somebody wrote in between.
        """

    async def keys(self) -> list[str]:
        """Return all keys."""

    def watch(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        """Iterate over the present value, if any, and every later one."""


class Bus(Protocol):
    """The broker."""

    async def publish(self, subject: str, body: bytes, *, dedup_id: str) -> bool:
        """Store an event; return False when the broker already had it.

        Raises:
            Transient: When the broker does not confirm.
        """

    async def last(self, subject: str) -> bytes | None:
        """Return the newest stored event on a subject (no wildcards)."""

    async def tick(self, subject: str, body: bytes) -> None:
        """Send a live message that nobody stores."""

    async def subscribe(self, spec: ConsumerSpec) -> Subscription:
        """Join a durable consumer, making it if it is not there."""

    def listen(
        self, subject: str
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Iterate over live messages from now on."""

    async def answer(self, subject: str, reply: Callable[[], bytes]) -> None:
        """Answer requests on a subject until the bus closes."""

    async def ask(self, subject: str, body: bytes, *, timeout_s: float) -> bytes | None:
        """Send a request; return the first answer, or None after the timeout."""

    async def bucket(self, name: str) -> KeyValue:
        """Return a bucket, making it if it is not there."""

    async def close(self) -> None:
        """Stop everything this connection started."""
