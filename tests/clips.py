"""Small real clips for tests: good ones, odd ones, and every kind of bad one.

Picture ``k`` is ``clip_pictures.draw(k, …)``: it carries its own number, so a
decode test can prove that frame ``k`` is picture ``k``.

Clips are written with FFmpeg (PyAV); what it does not write (a phone's display
matrix, a trimmed edit list, damage) is patched into the bytes afterwards.
"""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.stream import Disposition

from clip_pictures import Picture, draw

TIME_BASE: Final = Fraction(1, 30_000)
"""Ticks of a clip: exact for 24, 25, 29.97, 30, 60 and 120 Hz."""
_FRAME_CLOCKED: Final = frozenset({".avi", ".mpg"})
"""Containers whose clock ticks once a picture."""
SOUND_RATE_HZ: Final = 48_000
_ENCODER_OPTIONS: Final[dict[str, dict[str, str]]] = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
}


def demo_clip() -> Path:
    """Return the real clip that ``make setup`` fetches.

    Raises:
        FileNotFoundError: When it is not there yet.
    """
    path = Path(__file__).parents[1] / "models" / "clips" / "demo.mp4"
    if not path.is_file():
        msg = "models/clips/demo.mp4 is missing: run make setup"
        raise FileNotFoundError(msg)
    return path


