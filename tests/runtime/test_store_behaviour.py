"""The store's behaviour: the fake in memory and a real SeaweedFS alike."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.store import ObjectStore

CSV = "text/csv; charset=utf-8"
BODY = bytes(range(256)) * 5000  # more than one chunk of a stream
ODD_NAMES = [
    "a b",
    "plus+and&and=",
    "percent%20sign%",
    "hash#question?",
    "žluťoučký kůň",
    "人.csv",
    "quote'\"",
    "semi;colon:comma,",
    "tilde~(parens)[brackets]{braces}",
    "dots..dots...",
    "@at!",
    "x" * 200,
]


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return f"art/acme/pose/{uuid4().hex}/angles.csv"


async def in_pieces(body: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    """Yield a body as an upload arrives."""
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    """Return what a stream yields, as one."""
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("body", [b"", b"x", BODY], ids=["empty", "byte", "long"])
async def test_what_is_put_can_be_got(
    store: ObjectStore, key: str, body: bytes
) -> None:
    """Every way of reading gives back the bytes, their digest, size and type."""
    ref = await store.put(key, body, media_type=CSV)
    assert ref == ObjectRef(
        key=key,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        media_type=CSV,
    )
    assert await store.get(ref) == body
    assert await store.read(key) == body
    assert await joined(store.stream(key)) == body
    assert await store.find(key) == ref
    assert await store.size(key) == len(body)


@pytest.mark.parametrize("body", [b"", BODY], ids=["empty", "long"])
async def test_a_file_is_put_and_fetched(
    store: ObjectStore, key: str, tmp_path: Path, body: bytes
) -> None:
    """Copying to the store and back leaves the bytes and tells their digest."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.write_bytes(body)
    ref = await store.put(key, here, media_type=CSV)
    found = await store.fetch(key, there, max_bytes=len(body))
    assert there.read_bytes() == body
    assert found is not None
    assert (found.key, found.sha256, found.size) == (key, ref.sha256, len(body))


async def test_an_upload_of_unknown_length_is_put(store: ObjectStore, key: str) -> None:
    """A stream of chunks becomes one object."""
    ref = await store.put_stream(
        key, in_pieces(BODY), media_type=CSV, max_bytes=len(BODY)
    )
    assert ref.sha256 == hashlib.sha256(BODY).hexdigest()
    assert await store.get(ref) == BODY


async def test_the_first_object_stays(store: ObjectStore, key: str) -> None:
    """A second put under a key writes nothing and returns the first one's ref."""
    first = await store.put(key, b"first", media_type=CSV)
    second = await store.put(key, b"second and longer", media_type="text/plain")
    assert second == first
    assert await store.get(first) == b"first"


async def test_of_many_writers_one_wins(store: ObjectStore, key: str) -> None:
    """Sixteen puts at once leave one content, and all writers are told which."""
    bodies = [f"writer {number}".encode() * number for number in range(1, 17)]
    refs = await asyncio.gather(
        *(store.put(key, body, media_type=CSV) for body in bodies)
    )
    ((ref, told),) = Counter(refs).items()
    assert told == 16
    body = await store.get(ref)
    assert body in bodies
    assert ref.size == len(body)


async def test_an_upload_that_came_first_stays(store: ObjectStore, key: str) -> None:
    """A put on what a browser uploaded tells what lies there, and writes nothing."""
    await upload(store, key, b"from a browser")
    ref = await store.put(key, b"from us", media_type=CSV)
    assert (ref.key, ref.size) == (key, len(b"from a browser"))
    assert ref.sha256 == hashlib.sha256(b"from a browser").hexdigest()
    assert await store.get(ref) == b"from a browser"


async def upload(store: ObjectStore, key: str, body: bytes) -> None:
    """Write as a browser does: without our digest."""
    plain_upload = getattr(store, "upload", None)
    if plain_upload is not None:
        plain_upload(key, body)
        return
    async with httpx.AsyncClient() as client:
        answer = await client.put(store.presign_put(key, expires_s=60), content=body)
    assert answer.status_code == httpx.codes.OK


