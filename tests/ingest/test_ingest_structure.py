import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import clips
from ergomesh.contract.errors import FailureCode
from ergomesh.ingest.structure import doc_type, structural_fault


def fault(raw: bytes) -> FailureCode | None:
    """Look at bytes as at a file."""
    return structural_fault(io.BytesIO(raw), len(raw))


def box(name: bytes, length: int) -> bytes:
    """Build a box of a given length, header included."""
    return length.to_bytes(4) + name + bytes(length - 8)


@pytest.fixture(
    scope="module", params=["a.mp4", "fast.mp4", "a.mov", "a.webm", "a.avi"]
)
def whole(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """Bytes of a good clip in each kind of container."""
    path = tmp_path_factory.mktemp("structure") / str(request.param)
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(path.suffix, "libx264")
    clips.write_clip(path, codec=codec, faststart=path.stem == "fast")
    return path.read_bytes()


def test_a_whole_file_has_no_fault_until_it_loses_bytes(whole: bytes) -> None:
    """However much is cut off a clip beyond its header, it is seen."""
    assert fault(whole) is None
    for kept in (len(whole) - 1, len(whole) * 3 // 4, len(whole) // 2, 600):
        assert fault(whole[:kept]) is FailureCode.TRUNCATED


def test_a_trailer_of_the_phone_is_no_fault(whole: bytes) -> None:
    """Bytes after the last box are let be."""
    assert fault(whole + b"\0\0\0\0SEFT and what else phones append") is None


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x1a\x45\xdf\xa3")
@example(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67")
@example(b"\x1a\x45\xdf\xa3\x00\x00")
@example(b"RIFF")
@example(b"\0\0\0\x01mdat")
@example(b"\0\0\0\x02moov")
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    """No bytes make the look at the boxes fail or run for ever."""
    assert fault(raw) in {None, FailureCode.TRUNCATED, FailureCode.NOT_A_VIDEO}


def test_a_photograph_in_boxes_is_not_a_video() -> None:
    """HEIC and AVIF have their index in another box than clips."""
    photo = box(b"ftyp", 24) + box(b"meta", 200) + box(b"mdat", 900)
    assert fault(photo) is FailureCode.NOT_A_VIDEO


def test_long_and_open_ended_boxes_are_followed() -> None:
    """Lengths of 64 bits count, and a box without length runs to the end."""
    start, index = box(b"ftyp", 24), box(b"moov", 100)
    wide = b"\0\0\0\x01mdat" + (2000).to_bytes(8) + bytes(2000 - 16)
    assert fault(start + wide + index) is None
    assert fault(start + index + wide) is None
    assert fault(start + index + wide[:-1]) is FailureCode.TRUNCATED
    assert fault(start + wide) is FailureCode.TRUNCATED
    endless = b"\0\0\0\0mdat" + bytes(500)
    assert fault(start + index + endless) is None
    assert fault(endless) is FailureCode.TRUNCATED


def test_a_live_recording_without_length_promises_nothing() -> None:
    """A Matroska segment of unknown length can't be too short."""
    header = b"\x1a\x45\xdf\xa3\x84webm"
    assert fault(header + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(50)) is None
    known = header + b"\x18\x53\x80\x67\x01" + (51).to_bytes(7) + bytes(50)
    assert fault(known) is FailureCode.TRUNCATED
    assert fault(known + b"\0") is None


def test_the_document_type_is_told() -> None:
    """WebM is told from other Matroska files."""
    assert doc_type(io.BytesIO(b"\x1a\x45\xdf\xa3\x84webm")) == "webm"
    assert doc_type(io.BytesIO(b"\x1a\x45\xdf\xa3\x88matroska")) == "matroska"
