"""Presigned URLs, read and written by a worker without credentials.

::

    TransferError(Exception)    a file did not come, or did not go

No message holds a URL: its query is a key to the object, and RunPod keeps logs.
"""

import hashlib
from typing import Final

import httpx
import stamina

TRIES: Final = 4
PATIENCE_S: Final = 60.0
"""Longest time spent on one file's repetitions."""
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
MISSING: Final = frozenset({httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND})
"""A store hides from strangers what is not there."""


class TransferError(Exception):
    """A file did not come or go.

    Args:
        message: One sentence.
        passing: Whether trying again may help.
    """

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


def download(url: str, *, sha256: str, size: int) -> bytes:
    """Return an object's bytes, checked.

    Raises:
        TransferError: When it does not come, or is another one.
    """
    body = _ask("GET", url, what="the landmarks").content
    if len(body) != size or hashlib.sha256(body).hexdigest() != sha256:
        msg = "The landmarks in the store are not the ones that were ordered."
        raise TransferError(msg, passing=False)
    return body


def read_if_there(url: str) -> bytes | None:
    """Return an object's bytes, or None.

    Raises:
        TransferError: When the store does not answer.
    """
    answer = _ask("GET", url, what="an earlier outcome", missing=MISSING)
    return None if answer.status_code in MISSING else answer.content


def upload(url: str, body: bytes, *, media_type: str) -> None:
    """Write an object.

    Raises:
        TransferError: When the store does not take it.
    """
    _ask("PUT", url, what="a result", body=body, media_type=media_type)


def _ask(
    method: str,
    url: str,
    *,
    what: str,
    body: bytes | None = None,
    media_type: str | None = None,
    missing: frozenset[httpx.codes] = frozenset(),
) -> httpx.Response:
    headers = {} if media_type is None else {"Content-Type": media_type}
    retries = stamina.retry_context(
        on=_may_pass, attempts=TRIES, timeout=PATIENCE_S, wait_max=5.0
    )
    with httpx.Client(timeout=TIMEOUT) as client:
        for attempt in retries:
            with attempt:
                return _once(client, method, url, what, missing, body, headers)
    raise AssertionError  # the last attempt returns or raises


def _once(
    client: httpx.Client,
    method: str,
    url: str,
    what: str,
    missing: frozenset[httpx.codes],
    body: bytes | None,
    headers: dict[str, str],
) -> httpx.Response:
    try:
        answer = client.request(method, url, content=body, headers=headers)
    except httpx.TransportError as error:
        msg = f"The store cannot be reached for {what} ({type(error).__name__})."
        raise TransferError(msg, passing=True) from error
    if answer.is_success or answer.status_code in missing:
        return answer
    msg = f"The store answered {answer.status_code} when asked for {what}."
    raise TransferError(msg, passing=answer.is_server_error)


def _may_pass(error: Exception) -> bool:
    return isinstance(error, TransferError) and error.passing
