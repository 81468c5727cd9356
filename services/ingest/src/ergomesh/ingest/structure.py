"""What the outermost boxes of a file promise, before any decoder sees it.

FFmpeg reads a file that has been cut off as far as it goes and says nothing.
The boxes tell: MP4 and MOV (ISO/IEC 14496-12 §4.2), Matroska and WebM
(RFC 8794 §5 and §6), AVI (RIFF, with more RIFF chunks after the first GB).
"""

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from ergomesh.contract.errors import FailureCode

_INDEX_BOX: Final = b"moov"
_STILL_IMAGE_BOX: Final = b"meta"
"""Stands in for the index in HEIC and AVIF photographs."""
_NEEDED_BOXES: Final = frozenset({_INDEX_BOX, b"moof", b"mdat"})
_KNOWN_BOXES: Final = _NEEDED_BOXES | frozenset(
    {b"ftyp", b"styp", b"sidx", b"mfra", _STILL_IMAGE_BOX, b"udta", b"prft", b"emsg"}
    | {b"free", b"skip", b"wide", b"uuid", b"pnot"}
)
_RIFF: Final = b"RIFF"
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"


class _Box(NamedTuple):
    """A box at the top of an MP4 or MOV."""

    name: bytes
    end: int
    """Offset after its last byte, as declared."""


def structural_fault(file: BinaryIO, size: int) -> FailureCode | None:
    """Find what the boxes of a file already tell against it.

    Args:
        file: The file, seekable; its position is moved.
        size: Its length, bytes.

    Returns:
        ``TRUNCATED`` when the boxes promise more bytes than there are or the
        index is missing, ``NOT_A_VIDEO`` for a photograph in boxes; None when
        nothing is wrong so far, or the file is not made of boxes.
    """
    magic = _read(file, 0, 4)
    if magic == _EBML:
        return _beyond(_segment_end(file), size)
    if magic == _RIFF:
        return _beyond(_riff_end(file, size), size)
    boxes = list(_boxes(file, size))
    names = {box.name for box in boxes}
    if boxes and _INDEX_BOX not in names:
        photo = _STILL_IMAGE_BOX in names
        return FailureCode.NOT_A_VIDEO if photo else FailureCode.TRUNCATED
    needed = [box.end for box in boxes if box.name in _NEEDED_BOXES]
    return _beyond(max(needed, default=0), size)


def doc_type(file: BinaryIO) -> str:
    """Return ``webm`` or ``matroska``, as the EBML header of a file says."""
    return "webm" if b"webm" in _read(file, 0, 64) else "matroska"


def _beyond(end: int, size: int) -> FailureCode | None:
    """Return ``TRUNCATED`` when a declared end lies beyond the file's."""
    return FailureCode.TRUNCATED if end > size else None


def _boxes(file: BinaryIO, size: int) -> Iterator[_Box]:
    """Yield the boxes up to the first that isn't one (phones add trailers)."""
    at = 0
    while at + 8 <= size:
        header = _read(file, at, 16)
        length, name = int.from_bytes(header[:4]), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:])
        elif length == 0:
            length = size - at
        if name not in _KNOWN_BOXES or length < len(header[:8]):
            return
        yield _Box(name, at + length)
        at += length


def _riff_end(file: BinaryIO, size: int) -> int:
    """Return where the last RIFF chunk of an AVI ends."""
    at = 0
    while at < size and _read(file, at, 4) == _RIFF:
        at += 8 + int.from_bytes(_read(file, at + 4, 4), "little")
    return at


def _segment_end(file: BinaryIO) -> int:
    """Return where the segment of a Matroska file ends; 0 when it doesn't say."""
    header_length, at = _vint(file, len(_EBML))
    at += header_length
    if _read(file, at, 4) != _SEGMENT:
        return 0
    length, at = _vint(file, at + len(_SEGMENT))
    return at + length if length else 0


def _vint(file: BinaryIO, at: int) -> tuple[int, int]:
    """Read a length of variable width.

    Returns:
        The length, 0 when unknown (all bits set), and the offset after it.
    """
    raw = _read(file, at, 8)
    width = 9 - raw[0].bit_length() if raw and raw[0] else 8
    mask = (1 << 7 * width) - 1
    length = int.from_bytes(raw[:width]) & mask
    return (0 if length == mask else length), at + width


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    """Read at an offset."""
    file.seek(at)
    return file.read(length)
