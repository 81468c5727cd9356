"""RunPod over HTTP.

::

    RunPodFault(Exception)
    ├── Unreachable     no answer, or one that says "later" (429, 5xx)
    └── Refused         understood and refused: wrong key, wrong endpoint, bad request

No message and no log line holds the API key or the job's input.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

import httpx
import msgspec
import stamina

from ergomesh.mesh.backends.runpod.options import RunPodOptions
from ergomesh.mesh.backends.runpod.wire import (
    Accepted,
    Health,
    JobStatus,
    RunRequest,
)

TRIES: Final = 5
TRYING_S: Final = 45.0
"""Longest time spent on repeating one request."""
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 10.0
TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)

T = TypeVar("T")


class RunPodFault(Exception):
    """Base of what RunPod's API may do to us; the message is one sentence."""


class Unreachable(RunPodFault):
    """RunPod gave no answer that settles anything.

    Args:
        message: One sentence.
        maybe_done: Whether the request may have taken effect all the same.
        wait_s: How long RunPod asked us to wait.
    """

    def __init__(
        self, message: str, *, maybe_done: bool, wait_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        self.wait_s = wait_s


class Refused(RunPodFault):
    """RunPod understood the request, and refused it."""


class RunPodClient:
    """One endpoint of RunPod."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def run(self, request: RunRequest) -> str:
        """Send a job; return RunPod's id of it.

        Raises:
            Unreachable: After several tries; ``maybe_done`` if any of them may have
                been taken.
            Refused: When key, endpoint or request are wrong.
        """
        body, maybe_done = msgspec.json.encode(request), False
        async for attempt in _retries():
            with attempt:
                try:
                    answer = await self._ask("POST", "run", body)
                    return _decoded(answer, Accepted, "/run").id
                except Unreachable as fault:
                    maybe_done = fault.maybe_done = maybe_done or fault.maybe_done
                    raise
        raise AssertionError  # the last attempt returns or raises

    async def status(self, job: str) -> JobStatus | None:
        """Return where a job stands, or None if RunPod no longer knows it.

        One question, not repeated: whoever polls asks again anyway.
        """
        answer = await self._ask("GET", f"status/{job}", missing=True)
        return None if answer is None else _decoded(answer, JobStatus, "/status")

    async def cancel(self, job: str) -> None:
        """Stop a job; one that is gone or has ended is fine."""
        async for attempt in _retries():
            with attempt:
                await self._ask("POST", f"cancel/{job}", missing=True)

    async def health(self) -> Health:
        """Return the endpoint's workers and jobs."""
        return _decoded(await self._ask("GET", "health"), Health, "/health")

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        missing: bool = False,
    ) -> httpx.Response | None:
        """Return an answer that settles the question; None: 404 where it may be."""
        try:
            answer = await self._http.request(method, path, content=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _silent(error, maybe_done=False) from error
        except httpx.TransportError as error:
            raise _silent(error, maybe_done=True) from error
        if answer.status_code == HTTPStatus.NOT_FOUND and missing:
            return None
        if not answer.is_success:
            raise _fault_of(answer, method, path)
        return answer


@asynccontextmanager
async def open_client(
    options: RunPodOptions, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncGenerator[RunPodClient]:
    """Open a connection to an endpoint.

    Args:
        options: Which one, and the key.
        transport: In the place of the network.
    """
    async with httpx.AsyncClient(
        base_url=f"{options.url.rstrip('/')}/{options.endpoint_id}/",
        headers={
            "Authorization": f"Bearer {options.api_key.get_secret_value()}",
            "Content-Type": "application/json",
        },
        timeout=TIMEOUT,
        transport=transport,
    ) as http:
        yield RunPodClient(http)


def _when_again(error: Exception) -> bool | float:
    """Tell whether to repeat, or after how many seconds."""
    if not isinstance(error, Unreachable):
        return False
    return True if error.wait_s is None else min(error.wait_s, LONGEST_WAIT_S)


_retries: Final = partial(
    stamina.retry_context,
    on=_when_again,
    attempts=TRIES,
    timeout=TRYING_S,
    wait_initial=FIRST_WAIT_S,
    wait_max=LONGEST_WAIT_S,
)


def _silent(error: httpx.TransportError, *, maybe_done: bool) -> Unreachable:
    msg = (
        f"RunPod did not answer ({type(error).__name__}); check the network and "
        "ERGOMESH_RUNPOD_URL."
    )
    return Unreachable(msg, maybe_done=maybe_done)


def _fault_of(answer: httpx.Response, method: str, path: str) -> RunPodFault:
    code, what = answer.status_code, f"{method} /{path.split('/', maxsplit=1)[0]}"
    if code == HTTPStatus.TOO_MANY_REQUESTS or answer.is_server_error:
        return Unreachable(
            f"RunPod answered {code} to {what}; it is overloaded or in trouble.",
            maybe_done=answer.is_server_error,
            wait_s=_retry_after_s(answer),
        )
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        msg = f"RunPod refused the API key ({code}); set ERGOMESH_RUNPOD_API_KEY anew."
    elif code == HTTPStatus.NOT_FOUND:
        msg = "RunPod knows no such endpoint (404); check ERGOMESH_RUNPOD_ENDPOINT_ID."
    else:
        msg = f"RunPod refused {what} ({code}); the endpoint may be of another kind."
    return Refused(msg)


def _retry_after_s(answer: httpx.Response) -> float | None:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else None


def _decoded(answer: httpx.Response | None, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(b"" if answer is None else answer.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        msg = f"RunPod's answer to {what} is not as documented: {error}."
        raise Unreachable(msg, maybe_done=True) from error
