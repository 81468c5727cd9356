"""``overlay.mp4``: the clip with body, skeleton, angles, scores and their timeline.

Writes with av; draws with :mod:`ergomesh.ergonomics.pictures`. Decoding, drawing and
encoding go on at the same time, each in a thread.

::

    OverlayError(RuntimeError)    the source could not be read or the file written
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation
from av.video.stream import VideoStream

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.job import Faces
from ergomesh.ergonomics.core.look import Layout
from ergomesh.ergonomics.core.track import Track, index_near, track_at
from ergomesh.ergonomics.pictures.bar import Bar, bar_of
from ergomesh.ergonomics.pictures.body import MovingBody, moving_body
from ergomesh.ergonomics.pictures.covers import Covers
from ergomesh.ergonomics.pictures.faces import cover_faces
from ergomesh.ergonomics.pictures.heads import heads_at
from ergomesh.ergonomics.pictures.labels import Labels, draw_labels
from ergomesh.ergonomics.pictures.places import Columns, columns_at
from ergomesh.ergonomics.pictures.planes import (
    Canvas,
    Planes,
    empty_canvas,
    planes_in,
    rows,
)
from ergomesh.ergonomics.pictures.skeleton import draw_skeleton
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.pictures.words import WORDS
from ergomesh.ergonomics.pipeline import ahead
from ergomesh.ergonomics.source_frames import TURNS, decoded, opened, shown

TIME_BASE: Final = Fraction(1, 90_000)
"""Clock of the file: every common frame rate is a whole number of its ticks."""

_ENCODER: Final = {"preset": "veryfast", "crf": "23"}
_KEYFRAME_S: Final = 2.0


class OverlayError(RuntimeError):
    """The overlay could not be made; the message says of what."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that is drawn, ready for every picture."""

    clip: ClipInfo
    motion: Motion
    track: Track
    covers: Covers | None
    body: MovingBody | None
    labels: Labels
    columns: Columns
    bar: Bar

    @property
    def layout(self) -> Layout:
        """Return where things lie."""
        return self.bar.layout


def render_overlay(
    source: str | Path,
    what: Shown,
    out: Path,
    *,
    progress: Callable[[float], None],
) -> None:
    """Draw body, angles and scores into the clip.

    The pictures keep their times. The file is H.264, yuv420p, ready to stream, and
    is removed again when something fails.

    Args:
        source: Path, or http(s) address, of the clip.
        what: Is shown.
        out: File to write, ending in ``.mp4``.
        progress: Called with the share done, 0…1, after each picture.

    Raises:
        OverlayError: When the source cannot be read or the file not written.
        SceneError: When the scene is none of ours.
    """
    sheet = _sheet(what)
    clip, count = what.clip, len(what.clip.frame_times_s)
    try:
        with (
            opened(source) as reader,
            _created(out) as writer,
            ahead(_canvases(reader, clip, sheet.layout)) as canvases,
            ahead(_drawn(canvases, sheet)) as pictures,
        ):
            stream = _video_stream(writer, reader, clip, sheet.layout)
            for index, frame in pictures:
                writer.mux(stream.encode(frame))
                progress((index + 1) / count)
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
) -> Iterator[tuple[int, Canvas]]:
    """Decode, scale and turn; yield each picture with its index in the clip."""
    times_s = np.asarray(clip.frame_times_s)
    last = -1
    for frame in decoded(reader):
        index = _index_of(frame, clip, times_s, last)
        if index > last:
            yield index, _canvas(frame, clip.rotation_deg, layout)
            last = index


def _canvas(frame: VideoFrame, rotation_deg: int, layout: Layout) -> Canvas:
    """Return a frame upright on top of an empty bar."""
    size = layout.width, layout.picture_height
    width, height = size if rotation_deg % 180 == 0 else size[::-1]
    scaled = frame.reformat(
        width=width,
        height=height,
        format="yuv420p",
        interpolation=Interpolation.BILINEAR,  # smooths when shrinking; twice as fast
        dst_color_range=ColorRange.MPEG,
        threads=1,  # starting threads for each picture costs more than it saves
    ).to_ndarray()
    canvas = empty_canvas(layout.width, layout.height)
    for target, plane in zip(
        canvas.planes, planes_in(np.asarray(scaled, np.uint8)), strict=True
    ):
        turn = TURNS.get(rotation_deg)
        upright = plane if turn is None else cv2.rotate(plane, turn)
        target[: len(upright)] = upright
    return canvas


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


def _timed(canvas: Canvas, clip: ClipInfo, index: int) -> VideoFrame:
    """Return a frame to encode with the source picture's time and duration."""
    ends = (*clip.frame_times_s[index + 1 : index + 2], clip.duration_s)
    start, end = (round(t / TIME_BASE) for t in (clip.frame_times_s[index], ends[0]))
    frame = VideoFrame.from_ndarray(canvas.i420, format="yuv420p")
    frame.time_base = TIME_BASE
    frame.pts = start
    frame.duration = max(1, end - start)
    return frame


# ---- what is drawn


def _sheet(what: Shown) -> _Sheet:
    clip, motion = what.clip, what.motion
    times_s = np.asarray(clip.frame_times_s)
    track, words = track_at(motion, times_s), WORDS[what.language]
    return _Sheet(
        clip=clip,
        motion=motion,
        track=track,
        covers=heads_at(times_s, what.size_px, what.people, what.landmarks, what.motion)
        if what.faces is Faces.BLURRED
        else None,
        body=None if what.scene is None else moving_body(what.scene, motion, track),
        labels=Labels(motion, what.angles, words),
        columns=columns_at(motion, track),
        bar=bar_of(
            what.size_px,
            tuple(what.scores.methods.values()),
            motion.time_s,
            clip.duration_s,
            words,
        ),
    )


def _drawn(
    canvases: Iterable[tuple[int, Canvas]], sheet: _Sheet
) -> Iterator[tuple[int, VideoFrame]]:
    """Draw everything into each picture and yield what is to be encoded."""
    for index, canvas in canvases:
        _draw(canvas.planes, sheet, index)
        yield index, _timed(canvas, sheet.clip, index)


def _draw(planes: Planes, sheet: _Sheet, index: int) -> None:
    """Draw everything into one picture, in place."""
    layout = sheet.layout
    picture = rows(planes, 0, layout.picture_height)
    if sheet.covers is not None:
        cover_faces(picture, sheet.covers.at(index) * layout.scale)
    nearest = int(sheet.track.nearest[index])
    if nearest >= 0:
        _draw_worker(picture, sheet, index, nearest)
    below = rows(planes, layout.picture_height, layout.height)
    sheet.bar.draw(below, nearest, sheet.clip.frame_times_s[index])


def _draw_worker(planes: Planes, sheet: _Sheet, index: int, nearest: int) -> None:
    scale, motion = sheet.layout.scale, sheet.motion
    if sheet.body is not None:
        sheet.body.draw(planes, index, scale)
    points = sheet.track.blend(motion.points_px, np.array([index]))[0] * scale
    observed, sd_m = motion.joint_observed[nearest], motion.joint_sd_m[nearest]
    draw_skeleton(planes, points, observed, sd_m)
    placed = sheet.labels.placed(
        nearest,
        points,
        sheet.columns.edges_px[index] * scale,
        (sheet.layout.width, sheet.layout.picture_height),
        sheet.columns.at(index),
    )
    draw_labels(planes, placed, points)
