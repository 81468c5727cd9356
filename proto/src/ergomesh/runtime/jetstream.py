"""The bus on NATS JetStream; with its buckets, the only import of nats-py.

The traps of nats-py 2.16 that shape this code are listed in
docs/architecture.md: short fetches in a loop, unsubscribe before drain,
an id on every publish, no consumer ``backoff`` beside heartbeats.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Any, Final, Self
from urllib.parse import urlsplit

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BucketNotFoundError, NotFoundError
from nats.js.errors import Error as JetStreamError
from nats.js.kv import KeyValue as NatsKeyValue

from ergomesh.contract.events import VERSION
from ergomesh.runtime.bus import ConsumerSpec, Delivery, Message
from ergomesh.runtime.errors import SetupError
from ergomesh.runtime.jetstream_bucket import JetStreamBucket, unreachable

STREAM: Final = "ERGOMESH_EVENTS"
STREAM_AGE_S: Final = 7 * 24 * 3600.0
"""Events are kept 7 days (DESIGN §1)."""
DEDUP_WINDOW_S: Final = 600.0
"""How long the broker remembers a Nats-Msg-Id."""
MAX_EVENT_BYTES: Final = 64 * 1024
"""Events carry keys, never bytes."""
DEFAULT_PORT: Final = 4222
"""Where nats-server listens if the URL names no port."""
AWAY_S: Final = 0.2
"""Pause of a fetch while the connection is down."""
ACK_S: Final = 5.0
"""Patience with the confirmation of an ack."""
JOB_AGE_S: Final = 7 * 24 * 3600.0
"""Job states are kept as long as the events."""

log = structlog.get_logger(__name__)


class JetStreamBus:
    """A connection to NATS."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js: JetStreamContext = client.jetstream()
        self._buckets: dict[str, JetStreamBucket] = {}

    @classmethod
    async def connect(cls, url: str, *, name: str, timeout_s: float = 30.0) -> Self:
        """Connect, and make the event stream if it is not there.

        Raises:
            SetupError: When no server answers within ``timeout_s`` seconds.
        """
        client = await _connect_client(url, name=name, timeout_s=timeout_s)
        bus = cls(client)
        try:
            await bus._ensure_stream()
        except (NatsError, JetStreamError) as error:
            await client.close()
            msg = f"The broker at {url} has no JetStream: {error}."
            raise SetupError(msg) from error
        return bus

    async def _ensure_stream(self) -> None:
        config = StreamConfig(
            name=STREAM,
            subjects=[f"{VERSION}.evt.>"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_age=STREAM_AGE_S,
            duplicate_window=DEDUP_WINDOW_S,
            max_msg_size=MAX_EVENT_BYTES,
        )
        try:
            await self._js.stream_info(STREAM)
        except NotFoundError:
            await self._js.add_stream(config)

    @property
    def connected(self) -> bool:
        """Whether the connection stands right now."""
        return bool(self._client.is_connected)

    async def publish(self, subject: str, body: bytes, *, dedup_id: str) -> bool:
        """Store an event; return False when the broker already had it."""
        try:
            ack = await self._js.publish(
                subject, body, headers={"Nats-Msg-Id": dedup_id}
            )
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="confirm an event") from error
        return not ack.duplicate

    async def last(self, subject: str) -> bytes | None:
        """Return the newest stored event on a subject."""
        try:
            message = await self._js.get_last_msg(STREAM, subject)
        except NotFoundError:
            return None
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="read an event") from error
        return message.data

    async def tick(self, subject: str, body: bytes) -> None:
        """Send a live message that nobody stores."""
        if self._client.is_connected:
            await self._client.publish(subject, body)

    async def subscribe(self, spec: ConsumerSpec) -> "JetStreamSubscription":
        """Join a durable consumer, making it if it is not there."""
        config = ConsumerConfig(
            durable_name=spec.name,
            filter_subject=None if spec.also else spec.subject,
            filter_subjects=list(spec.subjects) if spec.also else None,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=spec.ack_wait_s,
            max_deliver=spec.max_deliver,
            max_ack_pending=spec.max_ack_pending,
        )
        try:
            return await JetStreamSubscription.join(self._client, self._js, config)
        except (NatsError, JetStreamError) as error:
            raise unreachable(to="open a consumer") from error

    def listen(
        self, subject: str
    ) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Iterate over live messages from now on."""
        return _listen(self._client, subject)

    async def answer(self, subject: str, reply: Callable[[], bytes]) -> None:
        """Answer requests on a subject until the bus closes."""

        async def respond(message: Msg) -> None:
            await message.respond(reply())

        with _broker(to="take an answer"):
            await self._client.subscribe(subject, cb=respond)
            await _known(self._client)

    async def ask(self, subject: str, body: bytes, *, timeout_s: float) -> bytes | None:
        """Send a request; return the first answer, or None after the timeout."""
        try:
            answer = await self._client.request(subject, body, timeout=timeout_s)
        except (NatsTimeoutError, NoRespondersError):
            return None
        except NatsError as error:
            raise unreachable(to="carry a request") from error
        return bytes(answer.data)

    async def bucket(self, name: str) -> JetStreamBucket:
        """Return a bucket, making it if it is not there."""
        if name not in self._buckets:
            try:
                self._buckets[name] = JetStreamBucket(await self._open(name))
            except (NatsError, JetStreamError) as error:
                raise unreachable(to=f"open the bucket {name}") from error
        return self._buckets[name]

    async def _open(self, name: str) -> NatsKeyValue:
        try:
            return await self._js.key_value(name)
        except BucketNotFoundError:
            config = KeyValueConfig(
                bucket=name, history=1, ttl=JOB_AGE_S, storage=StorageType.FILE
            )
            return await self._js.create_key_value(config)

    async def close(self) -> None:
        """Close the connection; subscriptions were closed before."""
        if not self._client.is_closed:
            with suppress(OSError):  # what is unsent cannot be sent any more
                await self._client.close()


class JetStreamSubscription:
    """One pull subscription of a durable consumer."""

    def __init__(
        self, client: Client, js: JetStreamContext, config: ConsumerConfig, pull: Any
    ) -> None:
        self._client = client
        self._js = js
        self._config = config
        self._pull = pull

    @classmethod
    async def join(
        cls, client: Client, js: JetStreamContext, config: ConsumerConfig
    ) -> Self:
        """Create or update the consumer and bind to it."""
        return cls(client, js, config, await _bind(js, config))

    async def fetch(self, timeout_s: float) -> Delivery | None:
        """Return the next delivery, or None after ``timeout_s`` seconds."""
        if not self._client.is_connected:
            # Requests would be sent together later, and hoard messages here.
            await asyncio.sleep(min(timeout_s, AWAY_S))
            return None
        try:
            (message,) = await self._pull.fetch(1, timeout=timeout_s)
        except (NatsTimeoutError, ValueError):
            return None
        except (NatsError, JetStreamError) as error:
            # The consumer is gone or the server restarts: bind again next time.
            log.warning("fetch failed", consumer=self._config.name, error=str(error))
            await asyncio.sleep(min(timeout_s, 1.0))
            await self._rebind()
            return None
        return JetStreamDelivery(message)

    async def _rebind(self) -> None:
        try:
            pull = await _bind(self._js, self._config)
        except (NatsError, JetStreamError):
            return
        self._pull = pull

    async def close(self) -> None:
        """Unsubscribe; a drain without this waits 30 s."""
        try:
            await self._pull.unsubscribe()
        except NatsError as error:
            log.debug("unsubscribe failed", error=str(error))


class JetStreamDelivery:
    """One JetStream message."""

    def __init__(self, message: Msg) -> None:
        self._message = message

    @property
    def subject(self) -> str:
        """Subject it was published on."""
        return self._message.subject

    @property
    def body(self) -> bytes:
        """Bytes as published."""
        return self._message.data

    @property
    def attempt(self) -> int:
        """Which delivery this is, from 1."""
        return int(self._message.metadata.num_delivered or 1)

    async def ack(self) -> None:
        """Confirm, and wait until the broker has it."""
        with _broker(to="confirm an ack"):
            await self._message.ack_sync(timeout=ACK_S)

    async def nak(self, delay_s: float) -> None:
        """Ask for another delivery after a delay."""
        with _broker(to="take a message back"):
            await self._message.nak(delay=delay_s)

    async def in_progress(self) -> None:
        """Reset the broker's ack wait."""
        with _broker(to="hear a heartbeat"):
            await self._message.in_progress()

    async def term(self, reason: str) -> None:
        """Refuse for good; the reason goes into the broker's advisory."""
        # nats-py's term() takes no reason, the protocol does.
        client = self._message._client  # noqa: SLF001  # no public way
        with _broker(to="drop a message"):
            await client.publish(self._message.reply, b"+TERM " + reason.encode()[:200])


