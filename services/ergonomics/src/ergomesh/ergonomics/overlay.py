"""``overlay.mp4``: the clip with skeleton, current scores and their timeline.

The door to cv2 (drawing) and, with :mod:`source_frames`, to av of this service.

::

    OverlayError(RuntimeError)    the source could not be read or the file written
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.ergonomics.core.look import (
    BLACK,
    DRAWN_JOINTS,
    DRAWN_LINKS,
    WHITE,
    Colour,
    Layout,
    Picture,
    layout_of,
    level_fill,
    level_ink,
    reading,
    sd_colour,
    timeline_picture,
)
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.series import MethodScores
from ergomesh.ergonomics.core.track import Track, index_near, track_at
from ergomesh.ergonomics.source_frames import decoded, opened, shown

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
"""Brightness (H, W), blueness and redness (H/2, W/2 each)."""

TIME_BASE: Final = Fraction(1, 90_000)
"""Clock of the file: every common frame rate is a whole number of its ticks."""

_ENCODER: Final = {"preset": "veryfast", "crf": "23"}
_KEYFRAME_S: Final = 2.0
_TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_HALF: Final = (0, 1, 1)
"""How often each plane of yuv420p is halved."""
_SUBPIXEL_BITS: Final = 3
"""Drawing coordinates carry eighths of a pixel, so that slow motion is smooth."""


class OverlayError(RuntimeError):
    """The overlay could not be made; the message says of what."""


@dataclass(frozen=True, slots=True)
class _Canvas:
    """One picture as the encoder wants it; drawing needs no colour conversion."""

    i420: NDArray[np.uint8]
    """(3/2 H, W): the planes one after the other."""
    planes: Planes
    """Views: brightness (H, W), blueness and redness (H/2, W/2)."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that is drawn, ready for every picture."""

    layout: Layout
    track: Track
    motion: Motion
    scores: tuple[MethodScores, ...]
    bar: Planes
    """The score bar without boxes and cursor."""
    duration_s: float


def render_overlay(
    source: str | Path,
    clip: ClipInfo,
    motion: Motion,
    scores: Scores,
    out: Path,
    *,
    progress: Callable[[float], None],
) -> None:
    """Draw skeleton and scores into the clip.

    The pictures keep their times. The file is H.264, yuv420p, ready to stream, and
    is removed again when something fails.

    Args:
        source: Path, or http(s) address, of the clip.
        clip: Facts about it.
        motion: T analysed frames.
        scores: Of the same frames.
        out: File to write, ending in ``.mp4``.
        progress: Called with the share done, 0…1, after each picture.

    Raises:
        OverlayError: When the source cannot be read or the file not written.
    """
    times_s = np.asarray(clip.frame_times_s)
    sheet = _sheet(clip, motion, scores, times_s)
    try:
        with opened(source) as reader, _created(out) as writer:
            stream = _video_stream(writer, reader, clip, sheet.layout)
            for index, canvas in _canvases(reader, clip, sheet.layout):
                _draw(canvas.planes, sheet, index, float(times_s[index]))
                writer.mux(stream.encode(_timed(canvas, clip, index)))
                progress((index + 1) / len(times_s))
            writer.mux(stream.encode(None))
    except (av.FFmpegError, OSError) as error:
        out.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        msg = f"The overlay of {shown(source)} could not be made: {reason}."
        raise OverlayError(msg) from error


# ---- reading and writing


def _created(out: Path) -> OutputContainer:
    return av.open(str(out), "w", format="mp4", options={"movflags": "faststart"})


def _canvases(
    reader: InputContainer, clip: ClipInfo, layout: Layout
) -> Iterator[tuple[int, _Canvas]]:
    """Decode, scale and turn; yield each picture with its index in the clip."""
    times_s = np.asarray(clip.frame_times_s)
    last = -1
    for frame in decoded(reader):
        index = _index_of(frame, clip, times_s, last)
        if index > last:
            yield index, _canvas(frame, clip.rotation_deg, layout)
            last = index


def _canvas(frame: VideoFrame, rotation_deg: int, layout: Layout) -> _Canvas:
    """Return a frame upright on top of an empty bar."""
    size = layout.width, layout.picture_height
    width, height = size if rotation_deg % 180 == 0 else size[::-1]
    scaled = frame.reformat(
        width=width,
        height=height,
        format="yuv420p",
        dst_color_range=ColorRange.MPEG,
        threads=1,  # starting threads for each picture costs more than it saves
    ).to_ndarray()
    canvas = _empty_canvas(layout.width, layout.height)
    for target, plane in zip(
        canvas.planes, _planes(np.asarray(scaled, np.uint8)), strict=True
    ):
        turn = _TURNS.get(rotation_deg)
        upright = plane if turn is None else cv2.rotate(plane, turn)
        target[: len(upright)] = upright
    return canvas