def write_clip(
    path: Path,
    *,
    frames: int = 30,
    rate: int = 30,
    size: tuple[int, int] = (192, 128),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation_deg: int = 0,
    times_s: Sequence[float] | None = None,
    start_s: float = 0.0,
    audio: bool = False,
    b_frames: int = 0,
    gop: int = 12,
    faststart: bool = False,
    sample_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    picture: Callable[[int, tuple[int, int]], Picture] = draw,
) -> Path:
    """Write a clip whose upright picture ``k`` is ``draw(k, size)``; return path.

    Args:
        path: Where; the ending picks the container.
        frames: Number of pictures; with ``times_s`` its length counts.
        rate: Pictures a second, unless ``times_s`` is given.
        size: (width, height) of the upright picture, before ``sample_aspect``.
        codec: FFmpeg's name of the encoder.
        pix_fmt: FFmpeg's name of the pixel format.
        rotation_deg: Clockwise turn that a player must apply (MP4, MOV).
        times_s: Times of the pictures, for a variable rate.
        start_s: Time of the first picture in the container's clock.
        audio: Whether to add a tone.
        b_frames: Longest run of bidirectional pictures.
        gop: Pictures between keyframes.
        faststart: Whether to put the MP4 index before the pictures.
        sample_aspect: Width over height of one pixel.
        options: More options for the encoder.
        picture: What to show.
    """
    turns = rotation_deg // 90
    coded = size if turns % 2 == 0 else size[::-1]
    times = [k / rate for k in range(frames)] if times_s is None else list(times_s)
    flags = {"movflags": "faststart"} if faststart else {}
    options = _ENCODER_OPTIONS.get(codec, {}) | (options or {})
    with av.open(path, "w", options=flags) as container:
        stream = _add_pictures(container, codec, rate, options)
        (stream.width, stream.height), stream.pix_fmt = coded, pix_fmt
        stream.gop_size, stream.max_b_frames = gop, b_frames
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        tick = Fraction(1, rate) if path.suffix in _FRAME_CLOCKED else TIME_BASE
        stream.time_base = stream.codec_context.time_base = tick
        if audio:
            _add_tone(container, times[-1] + 1 / rate)
        for number, time_s in enumerate(times):
            frame = _frame(np.rot90(picture(number, size), turns))
            frame.pts, frame.time_base = round((start_s + time_s) / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if rotation_deg:
        _patch_rotation(path, rotation_deg, coded)
    return path


def write_trimmed(path: Path, *, skip: int, frames: int = 30, rate: int = 30) -> Path:
    """Write an MP4 whose edit list hides the first ``skip`` pictures.

    So does a phone when its owner trims a clip: the pictures stay in the file.
    """
    write_clip(path, frames=frames, rate=rate, b_frames=2, gop=frames)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"elst") + 12  # type, version and flags, count
    duration, media_time = struct.unpack_from(">Ii", raw, at)
    scale = struct.unpack_from(">I", raw, raw.index(b"mvhd") + 16)[0]
    moved = media_time + skip * round(1 / rate / TIME_BASE)
    struct.pack_into(">Ii", raw, at, duration - skip * scale // rate, moved)
    path.write_bytes(raw)
    return path


def write_mirrored(path: Path) -> Path:
    """Write an MP4 whose display matrix mirrors left and right."""
    write_clip(path)
    return _patch_matrix(path, ((-1, 0), (0, 1)), (192, 0))


def write_sound(path: Path, *, codec: str = "aac", cover: bool = False) -> Path:
    """Write a second of sound without moving pictures, maybe with a cover."""
    with av.open(path, "w") as container:
        picture = _add_cover(container) if cover else None
        _add_tone(container, 1.0, codec=codec)
        if picture is not None:
            container.mux(picture.encode(_frame(draw(1, (192, 128)))))
    return path


def write_image(path: Path, *, codec: str, pix_fmt: str, container: str) -> Path:
    """Write a still picture, whatever the ending of ``path`` says."""
    with av.open(path, "w", format=container) as out:
        stream = _add_pictures(out, codec, 1, {})
        stream.width, stream.height, stream.pix_fmt = 192, 128, pix_fmt
        out.mux(stream.encode(_frame(draw(1, (192, 128)))))
        out.mux(stream.encode(None))
    return path


def _add_pictures(
    container: av.container.OutputContainer,
    codec: str,
    rate: int,
    options: dict[str, str],
) -> av.VideoStream:
    """Add a video stream to an open container."""
    stream = container.add_stream(codec, rate=rate, options=options)
    assert isinstance(stream, av.VideoStream)
    return stream


def _frame(picture: Picture) -> av.VideoFrame:
    """Make a frame of a picture, which may be a turned view."""
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")


def _add_cover(container: av.container.OutputContainer) -> av.VideoStream:
    """Add a stream for the cover of an open record."""
    stream = _add_pictures(container, "mjpeg", 1, {})
    stream.width, stream.height, stream.pix_fmt = 192, 128, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


def _add_tone(
    container: av.container.OutputContainer, duration_s: float, codec: str = "aac"
) -> None:
    """Add a 440 Hz tone to an open container."""
    stream = container.add_stream(codec, rate=SOUND_RATE_HZ)
    assert isinstance(stream, av.AudioStream)
    stream.layout = "mono"
    times_s = np.arange(int(duration_s * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    tone = (8000 * np.sin(2 * np.pi * 440 * times_s)).astype(np.int16)
    for first in range(0, len(tone), 1024):
        samples = np.ascontiguousarray(tone[None, first : first + 1024])
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE_HZ, first
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _patch_rotation(path: Path, rotation_deg: int, coded: tuple[int, int]) -> None:
    """Put a clockwise rotation into the video track header of an MP4 or MOV."""
    width, height = coded
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation_deg]
    shift = {90: (height, 0), 180: (width, height), 270: (0, width)}[rotation_deg]
    _patch_matrix(path, ((cos, sin), (-sin, cos)), shift)


def _patch_matrix(
    path: Path, axes: tuple[tuple[int, int], tuple[int, int]], shift: tuple[int, int]
) -> Path:
    """Write the matrix of ISO/IEC 14496-12 §8.3.2 (``tkhd``, version 0).

    It maps a stored (x, y) to a shown (a x + c y + tx, b x + d y + ty), with
    y down; ``axes`` = ((a, b), (c, d)), ``shift`` = (tx, ty) in pixels.
    """
    raw = bytearray(path.read_bytes())
    at = raw.index(b"tkhd") + 44
    one, rows = 1 << 16, (*axes, shift)
    thirds = (0, 0, 1 << 30)
    values = [v for row, w in zip(rows, thirds, strict=True) for v in (*row, w)]
    scaled = [v if i % 3 == 2 else v * one for i, v in enumerate(values)]
    assert struct.unpack_from(">9i", raw, at) == (one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    struct.pack_into(">9i", raw, at, *scaled)
    path.write_bytes(raw)
    return path


def cut(path: Path, share: float) -> Path:
    """Keep only the first ``share`` (0…1) of a file's bytes."""
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    return path


def scramble(path: Path, start: float, end: float) -> Path:
    """Overwrite the picture data of a faststart MP4 with noise.

    From ``start`` to ``end``, as shares (0…1) of these data.
    """
    raw = bytearray(path.read_bytes())
    first = raw.index(b"mdat") + 4
    length = len(raw) - first
    a, b = first + int(start * length), first + int(end * length)
    raw[a:b] = np.random.default_rng(7).bytes(b - a)
    path.write_bytes(raw)
    return path


def scratch(path: Path, number: int) -> Path:
    """Overwrite the second half of one packet (in the file's order) with noise."""
    at, size = _packets(path)[number]
    raw = bytearray(path.read_bytes())
    half = size // 2
    raw[at + half : at + size] = np.random.default_rng(5).bytes(size - half)
    path.write_bytes(raw)
    return path


def _packets(path: Path) -> list[tuple[int, int]]:
    """Return where the pictures of a clip lie: offset and length."""
    with av.open(path) as container:
        return [(p.pos or 0, p.size) for p in container.demux(video=0) if p.size]


def bad_empty(path: Path) -> Path:
    """Write no bytes."""
    path.write_bytes(b"")
    return path


def bad_text(path: Path) -> Path:
    """Write prose."""
    path.write_text("Minutes of the meeting of the works council.\n" * 200)
    return path


def bad_noise(path: Path) -> Path:
    """Write random bytes."""
    path.write_bytes(np.random.default_rng(3).bytes(60_000))
    return path


def bad_png(path: Path) -> Path:
    """Write a PNG picture."""
    return write_image(path, codec="png", pix_fmt="rgb24", container="image2pipe")


def bad_jpeg(path: Path) -> Path:
    """Write a JPEG picture."""
    return write_image(path, codec="mjpeg", pix_fmt="yuvj420p", container="image2pipe")


def bad_playlist(path: Path) -> Path:
    """Write a list that makes FFmpeg open another file of this machine."""
    other = write_clip(path.with_name("secret.mp4"), frames=10)
    path.write_text(f"ffconcat version 1.0\nfile {other.name}\n")
    return path


def bad_unknown_codec(path: Path) -> Path:
    """Write a clip in a coding that nobody knows."""
    write_clip(path)
    path.write_bytes(path.read_bytes().replace(b"avc1\0", b"zzzz\0"))
    return path


def bad_all_scrambled(path: Path) -> Path:
    """Write a clip with a good index and noise for pictures."""
    return scramble(write_clip(path, faststart=True), 0.0, 1.0)


def bad_index_missing(path: Path) -> Path:
    """Write an MP4 whose index, at its end, has been cut off."""
    return cut(write_clip(path, frames=60), 0.6)


def bad_index_never_written(path: Path) -> Path:
    """Write what a recorder leaves behind when its battery dies."""
    raw = bytearray(write_clip(path).read_bytes())
    at = raw.index(b"mdat") - 4
    raw[at : at + 4] = bytes(4)  # length 0: up to the end of the file
    path.write_bytes(raw[: raw.index(b"moov") - 4])
    return path


def bad_cut_faststart(path: Path) -> Path:
    """Write an MP4 with its index first and its last pictures cut off."""
    return cut(write_clip(path, frames=60, faststart=True), 0.6)


def bad_cut_open_ended(path: Path) -> Path:
    """Write a cut MP4 whose picture data claims to run to the end of the file."""
    end = _packets(write_clip(path, frames=60, faststart=True))[40][0]
    raw = bytearray(path.read_bytes())
    at = raw.index(b"mdat") - 4
    raw[at : at + 4] = bytes(4)
    path.write_bytes(raw[:end])  # between two pictures
    return path


def bad_cut_webm(path: Path) -> Path:
    """Write a WebM that is shorter than its header says."""
    made = write_clip(path.with_suffix(".webm"), frames=60, codec="libvpx-vp9")
    made.replace(path)
    return cut(path, 0.6)


def bad_cut_avi(path: Path) -> Path:
    """Write an AVI with fewer pictures than its header says."""
    made = write_clip(path.with_suffix(".avi"), frames=60, codec="mpeg4")
    made.replace(path)
    return cut(path, 0.6)


def bad_tail_scrambled(path: Path) -> Path:
    """Write a clip of full length whose last pictures are noise."""
    return scramble(write_clip(path, frames=60, gop=60, faststart=True), 0.8, 1.0)


def bad_last_scratched(path: Path) -> Path:
    """Write a clip whose last picture, a keyframe, is half noise."""
    return scratch(write_clip(path, frames=30, gop=29), -1)


def bad_middle_scrambled(path: Path) -> Path:
    """Write a clip with noise in its middle, between good ends."""
    return scramble(write_clip(path, frames=60, faststart=True), 0.45, 0.6)


def bad_sound_only(path: Path) -> Path:
    """Write sound in an MP4."""
    return write_sound(path)


def bad_single_frame(path: Path) -> Path:
    """Write a clip of one picture."""
    return write_clip(path, frames=1)


BAD_CLIPS: Final[dict[str, tuple[Callable[[Path], Path], ...]]] = {
    "empty_file": (bad_empty,),
    "not_a_video": (
        bad_text,
        bad_noise,
        bad_png,
        bad_jpeg,
        bad_playlist,
        bad_unknown_codec,
        bad_all_scrambled,
    ),
    "truncated_file": (
        bad_index_missing,
        bad_index_never_written,
        bad_cut_faststart,
        bad_cut_open_ended,
        bad_cut_webm,
        bad_cut_avi,
        bad_tail_scrambled,
        bad_last_scratched,
    ),
    "damaged_file": (bad_middle_scrambled,),
    "no_video_stream": (bad_sound_only,),
    "zero_duration": (bad_single_frame,),
}
"""Failure code → makers of the clips that must end in it."""