async def test_an_upload_is_there_without_a_digest(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    """A browser's object has a size and bytes, but nobody vouches for its digest."""
    await upload(store, key, b"clip")
    assert await store.find(key) is None
    assert await store.size(key) == 4
    found = await store.fetch(key, tmp_path / "clip", max_bytes=4)
    assert found is not None
    assert found.sha256 == hashlib.sha256(b"clip").hexdigest()


async def test_a_missing_object_is_missing(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    """Every question about a key that is free is answered with None."""
    assert await store.read(key) is None
    assert await store.find(key) is None
    assert await store.size(key) is None
    assert await store.fetch(key, tmp_path / "x", max_bytes=10) is None
    assert not (tmp_path / "x").exists()
    await store.delete(key)


async def test_getting_a_missing_object_is_unusable(
    store: ObjectStore, key: str
) -> None:
    """Bytes that were promised and are gone are the input's fault, with a sentence."""
    ref = ObjectRef(key=key, sha256="0" * 64, size=1, media_type=CSV)
    with pytest.raises(Unusable) as caught:
        await store.get(ref)
    assert caught.value.code is FailureCode.SOURCE_MISSING
    with pytest.raises(Unusable) as caught:
        await joined(store.stream(key))
    assert caught.value.code is FailureCode.SOURCE_MISSING
    assert key in caught.value.message


async def test_a_changed_object_is_noticed(store: ObjectStore, key: str) -> None:
    """Other bytes under a known key are never returned as the old ones."""
    ref = await store.put(key, b"first", media_type=CSV)
    await store.delete(key)
    await store.put(key, b"other", media_type=CSV)
    with pytest.raises(Unusable) as caught:
        await store.get(ref)
    assert caught.value.code is FailureCode.INTERNAL
    assert key in caught.value.message


async def test_a_deleted_object_is_gone(store: ObjectStore, key: str) -> None:
    """After a delete the key is free again; deleting twice is fine."""
    await store.put(key, b"first", media_type=CSV)
    await store.delete(key)
    await store.delete(key)
    assert await store.find(key) is None
    ref = await store.put(key, b"second", media_type=CSV)
    assert await store.get(ref) == b"second"


RANGES = [(0, None), (0, 0), (1, 3), (255, 256), (999, None), (0, 999), (500, 5000)]


@pytest.mark.parametrize(("first", "last"), RANGES)
async def test_a_range_is_inclusive(
    store: ObjectStore, key: str, first: int, last: int | None
) -> None:
    """A stream from ``first`` to ``last`` holds both ends, and stops at the end."""
    body = bytes(k % 251 for k in range(1000))
    await store.put(key, body, media_type=CSV)
    end = len(body) if last is None else last + 1
    assert await joined(store.stream(key, first=first, last=last)) == body[first:end]


async def test_a_range_beyond_the_end_is_empty(store: ObjectStore, key: str) -> None:
    """Reading from behind the last byte gives nothing, and is no outage."""
    await store.put(key, b"abc", media_type=CSV)
    assert await joined(store.stream(key, first=3)) == b""
    assert await joined(store.stream(key, first=9, last=12)) == b""


async def test_a_stream_can_be_left_early(store: ObjectStore, key: str) -> None:
    """A reader that goes away after the first chunk leaves no open answer."""
    await store.put(key, BODY * 3, media_type=CSV)
    for _ in range(20):
        chunks = store.stream(key)
        assert await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]  # a generator
    assert await store.size(key) == 3 * len(BODY)


async def test_a_long_object_comes_in_chunks(store: ObjectStore, key: str) -> None:
    """No chunk of a stream is empty, and none is larger than a few megabytes."""
    await store.put(key, BODY * 3, media_type=CSV)
    sizes = [len(chunk) async for chunk in store.stream(key)]
    assert sum(sizes) == 3 * len(BODY)
    assert min(sizes) > 0
    assert max(sizes) <= 4 << 20


async def test_an_upload_over_the_limit_is_refused(
    store: ObjectStore, key: str
) -> None:
    """One byte too many is file_too_large, nothing is stored, the rest is not read."""
    read = count()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            next(read)
            yield b"x" * 1000

    with pytest.raises(Unusable) as caught:
        await store.put_stream(key, endless(), media_type=CSV, max_bytes=10_000)
    assert caught.value.code is FailureCode.TOO_LARGE
    assert await store.size(key) is None
    assert next(read) == 11


async def test_the_limit_itself_is_allowed(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    """Exactly as many bytes as the limit pass, up and down."""
    body = b"x" * 10_000
    await store.put_stream(key, in_pieces(body), media_type=CSV, max_bytes=10_000)
    found = await store.fetch(key, tmp_path / "x", max_bytes=10_000)
    assert found is not None
    assert found.size == 10_000


async def test_a_fetch_over_the_limit_is_refused(
    store: ObjectStore, key: str, tmp_path: Path
) -> None:
    """An object above the limit is not copied, however often it is tried."""
    await store.put(key, BODY * 3, media_type=CSV)
    for _ in range(20):
        with pytest.raises(Unusable) as caught:
            await store.fetch(key, tmp_path / "x", max_bytes=len(BODY))
        assert caught.value.code is FailureCode.TOO_LARGE
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_key_may_hold_any_character(
    store: ObjectStore, key: str, name: str
) -> None:
    """Blanks, signs and letters of any script in a key are kept apart and found."""
    odd = f"{key}/{name}"
    await store.put(odd, name.encode(), media_type=CSV)
    await store.put(f"{odd}x", b"neighbour", media_type=CSV)
    ref = await store.find(odd)
    assert ref is not None
    assert ref.key == odd
    assert await store.get(ref) == name.encode()


async def test_a_round_trip_tells_that_the_store_is_there(store: ObjectStore) -> None:
    """``check`` says nothing when all is well."""
    await store.check()
