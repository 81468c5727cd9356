"""What only the S3 store does: presigned URLs, its settings, and outages."""

import asyncio
import http.server
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from typing_extensions import override

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.errors import SetupError, Transient
from ergomesh.runtime.s3 import S3Store, client_config
from ergomesh.runtime.service import wait_for_store
from servers import HOST, Seaweed, free_ports

servers = pytest.mark.servers
FORBIDDEN = httpx.codes.FORBIDDEN


@pytest.fixture
def key() -> str:
    """A key that no other test uses, with letters that need quoting."""
    return f"src/acme/{uuid4().hex}/a b+č"


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    """A client that knows no credentials."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@servers
async def test_a_presigned_url_reads(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """Anyone with the URL gets the bytes, whole or a range of them."""
    await s3_store.put(key, b"0123456789", media_type="text/plain")
    url = s3_store.presign_get(key, expires_s=60)
    whole = await browser.get(url)
    assert (whole.status_code, whole.content) == (httpx.codes.OK, b"0123456789")
    assert whole.headers["content-type"] == "text/plain"
    part = await browser.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (httpx.codes.PARTIAL_CONTENT, b"234")


@servers
async def test_a_presigned_url_offers_a_file_name(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """A download is saved under the given name, whatever its letters."""
    await s3_store.put(key, b"x", media_type="text/plain")
    url = s3_store.presign_get(key, expires_s=60, name='zpráva "1".pdf')
    answer = await browser.get(url)
    disposition = answer.headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''zpr%C3%A1va%20%221%22.pdf"


@servers
async def test_a_presigned_url_writes(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """Anyone with the URL uploads without credentials."""
    url = s3_store.presign_put(key, expires_s=60)
    answer = await browser.put(url, content=b"clip")
    assert answer.status_code == httpx.codes.OK
    assert await s3_store.read(key) == b"clip"


@servers
async def test_without_a_signature_nothing_opens(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """A URL without its query, or with another key, is forbidden."""
    await s3_store.put(key, b"secret", media_type="text/plain")
    url = httpx.URL(s3_store.presign_get(key, expires_s=60))
    bare = url.copy_with(query=None)
    other = url.copy_with(path=url.path.replace("acme", "evil"))
    for wrong in (bare, other):
        assert (await browser.get(wrong)).status_code == FORBIDDEN
        assert (await browser.put(wrong, content=b"x")).status_code == FORBIDDEN
    assert await s3_store.read(key) == b"secret"


@servers
async def test_a_tampered_signature_is_refused(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """A URL whose expiry or signature was changed is forbidden, for both verbs."""
    await s3_store.put(key, b"secret", media_type="text/plain")
    for url, verb in (
        (s3_store.presign_get(key, expires_s=60), "GET"),
        (s3_store.presign_put(key, expires_s=60), "PUT"),
    ):
        last = "0" if url[-1] != "0" else "1"
        for wrong in (url.replace("Expires=60", "Expires=99"), url[:-1] + last):
            assert wrong != url
            answer = await browser.request(verb, wrong)
            assert answer.status_code == FORBIDDEN


@servers
async def test_a_url_is_good_for_its_own_verb_only(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """A URL to read does not write, and a URL to write does not read."""
    await s3_store.put(key, b"secret", media_type="text/plain")
    reading = s3_store.presign_get(key, expires_s=60)
    writing = s3_store.presign_put(key, expires_s=60)
    assert (await browser.put(reading, content=b"x")).status_code == FORBIDDEN
    assert (await browser.get(writing)).status_code == FORBIDDEN


@servers
async def test_an_expired_url_is_refused(
    s3_store: S3Store, key: str, browser: httpx.AsyncClient
) -> None:
    """After its seconds a URL opens nothing."""
    await s3_store.put(key, b"secret", media_type="text/plain")
    reading = s3_store.presign_get(key, expires_s=1)
    writing = s3_store.presign_put(key, expires_s=1)
    await asyncio.sleep(2.1)  # signatures count whole seconds
    assert (await browser.get(reading)).status_code == FORBIDDEN
    assert (await browser.put(writing, content=b"x")).status_code == FORBIDDEN
    assert await s3_store.read(key) == b"secret"


@servers
async def test_wrong_credentials_are_transient(seaweed: Seaweed, key: str) -> None:
    """A refused key is an outage to a job: nothing is wrong with its input."""
    with stranger(seaweed.endpoint, seaweed.bucket) as store:
        for call in (store.put(key, b"x", media_type="a/b"), store.size(key)):
            with pytest.raises(Transient) as caught:
                await call
            assert caught.value.code is FailureCode.STORE_UNREACHABLE


@servers
async def test_the_bucket_is_made_once(seaweed: Seaweed, key: str) -> None:
    """Ensuring a bucket makes it, and ensuring it again changes nothing."""
    with friend(seaweed, f"made-{uuid4().hex[:12]}") as store:
        with pytest.raises(Transient):
            await store.check()
        await wait_for_store(store, timeout_s=5.0)
        ref = await store.put(key, b"x", media_type="a/b")
        await asyncio.gather(store.ensure_bucket(), store.ensure_bucket())
        await store.check()
        assert await store.get(ref) == b"x"


@servers
async def test_a_new_store_may_be_used_from_many_threads(seaweed: Seaweed) -> None:
    """The first calls of a process may come all at once."""
    with friend(seaweed) as store:
        found = await asyncio.gather(*(store.size(uuid4().hex) for _ in range(16)))
        assert found == [None] * 16


@servers
async def test_a_closed_store_opens_again(seaweed: Seaweed, key: str) -> None:
    """Closing ends the connections, not the store; closing twice is harmless."""
    with friend(seaweed) as store:
        ref = await store.put(key, b"x", media_type="a/b")
        store.close()
        store.close()
        assert await store.get(ref) == b"x"


@contextmanager
def stranger(endpoint: str, bucket: str = "none") -> Iterator[S3Store]:
    """Open a store with credentials that nobody knows."""
    keys = {"access_key": "nobody", "secret_key": "nothing"}
    with closing(S3Store(endpoint=endpoint, bucket=bucket, **keys)) as store:
        yield store


@contextmanager
def friend(seaweed: Seaweed, bucket: str | None = None) -> Iterator[S3Store]:
    """Open another connection to the shared server, another bucket perhaps."""
    store = S3Store(
        endpoint=seaweed.endpoint,
        bucket=bucket or seaweed.bucket,
        access_key=seaweed.access_key,
        secret_key=seaweed.secret_key,
    )
    with closing(store):
        yield store


async def test_an_unreachable_store_is_transient_within_seconds(key: str) -> None:
    """Whatever is asked of a store that is away, the answer is store_unreachable."""
    store = S3Store(
        endpoint=f"http://{HOST}:{free_ports(1)[0]}",
        bucket="none",
        access_key="nobody",
        secret_key="",
    )
    ref = ObjectRef(key=key, sha256="0" * 64, size=1, media_type="a/b")
    calls = [
        store.put(key, b"x", media_type="a/b"),
        store.get(ref),
        store.read(key),
        store.find(key),
        store.size(key),
        store.delete(key),
        store.check(),
        store.ensure_bucket(),
        anext(store.stream(key)),
    ]
    began_s = time.monotonic()
    faults = await asyncio.gather(*calls, return_exceptions=True)
    assert time.monotonic() - began_s < 6.0
    for fault in faults:
        assert isinstance(fault, Transient)
        assert fault.code is FailureCode.STORE_UNREACHABLE
        assert fault.message.endswith(".")


async def test_waiting_for_a_store_ends() -> None:
    """A process whose store never comes up does not start, and says why."""
    with (
        stranger(f"http://{HOST}:{free_ports(1)[0]}") as store,
        pytest.raises(SetupError, match="object store"),
    ):
        await wait_for_store(store, timeout_s=0.1)


class _Liar(http.server.BaseHTTPRequestHandler):
    """A server that promises 100 bytes, sends 10, and hangs up."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x" * 10)

    @override
    def log_message(self, format: str, *args: object) -> None:  # theirs
        """Stay silent."""


