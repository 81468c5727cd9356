"""The door to FFmpeg: what a file holds, found out without believing it.

No name, media type or header counts. The container is read to its end for the
times of the pictures; the first picture, one in the middle and the last are
decoded. Whatever FFmpeg says against the file becomes a
:class:`~ergomesh.ingest.failures.ClipError`.

Only containers that hold their own pictures are opened: FFmpeg's playlists
and scripts (HLS, ``ffconcat``, image sequences) would let an upload read other
files of this machine, or of others. Animated GIFs and photographs are refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Disposition

from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.errors import FailureCode
from ergomesh.ingest.display import rotation_from_matrix, upright_size_px
from ergomesh.ingest.failures import UNDECODABLE, UNTIMED, ClipError, clip_error
from ergomesh.ingest.limits import Limits, check_duration, check_pixels, check_size
from ergomesh.ingest.structure import doc_type, structural_fault
from ergomesh.ingest.timeline import cut_ranges, frame_interval_s, is_variable_rate

_OPTIONS: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,flac,aac",
}
"""Sound containers are let in so that a recording gets its own answer."""
_FOCAL_LENGTH: Final = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
"""Where iPhones write the lens into a container (Apple, QuickTime File Format)."""
_LENSES_35MM: Final = (8.0, 600.0)
"""Shortest and longest lens that anybody films with."""
_STREAMED: Final = frozenset({"mpegts", "mpeg"})
"""Containers without an index, which a recorder may stop at any byte."""
_UNTIMED: Final = frozenset({"avi", "mpeg"})
"""Containers that leave out times. FFmpeg works them out as it goes along, and
otherwise after a seek: there, decoding begins at the start."""
_LEADING_LOSS_S: Final = 1.0
"""How much of its start a clip may lose (our choice): cut without re-encoding,
it may begin with pictures that refer to what was cut away."""
_STREAMED_LEADING_LOSS_S: Final = 10.0
"""The same for a recording that began in mid-stream (our choice): a camera
sends a keyframe at least every few seconds."""
_STREAMED_TRAILING_LOSS_S: Final = 1.0
"""How much of its end such a recording may lose (our choice)."""
_SEEK_LEADS_S: Final = (0.0, 10.0)
"""How far before a picture to start decoding, until it comes out: a picture
after an open keyframe may need an earlier one, and some containers seek badly."""
_FEWEST_PICTURES: Final = 2
_MAX_RATE_HZ: Final = 1000
"""More pictures than this, times the duration limit, fill the memory only."""

# PyAV's default, said again: FFmpeg's log goes nowhere. Handled in Python it
# can deadlock decoder threads; left to FFmpeg it goes to stderr.
av.logging.set_level(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    """What the container tells of its video stream."""

    container: str
    codec: str
    time_base: Fraction
    sample_aspect: Fraction | None
    streamed: bool
    shown_pts: list[int]
    """Times of the pictures in ticks, ascending, each once."""
    focal_length_35mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """What the first decoded picture tells."""

    pts: int
    width_px: int
    height_px: int
    pixel_format: str
    rotation_deg: int


def probe_clip(
    path: Path,
    *,
    limits: Limits,
    sha256: str,
    range_s: float = 20.0,
    overlap_s: float = 1.0,
) -> ClipInfo:
    """Find out what a clip is and cut it into ranges.

    Args:
        path: The file, under any name.
        limits: What the operator accepts.
        sha256: Digest of the file's bytes.
        range_s: Length of a range for one pose worker.
        overlap_s: How long before its range a worker begins to decode.

    Raises:
        ClipError: When the clip can't be analysed; the input's fault.
        OSError: When the file can't be opened; not the input's fault.
    """
    size = path.stat().st_size
    check_size(size, limits)
    with path.open("rb") as file:
        fault = structural_fault(file, size)
        if fault is not None:
            raise clip_error(fault)
        matroska = doc_type(file)
    track = _read_track(path, matroska, limits)
    picture = _first_picture(path)
    check_pixels(picture.width_px, picture.height_px, limits)
    shown_pts = _decodable(path, track, picture.pts)
    times_s = _times_s(shown_pts, track.time_base)
    duration_s = times_s[-1] + frame_interval_s(times_s)
    check_duration(duration_s, limits)
    width_px, height_px = upright_size_px(
        picture.width_px, picture.height_px, track.sample_aspect, picture.rotation_deg
    )
    return ClipInfo(
        sha256=sha256,
        size=size,
        container=track.container,
        codec=track.codec,
        pixel_format=picture.pixel_format,
        width_px=width_px,
        height_px=height_px,
        rotation_deg=picture.rotation_deg,
        duration_s=duration_s,
        frame_rate_hz=len(times_s) / duration_s,
        variable_frame_rate=is_variable_rate(times_s, float(track.time_base)),
        first_pts_s=float(shown_pts[0] * track.time_base),
        focal_length_35mm=track.focal_length_35mm,
        frame_times_s=times_s,
        ranges=cut_ranges(duration_s, range_s, overlap_s),
    )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, av.VideoStream]]:
    """Open a file and pick its best video stream.

    Raises:
        ClipError: When there is none, or when FFmpeg raises within the block.
    """
    try:
        container = av.open(
            f"file:{path.resolve()}", options=_OPTIONS, metadata_errors="replace"
        )
    except av.FFmpegError as error:
        raise clip_error(FailureCode.NOT_A_VIDEO) from error
    try:
        with container:
            yield container, _video_stream(container)
    except av.FFmpegError as error:
        raise clip_error(FailureCode.DAMAGED) from error


def _video_stream(container: InputContainer) -> av.VideoStream:
    """Return the stream of moving pictures (a record's cover is not one)."""
    stream = container.streams.best("video")
    if isinstance(stream, av.VideoStream) and not (
        stream.disposition & Disposition.attached_pic
    ):
        if stream.codec_context is None:  # FFmpeg has no decoder for it
            raise ClipError(FailureCode.NOT_A_VIDEO, UNDECODABLE)
        stream.thread_type = "AUTO"
        return stream
    has_sound = bool(container.streams.audio)
    code = FailureCode.NO_VIDEO_STREAM if has_sound else FailureCode.NOT_A_VIDEO
    raise clip_error(code)


def _read_track(path: Path, matroska: str, limits: Limits) -> _Track:
    """Read a container to its end, checking what the header allows first."""
    with _opened(path) as (container, stream):
        check_pixels(stream.width, stream.height, limits)
        check_duration(_declared_s(container, stream), limits)
        shown_pts = _shown_pts(container, stream, limits)
        if len(shown_pts) < _FEWEST_PICTURES:
            raise clip_error(FailureCode.ZERO_DURATION)
        return _Track(
            container=_container_name(container, matroska),
            codec=stream.codec_context.codec.canonical_name,
            time_base=_time_base(stream),
            sample_aspect=stream.sample_aspect_ratio,
            streamed=container.format.name in _STREAMED,
            shown_pts=shown_pts,
            focal_length_35mm=focal_length_35mm(container.metadata),
        )


def focal_length_35mm(metadata: Mapping[str, str]) -> float | None:
    """Return the lens's focal length, if the container's metadata tell one.

    Args:
        metadata: Of the container; a value that no lens has counts as none.
    """
    try:
        found = float(metadata.get(_FOCAL_LENGTH, "nan"))
    except ValueError:
        return None
    shortest, longest = _LENSES_35MM
    return found if shortest <= found <= longest else None


def _declared_s(container: InputContainer, stream: av.VideoStream) -> float:
    """Return the duration in the header, 0 when it has none."""
    if stream.duration is not None:
        return float(stream.duration * _time_base(stream))
    return (container.duration or 0) / av.time_base


def _time_base(stream: av.VideoStream) -> Fraction:
    """Return the length of a tick of a stream, seconds."""
    if not stream.time_base:
        raise ClipError(FailureCode.NOT_A_VIDEO, UNTIMED)
    return stream.time_base


def _container_name(container: InputContainer, matroska: str) -> str:
    """Return a short name instead of FFmpeg's list of relatives."""
    name = container.format.name
    if name.startswith("mov,"):
        brand = container.metadata.get("major_brand", "qt")
        return "mov" if brand.strip() == "qt" else "mp4"
    return matroska if name.startswith("matroska") else name


def _shown_pts(
    container: InputContainer, stream: av.VideoStream, limits: Limits
) -> list[int]:
    """Read all packets for the times of the pictures that get shown.

    Pictures that an edit list hides are marked for discarding by FFmpeg and
    not counted; the decoder drops them too.

    Returns:
        Ticks, ascending, each once.
    """
    tick_s = float(_time_base(stream))
    most = int(limits.max_duration_s * _MAX_RATE_HZ)
    codec = stream.codec_context.codec.canonical_name
    packets, shown = 0, list[int]()
    for packet in container.demux(stream):
        packets += packet.size > 0
        if packet.size == 0 or packet.is_discard or _is_hidden(packet, codec):
            continue
        if packet.pts is None:
            raise ClipError(FailureCode.NOT_A_VIDEO, UNTIMED)
        shown.append(packet.pts)
        check_duration((packet.pts - shown[0]) * tick_s, limits)
        if len(shown) > most:
            raise clip_error(FailureCode.TOO_LONG, limit=limits.max_duration_s / 60)
    _check_index(packets, container, stream)
    return sorted(set(shown))


def _is_hidden(packet: "av.Packet[av.VideoStream]", codec: str) -> bool:
    """Whether a packet only feeds the decoder (RFC 6386 §9.1, show_frame bit).

    VP8 alone keeps such pictures in packets of their own.
    """
    return codec == "vp8" and not memoryview(packet)[0] & 0x10


def _check_index(
    packets: int, container: InputContainer, stream: av.VideoStream
) -> None:
    """Compare the packets found in an MP4 or MOV with its index.

    One in a hundred may be missing: some recorders miscount.
    """
    if container.format.name.startswith("mov,"):
        promised = len(stream.index_entries)
        if packets + max(1, promised // 100) < promised:
            raise clip_error(FailureCode.TRUNCATED)


def _clean_pictures(
    container: InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    """Decode, leaving out what is damaged."""
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # A hole in the pictures is found by their times.
        yield from (f for f in frames if f.pts is not None and not f.is_corrupt)


def _first_picture(path: Path) -> _Picture:
    """Decode the first picture that comes out whole."""
    with _opened(path) as (container, stream):
        frame = next(_clean_pictures(container, stream), None)
        if frame is None or frame.pts is None:
            raise ClipError(FailureCode.NOT_A_VIDEO, UNDECODABLE)
        matrix = _display_matrix(frame)
        return _Picture(
            pts=frame.pts,
            width_px=frame.width,
            height_px=frame.height,
            pixel_format=frame.format.name,
            rotation_deg=rotation_from_matrix(matrix) if matrix else 0,
        )


def _display_matrix(frame: av.VideoFrame) -> bytes:
    """Return the display matrix that came with a frame, empty without one."""
    found = frame.side_data.get("DISPLAYMATRIX")
    return bytes(found) if isinstance(found, SideData) else b""


def _decodable(path: Path, track: _Track, first_pts: int) -> list[int]:
    """Return the times of the pictures from the first to the last that decode.

    Raises:
        ClipError: When too much is lost at either end, or the middle is.
    """
    whole = [pts for pts in track.shown_pts if pts >= first_pts]
    leading_loss_s = (first_pts - track.shown_pts[0]) * track.time_base
    allowed_s = _STREAMED_LEADING_LOSS_S if track.streamed else _LEADING_LOSS_S
    if leading_loss_s > allowed_s or len(whole) < _FEWEST_PICTURES:
        raise clip_error(FailureCode.DAMAGED)
    middle = whole[len(whole) // 2]
    if _decoded_up_to(path, middle, first_pts) != middle:
        raise clip_error(FailureCode.DAMAGED)
    last = _decoded_up_to(path, whole[-1], first_pts)
    trailing_loss_s = (whole[-1] - last) * track.time_base
    if trailing_loss_s > (_STREAMED_TRAILING_LOSS_S if track.streamed else 0):
        raise clip_error(FailureCode.TRUNCATED)
    return [pts for pts in whole if pts <= last]


def _decoded_up_to(path: Path, target_pts: int, floor_pts: int) -> int:
    """Decode towards a picture and return the time of the last one reached.

    Returns:
        ``target_pts`` if that picture comes out whole; otherwise an earlier
        time, at least ``floor_pts``.
    """
    reached_pts = floor_pts
    for lead_s in _SEEK_LEADS_S:
        with _opened(path) as (container, stream):
            lead = round(lead_s / _time_base(stream))
            if container.format.name not in _UNTIMED:
                # Where seeking fails, decoding begins at the start too.
                with suppress(av.FFmpegError):
                    container.seek(target_pts - lead, stream=stream)
            for frame in _clean_pictures(container, stream):
                if frame.pts is None or frame.pts > target_pts:
                    break
                reached_pts = max(reached_pts, frame.pts)
                if reached_pts == target_pts:
                    return reached_pts
    return reached_pts


def _times_s(shown_pts: list[int], time_base: Fraction) -> list[float]:
    """Return times from the first picture, each the nearest float."""
    first = shown_pts[0]
    ticks, per = time_base.numerator, time_base.denominator
    return [(pts - first) * ticks / per for pts in shown_pts]
