"""A key-value bucket on NATS; with :mod:`ergomesh.runtime.jetstream` all of nats-py."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError, NoKeysError
from nats.js.kv import KeyValue as NatsKeyValue

from ergomesh.contract.errors import FailureCode
from ergomesh.runtime.bus import Entry
from ergomesh.runtime.errors import Conflict, Transient


class JetStreamBucket:
    """A NATS key-value bucket."""

    def __init__(self, kv: NatsKeyValue) -> None:
        self._kv = kv

    async def get(self, key: str) -> Entry | None:
        """Return the newest value, or None."""
        try:
            found = await self._kv.get(key)
        except KeyNotFoundError:
            return None
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="read a job's state") from error
        return Entry(key, found.value or b"", int(found.revision or 0))

    async def create(self, key: str, value: bytes) -> int:
        """Write a new key; return its revision."""
        try:
            return int(await self._kv.create(key, value))
        except KeyWrongLastSequenceError as error:
            raise Conflict(key) from error
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="write a job's state") from error

    async def update(self, key: str, value: bytes, revision: int) -> int:
        """Replace the value of ``revision``; return the new revision."""
        try:
            return int(await self._kv.update(key, value, last=revision))
        except KeyWrongLastSequenceError as error:
            raise Conflict(key) from error
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="write a job's state") from error

    async def keys(self) -> list[str]:
        """Return all keys."""
        try:
            return list(await self._kv.keys())
        except NoKeysError:
            return []
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="list jobs") from error

    def watch(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        """Iterate over the present value, if any, and every later one.

        Raises:
            Transient: On entering, when the broker does not answer.
        """
        return _watch(self._kv, key)


@asynccontextmanager
async def _watch(kv: NatsKeyValue, key: str) -> AsyncGenerator[AsyncIterator[Entry]]:
    try:
        watcher = await kv.watch(key)
    except (NatsError, JetStreamError) as error:
        raise unreachable(to="watch a job's state") from error

    async def entries() -> AsyncIterator[Entry]:
        # Not updates(): its wait_for swallows a cancellation that meets an entry
        # (Python 3.11), and it hands out the sentinel of stop() as an entry.
        async for found in watcher:
            if found is not None:  # None marks the end of the initial values
                yield Entry(key, found.value or b"", int(found.revision or 0))

    try:
        yield entries()
    finally:
        with suppress(NatsError, JetStreamError):  # it ended with its connection
            await watcher.stop()  # type: ignore[no-untyped-call]  # nats-py


def unreachable(*, to: str) -> Transient:
    """Return the fault of a broker that did not do something in time."""
    return Transient(
        FailureCode.BROKER_UNREACHABLE,
        f"The message broker did not {to} in time; try again once it is up.",
    )