@contextmanager
def _broker(*, to: str) -> Iterator[None]:
    """Turn nats-py's errors into ours."""
    try:
        yield
    except (NatsError, JetStreamError) as error:
        raise unreachable(to=to) from error


async def _bind(js: JetStreamContext, config: ConsumerConfig) -> Any:
    await js.add_consumer(STREAM, config)
    return await js.pull_subscribe_bind(
        consumer=str(config.durable_name), stream=STREAM
    )


async def _connect_client(url: str, *, name: str, timeout_s: float) -> Client:
    try:
        async with asyncio.timeout(timeout_s):
            await _wait_port(url)
            return await _open_client(url, name=name)
    except (OSError, NatsError) as error:
        msg = f"No NATS broker answers at {url}: start one, or set ERGOMESH_NATS_URL."
        raise SetupError(msg) from error


async def _open_client(url: str, *, name: str) -> Client:
    """Try for ever to speak NATS with whoever listens; a stranger never answers."""

    async def on_error(error: Exception) -> None:
        log.warning("broker", error=str(error) or type(error).__name__)

    client = Client()
    try:
        await client.connect(
            url,
            name=name,
            error_cb=on_error,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.5,  # type: ignore[arg-type]  # seconds
            connect_timeout=2,
        )
    except asyncio.CancelledError:
        await client.close()
        raise
    return client


async def _wait_port(url: str) -> None:
    """Wait until somebody listens: nats-py would log a traceback for each try."""
    parts = urlsplit(url)
    while True:
        try:
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or DEFAULT_PORT
            )
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return


async def _known(client: Client) -> None:
    """Return when the server knows of every subscription made so far.

    nats-py writes a ping at once but a subscription a moment later: the second
    ping is the first one behind it.
    """
    await client.flush()
    await client.flush()


@asynccontextmanager
async def _listen(
    client: Client, subject: str
) -> AsyncGenerator[AsyncIterator[Message]]:
    with _broker(to="listen"):
        subscription = await client.subscribe(subject)
        await _known(client)

    async def messages() -> AsyncIterator[Message]:
        async for message in subscription.messages:
            yield Message(message.subject, message.data)

    try:
        yield messages()
    finally:
        if client.is_connected:
            await subscription.unsubscribe()
