"""Is it up? One round trip for each part of the stack.

A probe returns None when the part works, else what is still missing, in words.
"""

import asyncio
import secrets
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from ergomesh.local.broker import Pings
from ergomesh.local.processes import Child, Probe
from ergomesh.runtime.errors import RuntimeFault
from ergomesh.runtime.s3 import S3Store

TIMEOUT_S: Final = 5.0
SHOWN_BYTES: Final = 200
PROBE_PREFIX: Final = "probe/"
"""Where probes leave their objects, for a moment."""


async def http_ok(url: str) -> str | None:
    """Whether a loopback address answers 200."""
    try:
        status, body = await asyncio.to_thread(_get, url)
    except (OSError, HTTPException) as error:
        return f"{url} does not answer: {type(error).__name__}"
    if status != HTTPStatus.OK:
        return f"{url} answers {status}: {body}"
    return None


def _get(url: str) -> tuple[int, str]:
    """Return status and the start of the body.

    By the standard library: probes come often, and httpx loads certificates for
    each client even where there is no TLS.
    """
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read(SHOWN_BYTES).decode(errors="replace").strip()
    finally:
        connection.close()


def http_probe(url: str) -> Probe:
    """Return a probe of an HTTP address."""
    return lambda: http_ok(url)


async def store_ok(store: S3Store) -> str | None:
    """Make the bucket if need be; put, read, put again, delete."""
    key = PROBE_PREFIX + secrets.token_hex(8)
    try:
        await store.ensure_bucket()
        put = await store.put(key, b"first", media_type="text/plain")
        again = await store.put(key, b"second", media_type="text/plain")
        body = await store.read(key)
        await store.delete(key)
    except RuntimeFault as error:
        return str(error)
    if body != b"first" or again != put:
        return "a conditional write replaced an object that was already there"
    return None


def store_probe(store: S3Store) -> Probe:
    """Return a probe of the object store."""
    return lambda: store_ok(store)


def worker_probe(pings: Pings, service: str, child: Child) -> Probe:
    """Return a probe of one worker: this very process must answer."""

    async def probe() -> str | None:
        pid = child.pid
        expected = frozenset() if pid is None else frozenset([pid])
        answers = await pings.answers(service, pids=expected)
        return None if pid in answers else "it does not answer its ping"

    return probe