def _empty_canvas(width: int, height: int) -> _Canvas:
    i420 = np.empty((height * 3 // 2, width), np.uint8)
    return _Canvas(i420, _planes(i420))


def _planes(i420: NDArray[np.uint8]) -> Planes:
    """Return views of the three planes of a contiguous yuv420p picture."""
    rows, width = i420.shape
    height = rows * 2 // 3
    luma, blue, red = np.split(
        i420.reshape(-1), [height * width, rows * width * 5 // 6]
    )
    half = height // 2, width // 2
    return luma.reshape(height, width), blue.reshape(half), red.reshape(half)


def _index_of(frame: VideoFrame, clip: ClipInfo, times_s: FloatArray, last: int) -> int:
    """Return which of the clip's pictures a decoded frame is, by its time."""
    if frame.pts is None:
        return min(last + 1, len(times_s) - 1)
    return index_near(times_s, frame.time - clip.first_pts_s)


def _video_stream(
    writer: OutputContainer,
    reader: InputContainer,
    clip: ClipInfo,
    layout: Layout,
) -> VideoStream:
    """Add an H.264 stream whose pictures may have any times."""
    rate = Fraction(clip.frame_rate_hz).limit_denominator(1001)
    stream = writer.add_stream("libx264", rate=rate, options=dict(_ENCODER))
    stream.width, stream.height = layout.width, layout.height
    stream.pix_fmt = "yuv420p"
    stream.time_base = TIME_BASE
    context = stream.codec_context
    context.time_base = TIME_BASE
    context.gop_size = max(1, round(_KEYFRAME_S * clip.frame_rate_hz))
    context.thread_type = "FRAME"
    context.max_b_frames = 0  # else mp4 loses the length of irregular clips
    context.flags |= Flags.frame_duration
    seen = reader.streams.video[0].codec_context
    context.color_range = ColorRange.MPEG
    context.colorspace = seen.colorspace
    context.color_primaries = seen.color_primaries
    context.color_trc = seen.color_trc
    return stream


def _timed(canvas: _Canvas, clip: ClipInfo, index: int) -> VideoFrame:
    """Return a frame to encode with the source picture's time and duration."""
    ends = (*clip.frame_times_s[index + 1 : index + 2], clip.duration_s)
    start, end = (round(t / TIME_BASE) for t in (clip.frame_times_s[index], ends[0]))
    frame = VideoFrame.from_ndarray(canvas.i420, format="yuv420p")
    frame.time_base = TIME_BASE
    frame.pts = start
    frame.duration = max(1, end - start)
    return frame


# ---- what is drawn


def _sheet(
    clip: ClipInfo, motion: Motion, scores: Scores, times_s: FloatArray
) -> _Sheet:
    layout = layout_of(clip.width_px, clip.height_px)
    shown = tuple(scores.methods.values())
    left, top, width, height = layout.timeline_px(len(shown))
    bar = np.zeros((layout.bar_height, layout.width, 3), np.uint8)
    bar[top : top + height, left : left + width] = timeline_picture(
        scores.methods["reba"], motion.time_s, clip.duration_s, (width, height)
    )[:, : layout.width - left]
    return _Sheet(
        layout=layout,
        track=track_at(motion, times_s),
        motion=motion,
        scores=shown,
        bar=_planes_of(bar),
        duration_s=clip.duration_s,
    )


def _planes_of(picture: Picture) -> Planes:
    """Convert a blue-green-red picture with even sides."""
    i420 = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    return _planes(np.asarray(i420, np.uint8))


@lru_cache(maxsize=256)
def _yuv(colour: Colour) -> tuple[int, int, int]:
    """Return brightness, blueness and redness of a colour."""
    luma, blue, red = _planes_of(np.full((2, 2, 3), colour, np.uint8))
    return int(luma[0, 0]), int(blue[0, 0]), int(red[0, 0])


def _draw(planes: Planes, sheet: _Sheet, index: int, time_s: float) -> None:
    """Draw everything into one picture, in place."""
    nearest = int(sheet.track.nearest[index])
    top = sheet.layout.picture_height
    if nearest >= 0:
        _draw_skeleton(_rows(planes, 0, top), sheet, index, nearest)
    _draw_bar(_rows(planes, top, sheet.layout.height), sheet, nearest, time_s)


def _rows(planes: Planes, first: int, last: int) -> Planes:
    """Return views of some rows of the picture, from even to even."""
    luma, blue, red = planes
    half = slice(first // 2, last // 2)
    return luma[first:last], blue[half], red[half]


def _draw_skeleton(planes: Planes, sheet: _Sheet, index: int, nearest: int) -> None:
    observed = sheet.motion.joint_observed[nearest]
    points = sheet.track.points_px[index] * sheet.layout.scale
    places = {
        joint: _fixed_point(points[joint])
        for joint in DRAWN_JOINTS
        if observed[joint] and np.isfinite(points[joint]).all()
    }
    thick = max(2, sheet.layout.picture_height // 200)
    whole = [(a, b) for a, b in DRAWN_LINKS if a in places and b in places]
    for colour, width in ((BLACK, thick + 3), (WHITE, thick)):
        for a, b in whole:
            _line(planes, places[a], places[b], colour, width)
    for joint, place in places.items():
        colour = sd_colour(float(sheet.motion.joint_sd_m[nearest, joint]))
        _dot(planes, place, BLACK, 2 * thick + 2)
        _dot(planes, place, colour, 2 * thick)


def _fixed_point(point: FloatArray) -> tuple[int, int]:
    """Return drawing coordinates; far outside is kept within what cv2 takes."""
    x, y = np.clip(point, -4_000, 8_000) * (1 << _SUBPIXEL_BITS)
    return round(float(x)), round(float(y))


def _line(
    planes: Planes, a: tuple[int, int], b: tuple[int, int], colour: Colour, width: int
) -> None:
    """Draw into each plane; one more fraction bit halves the coordinates."""
    for plane, value, half in zip(planes, _yuv(colour), _HALF, strict=True):
        thick = max(1, width >> half)
        cv2.line(plane, a, b, value, thick, cv2.LINE_AA, _SUBPIXEL_BITS + half)


def _dot(planes: Planes, at: tuple[int, int], colour: Colour, radius: int) -> None:
    size = radius << _SUBPIXEL_BITS
    for plane, value, half in zip(planes, _yuv(colour), _HALF, strict=True):
        shift = _SUBPIXEL_BITS + half
        cv2.circle(plane, at, size, value, cv2.FILLED, cv2.LINE_AA, shift)


def _draw_bar(bar: Planes, sheet: _Sheet, nearest: int, time_s: float) -> None:
    """Put the scores at the left of the bar, the timeline at its right."""
    layout = sheet.layout
    _paste(bar, sheet.bar, 0)
    for k, found in enumerate(sheet.scores):
        text, level = reading(found, nearest)
        size_px = layout.box_width, layout.bar_height
        box = _score_box(found.method.upper(), text, level, size_px)
        _paste(bar, box, k * layout.box_width)
    left, _, width, _ = layout.timeline_px(len(sheet.scores))
    cursor = left + min(int(time_s / sheet.duration_s * width), width - 1)
    for plane, value, half in zip(bar, _yuv(WHITE), _HALF, strict=True):
        plane[:, cursor >> half : (cursor >> half) + (2 >> half)] = value


def _paste(bar: Planes, patch: Planes, left: int) -> None:
    for target, source, half in zip(bar, patch, _HALF, strict=True):
        start = left >> half
        target[:, start : start + source.shape[1]] = source


@lru_cache(maxsize=256)
def _score_box(title: str, text: str, level: int, size_px: tuple[int, int]) -> Planes:
    """Return a box with a small title over a large figure, shaded by level."""
    width, height = size_px
    ink = level_ink(level)
    box = np.full((height, width, 3), BLACK, np.uint8)
    box[2:-2, 2:-2] = level_fill(level)
    _write(box, title, ink, 0.22 * height, 0.34 * height)
    _write(box, text, ink, 0.42 * height, 0.88 * height)
    return _planes_of(box)


def _write(
    box: Picture, text: str, ink: Colour, size_px: float, base_px: float
) -> None:
    """Write centred text with capitals of a height, its base line at a row."""
    thick = max(1, round(size_px / 9))
    (width, height), _ = cv2.getTextSize(text, _FONT, 1.0, thick)
    scale = min(size_px / height, 0.9 * box.shape[1] / width)
    left = round((box.shape[1] - width * scale) / 2)
    at = left, round(base_px)
    cv2.putText(box, text, at, _FONT, scale, ink, thick, cv2.LINE_AA)
