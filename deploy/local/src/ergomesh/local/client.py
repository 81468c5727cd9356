"""The gateway over HTTP, as the command line uses it."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from ergomesh.contract.events import Progress
from ergomesh.contract.job import TERMINAL_STATES, JobStatus
from ergomesh.contract.keys import ObjectRef
from ergomesh.local.errors import ClipFailed, GatewayError, LocalCode, UsageFault
from ergomesh.local.option_values import quoted
from ergomesh.local.orders import shown
from ergomesh.local.plan import LOOPBACK
from ergomesh.local.sse import EventParser, ServerEvent

CHUNK_BYTES: Final = 1 << 20
SILENCE_S: Final = 45.0
"""The gateway says something every 15 s; after this a stream is taken for dead."""
PATIENCE_S: Final = 60.0
"""How long a gateway may be away while a job runs; a restart takes a few seconds."""
STORE_S: Final = 600.0
"""How long the gateway may take to put a whole upload into its store."""
RETRY_S: Final = 1.0
CANCEL_S: Final = 5.0

Update = JobStatus | Progress
T = TypeVar("T")
OnSent = Callable[[int], None]


class Problem(msgspec.Struct, frozen=True):
    """What we read of an ``application/problem+json`` (RFC 9457)."""

    detail: str = ""
    title: str = ""
    code: str = ""


class _AwayError(Exception):
    """The gateway is away for the moment."""


class Gateway:
    """A connection to a gateway."""

    def __init__(
        self, http: httpx.AsyncClient, url: str, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._http = http
        self._url = url
        self._patience_s = patience_s

    async def check(self) -> None:
        """Do one round trip.

        Raises:
            GatewayError: When the gateway is not ready.
        """
        try:
            answer = await self._http.get("/readyz")
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if not answer.is_success:
            problem = _problem(answer)
            msg = f"The gateway at {self._url} is not ready: {problem.detail}"
            raise GatewayError(msg)

    async def submit(
        self, clip: Path, options: Mapping[str, str], *, size: int, on_sent: OnSent
    ) -> JobStatus:
        """Upload a clip and start its job.

        Args:
            clip: The file.
            options: Settings, as query parameters.
            size: Bytes in the file.
            on_sent: Told the bytes sent so far.

        Raises:
            ClipFailed: When the gateway refuses the clip or a setting.
            GatewayError: When the connection breaks.
        """
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
        }
        try:
            answer = await self._http.post(
                "/v1/jobs",
                params={"name": shown(clip.name), **options},
                content=_chunks(clip, on_sent),
                headers=headers,
                timeout=httpx.Timeout(SILENCE_S, read=STORE_S),
            )
        except (OSError, httpx.LocalProtocolError) as error:
            msg = "The file could not be read to its end, or changed meanwhile."
            raise ClipFailed(LocalCode.FILE_UNREADABLE, msg) from error
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        _expect_success(answer)
        return self._status(answer.content)

    async def rescore(self, job: str, body: bytes) -> JobStatus:
        """Ask for another score of a finished job; return the new job.

        Args:
            job: The finished one.
            body: Facts and settings, as JSON.

        Raises:
            ClipFailed: When the gateway refuses, or does not know the job.
            GatewayError: When the connection breaks.
        """
        try:
            answer = await self._http.post(
                f"/v1/jobs/{quote(job, safe='')}/rescore",
                content=body,
                headers={"Content-Type": "application/json"},
            )
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        _expect_success(answer)
        return self._status(answer.content)

    async def follow(self, job: str) -> AsyncGenerator[Update]:
        """Iterate over a job's statuses and progress until it ends.

        A broken stream is taken up again where it broke.

        Raises:
            GatewayError: When the gateway stays away.
            ClipFailed: When the gateway does not know the job.
        """
        seen = ""
        heard_at = time.monotonic()
        while True:
            try:
                async with aclosing(self._events(job, seen)) as events:
                    async for event in events:
                        seen, heard_at = event.id, time.monotonic()
                        update = self._update(event)
                        if update is not None:
                            yield update
                        if _is_end(update):
                            return
            except (httpx.TransportError, _AwayError) as error:
                if time.monotonic() - heard_at > self._patience_s:
                    raise self._unreachable(error) from error
            await asyncio.sleep(RETRY_S)

    async def _events(self, job: str, seen: str) -> AsyncGenerator[ServerEvent]:
        headers = {"Accept": "text/event-stream"}
        if seen:
            headers["Last-Event-ID"] = seen
        parser = EventParser()
        async with self._http.stream(
            "GET", f"/v1/jobs/{job}/events", headers=headers
        ) as answer:
            if not answer.is_success:
                await answer.aread()
                _expect_present(answer)
            async for chunk in answer.aiter_bytes():
                for event in parser.feed(chunk):
                    yield event

    def _update(self, event: ServerEvent) -> Update | None:
        if event.event == "status":
            return self._status(event.data.encode())
        if event.event == "progress":
            return self._decode(event.data.encode(), Progress)
        return None

    def _status(self, raw: bytes) -> JobStatus:
        return self._decode(raw, JobStatus)

    def _decode(self, raw: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.MsgspecError as error:
            msg = (
                f"The gateway at {self._url} speaks another version of ergomesh "
                f"({error}): install the same version here and there."
            )
            raise GatewayError(msg) from error

    async def download(self, job: str, name: str, ref: ObjectRef, path: Path) -> None:
        """Copy an artifact to a file, checked against its digest.

        Raises:
            ClipFailed: When it cannot be had whole.
            GatewayError: When the connection breaks.
        """
        sha = hashlib.sha256()
        try:
            async with self._http.stream(
                "GET", f"/v1/jobs/{job}/artifacts/{name}"
            ) as answer:
                if not answer.is_success:
                    await answer.aread()
                    _expect_success(answer)
                with path.open("wb") as file:
                    async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                        sha.update(chunk)
                        file.write(chunk)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if sha.hexdigest() != ref.sha256:
            msg = f"{name} arrived damaged; download it again from {self._url}."
            raise ClipFailed(LocalCode.DOWNLOAD_DAMAGED, msg)

    async def cancel(self, job: str) -> None:
        """Withdraw a job, as far as that is still possible."""
        with suppress(httpx.HTTPError):
            await self._http.delete(f"/v1/jobs/{job}", timeout=CANCEL_S)

    def _unreachable(self, error: Exception) -> GatewayError:
        return GatewayError(
            f"The gateway at {self._url} cannot be reached "
            f"({type(error).__name__}): start it with `ergomesh up`, or check --url."
        )


@asynccontextmanager
async def open_gateway(
    url: str, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[Gateway]:
    """Connect to a gateway; nothing is sent yet.

    Raises:
        UsageFault: When the address is none.
    """
    address = read_url(url)
    loopback = address.host in LOOPBACK
    async with httpx.AsyncClient(
        base_url=address,
        timeout=httpx.Timeout(10.0, read=SILENCE_S, write=SILENCE_S),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
        trust_env=not loopback,  # no proxy between us and our own machine
    ) as http:
        yield Gateway(http, url, patience_s=patience_s)


def read_url(url: str) -> httpx.URL:
    """Read the address of a gateway, as ``--url`` takes it.

    Raises:
        UsageFault: When it is none.
    """
    try:
        address = httpx.URL(url)
        known = address.scheme in {"http", "https"} and address.host
    except (httpx.InvalidURL, ValueError):  # the latter of hosts such as xn--
        known = False
    if not known:
        msg = f"--url: {quoted(url)} is no web address; write http://server:8080."
        raise UsageFault(msg)
    return address


async def _chunks(clip: Path, on_sent: OnSent) -> AsyncIterator[bytes]:
    sent = 0
    with clip.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
            sent += len(chunk)
            on_sent(sent)


def _is_end(update: Update | None) -> bool:
    return isinstance(update, JobStatus) and update.state in TERMINAL_STATES


def _problem(answer: httpx.Response) -> Problem:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem()
    said = problem.detail or problem.title or f"it answers {answer.status_code}"
    return Problem(detail=said, code=problem.code or f"http_{answer.status_code}")


def _expect_success(answer: httpx.Response) -> None:
    if not answer.is_success:
        problem = _problem(answer)
        raise ClipFailed(problem.code, problem.detail)


def _expect_present(answer: httpx.Response) -> None:
    """Tell an outage, which passes, from a job that nobody knows."""
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise _AwayError(_problem(answer).detail)
    _expect_success(answer)
