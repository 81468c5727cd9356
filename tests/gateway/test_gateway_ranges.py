from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ergomesh.contract.keys import MEDIA_TYPES
from ergomesh.gateway.ranges import Span, UnsatisfiableError, parse_range
from gateway.gateway_rig import Rig, open_rig

BODY = bytes(range(256))
SIZE = len(BODY)
NUMBER = st.integers(0, 2 * SIZE)


def twin(header: str, size: int) -> list[int] | None:
    """List the bytes of a well-formed range, one by one; None is "whole"."""
    first, last = header.removeprefix("bytes=").split("-")
    if not first:
        return list(range(size))[-int(last) :] if int(last) else []
    if last and int(last) < int(first):
        return None
    return [i for i in range(size) if int(first) <= i and (not last or i <= int(last))]


@given(NUMBER | st.none(), NUMBER | st.none(), st.integers(0, SIZE))
def test_range_selects_what_counting_selects(
    first: int | None, last: int | None, size: int
) -> None:
    """A range is the set of bytes that counting finds; none at all is an error."""
    if first is None and last is None:
        return
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    wanted = twin(header, size)
    try:
        span = parse_range(header, size)
    except UnsatisfiableError:
        assert wanted == []
        return

    assert wanted == (None if span is None else list(range(span.first, span.last + 1)))


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,4-5", "bytes=5-3"],
)
def test_strange_range_is_ignored(header: str) -> None:
    """A range that is malformed, several, or in another unit means the whole."""
    assert parse_range(header, 10) is None


@given(st.text())
@example("bytes=" + "9" * 5000 + "-")
@example("bytes=-" + "9" * 5000)
@example("bytes=\N{ARABIC-INDIC DIGIT ZERO}-\N{ARABIC-INDIC DIGIT FIVE}")
def test_any_header_is_answered(header: str) -> None:
    """Whatever a client sends, the answer is a part, the whole, or a refusal."""
    try:
        span = parse_range(header, 10)
    except UnsatisfiableError:
        return

    assert span is None or 0 <= span.first <= span.last < 10


def test_leading_zeros_count_nothing() -> None:
    """Zeros in front of a number do not change it."""
    assert Span(2, 3) == parse_range("bytes=" + "0" * 40 + "2-0003", 10)


async def served(rig: Rig, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Ask for the rig's one file."""
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await rig.http.get("/v1/jobs/job-0001/artifacts/x.bin", headers=asked)
    return answer.status_code, answer.content, dict(answer.headers)


@given(NUMBER | st.none(), NUMBER | st.none())
@settings(max_examples=40, deadline=None)
async def test_part_over_http_is_the_slice(first: int | None, last: int | None) -> None:
    """206 carries the slice, its length and its place; 416 carries the size."""
    if first is None and last is None:
        return
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    async with open_rig() as rig:
        await rig.attach(await rig.upload(), "x.bin", BODY)
        status, body, headers = await served(rig, range=header)

    wanted = twin(header, SIZE)
    if wanted is None:
        assert (status, body) == (200, BODY)
    elif not wanted:
        assert (416, f"bytes */{SIZE}") == (status, headers["content-range"])
    else:
        assert (206, bytes(wanted)) == (status, body)
        assert str(len(wanted)) == headers["content-length"]
        place = f"bytes {wanted[0]}-{wanted[-1]}/{SIZE}"
        assert place == headers["content-range"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("part", [{}, {"range": "bytes=0-1"}], ids=["whole", "part"])
async def test_media_type_is_the_files_own(
    rig: Rig, method: str, part: dict[str, str]
) -> None:
    """A type that names its charset is sent as it is, without another one."""
    job = await rig.upload()
    ref = await rig.store.put("art/a.csv", b"a,b\n", media_type=MEDIA_TYPES["csv"])
    await rig.jobs.change(
        "local",
        job,
        lambda status: msgspec.structs.replace(status, artifacts={"a.csv": ref}),
    )

    answer = await rig.http.request(
        method, f"/v1/jobs/{job}/artifacts/a.csv", headers=part
    )

    assert answer.headers.get_list("content-type") == [ref.media_type]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("bytes=999999-", f"The file has {SIZE} bytes; you asked for byte 999999."),
        ("bytes=-0", f"The file has {SIZE} bytes; you asked for the last 0 bytes."),
    ],
)
async def test_refused_range_is_one_sentence(rig: Rig, header: str, said: str) -> None:
    """A range outside the file is told with the size, once."""
    await rig.attach(await rig.upload(), "x.bin", BODY)

    _, body, _ = await served(rig, range=header)

    assert said == msgspec.json.decode(body)["detail"]


