"""Round trips over the broker: who answers a ping (imports nats-py).

The bus of :mod:`ergomesh.runtime` returns the first answer to a request; a stack
with several pose workers needs the answer of each.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from ergomesh.local.tasks import cancelled
from ergomesh.runtime.service import Alive, ping_subject

CONNECT_S: Final = 2
Collect = Callable[[Msg], Awaitable[None]]
NO_RESPONDERS: Final = "503"
"""Status with which nats-server answers a request that reaches nobody."""
ANSWER_S: Final = 1.0
"""Patience with a ping; workers answer within milliseconds."""


class Pings:
    """A connection over which workers are asked whether they live."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def answers(
        self, service: str, *, pids: frozenset[int] = frozenset()
    ) -> dict[int, Alive]:
        """Return the workers of a service that answer, by pid.

        Args:
            service: Stage name.
            pids: Workers expected; the wait ends as soon as all have answered.
        """
        found: dict[int, Alive] = {}
        complete = asyncio.Event()

        async def collect(message: Msg) -> None:
            answer = _decode(message.data)
            if answer is not None:
                found[answer.pid] = answer
            if _nobody_there(message) or (pids and pids <= found.keys()):
                complete.set()

        with suppress(NatsError):
            await self._ask(service, collect, complete)
        return found

    async def _ask(
        self, service: str, collect: Collect, complete: asyncio.Event
    ) -> None:
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=collect)
        try:
            await self._client.publish(ping_subject(service), b"", reply=inbox)
            # Not wait_for: in Python 3.11 it can lose a Ctrl-C.
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await complete.wait()
        finally:
            await subscription.unsubscribe()


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Pings]:
    """Connect to a broker that is up.

    Raises:
        OSError: When it does not answer.
    """
    connecting = asyncio.create_task(
        nats.connect(
            url,
            name="ergomesh-local",
            error_cb=_ignore,
            connect_timeout=CONNECT_S,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,
        )
    )
    try:
        # Awaited from outside: a Ctrl-C can get lost in the client's own waits.
        await asyncio.wait({connecting})
        client = connecting.result()
    except asyncio.CancelledError:
        await cancelled(connecting)
        raise
    except NatsError as error:
        msg = f"the broker at {url} does not answer"
        raise ConnectionError(msg) from error
    try:
        yield Pings(client)
    finally:
        await client.close()


def _nobody_there(message: Msg) -> bool:
    """Whether the broker says that nobody has subscribed to a request's subject."""
    return (message.headers or {}).get("Status") == NO_RESPONDERS


def _decode(raw: bytes) -> Alive | None:
    try:
        return msgspec.json.decode(raw, type=Alive)
    except msgspec.MsgspecError:
        return None


async def _ignore(_: Exception) -> None:
    """Let the caller see the outcome instead of a log line."""