@contextmanager
def _liar() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer((HOST, 0), _Liar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_half_an_answer_is_transient(key: str, tmp_path: Path) -> None:
    """A connection that breaks in the middle never passes as a shorter object."""

    async def streamed() -> list[bytes]:
        return [chunk async for chunk in store.stream(key)]

    with _liar() as endpoint, stranger(endpoint) as store:
        for call in (
            store.read(key),
            store.fetch(key, tmp_path / "x", max_bytes=1000),
            streamed(),
        ):
            with pytest.raises(Transient):
                await call


def test_the_client_does_what_r2_understands() -> None:
    """No default checksums, path style, signature 4: what R2 and SeaweedFS share."""
    config = client_config()
    assert config.request_checksum_calculation == "when_required"
    assert config.response_checksum_validation == "when_required"
    assert config.signature_version == "s3v4"
    assert config.s3["addressing_style"] == "path"


def test_the_client_is_made_with_these_settings() -> None:
    """The real client signs for path style in one region and sends no checksum."""
    with stranger("http://127.0.0.1:9", "box") as store:
        config = store._client.meta.config
        url = store.presign_get("k", expires_s=1)
    assert config.request_checksum_calculation == "when_required"
    assert config.response_checksum_validation == "when_required"
    assert config.s3["addressing_style"] == "path"
    assert url.startswith("http://127.0.0.1:9/box/k?")
    assert "checksum" not in url.lower()