async def test_whole_file_has_its_headers(rig: Rig) -> None:
    """The whole comes with type, length, tag, name, and an offer of ranges."""
    ref = await rig.attach(await rig.upload(), "x.bin", BODY)

    status, body, headers = await served(rig)

    assert (status, body) == (200, BODY)
    assert ref.media_type == headers["content-type"]
    assert str(SIZE) == headers["content-length"]
    assert f'"{ref.sha256}"' == headers["etag"]
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-disposition"] == "inline; filename*=UTF-8''x.bin"


async def test_head_is_get_without_a_body(rig: Rig) -> None:
    """HEAD has the headers of GET, and no bytes."""
    await rig.attach(await rig.upload(), "x.bin", BODY)
    path = "/v1/jobs/job-0001/artifacts/x.bin"

    head, got = await rig.http.head(path), await rig.http.get(path)

    assert dict(got.headers) == dict(head.headers)
    assert (head.status_code, head.content) == (200, b"")


async def test_known_file_is_not_sent_again(rig: Rig) -> None:
    """A client that has these bytes hears 304; one that has others gets them."""
    ref = await rig.attach(await rig.upload(), "x.bin", BODY)
    tag = f'"{ref.sha256}"'

    for known in (tag, f'"other", W/{tag}', "*"):
        assert (await served(rig, if_none_match=known))[:2] == (304, b"")
    assert (await served(rig, if_none_match='"other"'))[0] == 200


async def test_part_of_another_file_is_not_sent(rig: Rig) -> None:
    """If-Range with another tag means: the whole, for what I have is outdated."""
    ref = await rig.attach(await rig.upload(), "x.bin", BODY)

    same = await served(rig, range="bytes=1-2", if_range=f'"{ref.sha256}"')
    other = await served(rig, range="bytes=1-2", if_range='"other"')

    assert (206, BODY[1:3]) == same[:2]
    assert other[:2] == (200, BODY)


async def test_any_name_survives_its_header(rig: Rig) -> None:
    """A file name comes back as it is, whatever script or quotes it has."""
    name = 'úhly "levé" 100%25?.csv#'
    job = await rig.upload()
    await rig.attach(job, name, b"x")
    view = (await rig.http.get(f"/v1/jobs/{job}")).json()

    answer = await rig.http.get(view["links"]["artifacts"][name])

    assert answer.status_code == 200
    _, _, quoted = answer.headers["content-disposition"].partition("''")
    assert name == unquote(quoted)


async def test_deleted_object_is_told_before_the_body(rig: Rig) -> None:
    """A file that is gone or out of reach is an error status, not a cut stream."""
    ref = await rig.attach(await rig.upload(), "x.bin", BODY)
    rig.store.reachable = False
    away = await served(rig)
    rig.store.reachable = True
    await rig.store.delete(ref.key)
    gone = await served(rig)

    assert (away[0], gone[0]) == (503, 410)


async def test_empty_file_is_served(rig: Rig) -> None:
    """No bytes are a file as well; no range of it can be had."""
    await rig.attach(await rig.upload(), "x.bin", b"")

    whole, part = await served(rig), await served(rig, range="bytes=0-0")

    assert (*whole[:2], whole[2]["content-length"]) == (200, b"", "0")
    assert part[0] == 416
