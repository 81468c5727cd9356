import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.gateway.forms import FormReader
from ergomesh.gateway.problems import Code, Problem, ProblemError
from ergomesh.gateway.views import DEFAULT_NAME, MAX_NAME, display_name
from gateway.gateway_rig import Rig

BOUNDARY = "x-boundary"


def encoded(files: dict[str, tuple[str, bytes]], **fields: str) -> bytes:
    """Return a form as a browser writes it."""
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    asked = httpx.Request("POST", "http://x", data=fields, files=files, headers=kind)
    return asked.read()


async def pieces(raw: bytes, size: int) -> AsyncIterator[bytes]:
    """Cut a body as a network may cut it."""
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


async def read(reader: FormReader, raw: bytes, size: int = 1000) -> bytes:
    """Return the form's file."""
    return b"".join([chunk async for chunk in reader.file_chunks(pieces(raw, size))])


@given(
    clip=st.binary(max_size=300) | st.just(f"\r\n--{BOUNDARY}".encode()[:-1] * 3),
    name=st.text(st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=20),
    value=st.text(max_size=40),
    size=st.integers(1, 64),
)
@settings(deadline=None)
async def test_cutting_the_form_changes_nothing(
    clip: bytes, name: str, value: str, size: int
) -> None:
    """However the network cuts a form, its file, name and fields come out whole."""
    reader = FormReader(BOUNDARY)

    found = await read(reader, encoded({"file": (name, clip)}, preset=value), size)

    assert (clip, name) == (found, reader.file_name)
    assert [("preset", value)] == reader.fields


@given(cut=st.integers(3, 60))  # the form's last two bytes are a line end
async def test_form_that_breaks_off_is_refused(cut: int) -> None:
    """A form without its end is an error, wherever it ends."""
    raw = encoded({"file": ("a.mp4", bytes(100))})

    with pytest.raises(ProblemError) as caught:
        await read(FormReader(BOUNDARY), raw[:-cut])

    assert Code.MALFORMED_FORM is caught.value.code


@pytest.mark.parametrize("boundary", ["", "a\nb"])
async def test_strange_boundary_is_refused(boundary: str) -> None:
    """A boundary that cannot be one is an error of the form."""
    with pytest.raises(ProblemError) as caught:
        await read(FormReader(boundary), b"x")

    assert Code.MALFORMED_FORM is caught.value.code


@given(st.text())
def test_displayed_name_is_safe(name: str) -> None:
    """A name that is shown has no folder, no control character, and a limit."""
    shown = display_name(name)

    assert 1 <= len(shown) <= MAX_NAME
    assert shown.isprintable()
    assert not {"/", "\\"} & set(shown)
    assert shown == display_name(shown)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("zvedání břemene.mp4", "zvedání břemene.mp4"),
        ("持ち上げ.mov", "持ち上げ.mov"),
        ("C:\\fakepath\\lift.mp4", "lift.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00.mp4", "ab.mp4"),
        ("  ", DEFAULT_NAME),
        ("folder/", DEFAULT_NAME),
    ],
)
def test_displayed_name_keeps_its_script(name: str, shown: str) -> None:
    """Letters of any script stay; folders and control characters go."""
    assert shown == display_name(name)


async def test_upload_that_breaks_leaves_nothing(live: Rig) -> None:
    """A client that goes away in the middle of its upload leaves no job."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"some bytes"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await live.http.post(
            "/v1/jobs",
            content=broken(),
            headers={"content-type": "video/mp4", "content-length": "1000"},
        )

    assert (await live.http.get("/v1/jobs")).json()["jobs"] == []
    assert live.store.objects == {}


async def test_refusal_reaches_a_client_that_still_sends(live: Rig) -> None:
    """An upload of untold length is refused in words once it is too long."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(10_000)

    answer = await live.http.post(
        "/v1/jobs", content=endless(), headers={"content-type": "video/mp4"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


async def test_form_without_end_is_refused(live: Rig) -> None:
    """What comes after a form's end counts as well, and is not read for ever."""

    async def form() -> AsyncIterator[bytes]:
        yield encoded({"file": ("a.mp4", b"clip")})
        for _ in range(200):
            yield bytes(10_000)

    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await live.http.post("/v1/jobs", content=form(), headers=kind)

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


async def test_announced_length_is_refused_at_once(live: Rig) -> None:
    """A clip that says it is too large is refused before its bytes come."""
    told = str(live.gateway.max_upload_bytes + 1)
    host, port = live.http.base_url.host, live.http.base_url.port
    reader, writer = await asyncio.open_connection(host, port)

    head = (
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\n"
        f"Expect: 100-continue\r\nContent-Length: {told}\r\n\r\n"
    )
    writer.write(head.encode())
    first = await reader.readline()
    writer.close()

    assert first[:12] == b"HTTP/1.1 413"


async def test_strange_http_is_a_problem(live: Rig) -> None:
    """What is no HTTP at all is refused in the same form as everything else."""
    host, port = live.http.base_url.host, live.http.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write("GET /v1/jobs?name=zdvih-břemene HTTP/1.1\r\n\r\n".encode())

    raw = await reader.read()

    writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert msgspec.json.decode(body, type=Problem).code is Code.INVALID_REQUEST
