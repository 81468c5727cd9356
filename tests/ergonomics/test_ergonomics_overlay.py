"""The overlay video: its times, size, form, orientation and what is drawn."""

import functools
import http.server
import threading
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import clips
from ergomesh.contract.clip import ClipInfo
from ergomesh.ergonomics.core.look import (
    MAX_SIZE_PX,
    layout_of,
)
from ergomesh.ergonomics.overlay import OverlayError, render_overlay
from ergonomics.ergonomics_postures import arm_raise, clip_of, scores_of, with_gap

Pictures = list[NDArray[np.uint8]]


def write_clip(
    path: Path, times_s: Sequence[float], size_px: tuple[int, int], *, start_s: float
) -> None:
    """Write a lossless clip whose upper left quarter is white, the rest grey."""
    width, height = size_px
    picture = np.full((height, width, 3), 60, np.uint8)
    picture[: height // 2, : width // 2] = 255
    with av.open(str(path), "w") as writer:
        stream = writer.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for time_s in times_s:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = round((start_s + time_s) * 1000)
            writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))


def even_times(count: int) -> list[float]:
    """Return times of a clip of 25 pictures a second."""
    return [0.04 * k for k in range(count)]


def rendered(
    tmp_path: Path,
    times_s: Sequence[float],
    size_px: tuple[int, int],
    rotation_deg: int = 0,
) -> tuple[Path, ClipInfo]:
    """Write a clip, render its overlay; return it and the clip's facts."""
    write_clip(tmp_path / "clip.mkv", times_s, size_px, start_s=0.2)
    upright = size_px if rotation_deg % 180 == 0 else size_px[::-1]
    motion = arm_raise(times_s, upright)
    clip = clip_of(
        motion,
        width_px=upright[0],
        height_px=upright[1],
        rotation_deg=rotation_deg,
        first_pts_s=0.2,
    )
    out = tmp_path / "overlay.mp4"
    done: list[float] = []
    render_overlay(
        str(tmp_path / "clip.mkv"),
        clip,
        motion,
        scores_of(motion),
        out,
        progress=done.append,
    )
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert len(done) == len(times_s)
    return out, clip


def decoded(path: Path) -> tuple[list[float], Pictures]:
    """Return times and pictures of a video."""
    with av.open(str(path)) as reader:
        frames = list(reader.decode(video=0))
    pictures = [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in frames]
    return [float(frame.time) for frame in frames], pictures


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_upright_odd_sized_clip(tmp_path: Path, rotation_deg: int) -> None:
    """Any rotation ends upright, even-sized and within 720p, with the bar below."""
    size = 75, 51
    out, clip = rendered(tmp_path, even_times(4), size, rotation_deg)
    _, pictures = decoded(out)
    height, width, _ = pictures[0].shape
    layout = layout_of(clip.width_px, clip.height_px)
    assert (width, height) == (layout.width, layout.height)
    assert width <= MAX_SIZE_PX[0]
    assert height <= MAX_SIZE_PX[1]
    assert width % 2 == height % 2 == 0
    ratio = layout.width / layout.picture_height
    assert ratio == pytest.approx(clip.width_px / clip.height_px, rel=0.02)
    picture = pictures[0][: layout.picture_height]
    corners = {
        0: picture[20, 20],
        90: picture[20, -20],
        180: picture[-20, -20],
        270: picture[-20, 20],
    }
    bright = {turn for turn, pixel in corners.items() if pixel.min() > 200}
    assert bright == {rotation_deg}


def test_times_of_the_source_are_kept(tmp_path: Path) -> None:
    """Pictures at irregular times keep them, and the clip its length."""
    times = [0.0, 0.04, 0.08, 0.3, 0.32, 0.7, 0.75]
    out, clip = rendered(tmp_path, times, (96, 64))
    found, _ = decoded(out)
    assert found == pytest.approx(times, abs=0.001)
    with av.open(str(out)) as reader:
        stream = reader.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        length = float(stream.duration * stream.time_base)
    assert length == pytest.approx(clip.duration_s, abs=0.04)


def test_form_of_the_file(tmp_path: Path) -> None:
    """The file is H.264 in yuv420p without sound, its index in front."""
    out, _ = rendered(tmp_path, even_times(6), (96, 64))
    with av.open(str(out)) as reader:
        (stream,) = reader.streams
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    raw = out.read_bytes()
    assert 0 < raw.index(b"moov") < raw.index(b"mdat")


def test_skeleton_is_drawn_where_the_worker_is(tmp_path: Path) -> None:
    """The picture changes near the joints and nowhere else."""
    times, size = even_times(3), (160, 120)
    _, with_worker = decoded(rendered(tmp_path, times, size)[0])
    motion = arm_raise(times, size)
    clip = clip_of(motion, width_px=160, height_px=120, first_pts_s=0.2)
    nobody = with_gap(motion, 0, 3)
    bare = tmp_path / "bare.mp4"
    render_overlay(
        tmp_path / "clip.mkv",
        clip,
        nobody,
        scores_of(nobody),
        bare,
        progress=lambda _: None,
    )
    _, without_worker = decoded(bare)
    layout = layout_of(160, 120)
    change = np.abs(with_worker[0].astype(int) - without_worker[0]).max(axis=-1)
    rows, columns = np.nonzero(change[: layout.picture_height] > 60)
    points = motion.points_px[0] * layout.scale
    margin = 16
    assert len(rows) > 1000
    assert columns.min() > points[:, 0].min() - margin
    assert columns.max() < points[:, 0].max() + margin
    assert rows.min() > points[:, 1].min() - margin
    assert rows.max() < points[:, 1].max() + margin


def test_cursor_travels(tmp_path: Path) -> None:
    """The white cursor of the timeline moves to the right with time."""
    out, clip = rendered(tmp_path, even_times(10), (96, 64))
    _, pictures = decoded(out)
    layout = layout_of(clip.width_px, clip.height_px)
    left, top, width, _ = layout.timeline_px(2)
    rows = [p[layout.picture_height + top // 2, left : left + width] for p in pictures]
    places = [int(np.argmax(row.min(axis=-1))) for row in rows]
    assert places == sorted(places)
    expected = [time / clip.duration_s * width for time in clip.frame_times_s]
    assert places == pytest.approx(expected, abs=4)


@pytest.fixture
def web_folder(tmp_path: Path) -> Iterator[str]:
    """Serve a folder over HTTP."""
    quiet = type(
        "Quiet",
        (http.server.SimpleHTTPRequestHandler,),
        {"log_message": lambda *_: None},
    )
    handler = functools.partial(quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_source_may_be_an_address(tmp_path: Path, web_folder: str) -> None:
    """A clip behind an http address renders as from a file."""
    times, size = even_times(3), (96, 64)
    write_clip(tmp_path / "clip.mkv", times, size, start_s=0.0)
    motion = arm_raise(times, size)
    out = tmp_path / "overlay.mp4"
    render_overlay(
        f"{web_folder}/clip.mkv?signature=secret",
        clip_of(motion, width_px=96, height_px=64),
        motion,
        scores_of(motion),
        out,
        progress=lambda _: None,
    )
    assert len(decoded(out)[0]) == 3


@pytest.mark.parametrize("content", [None, b"not a clip at all"])
def test_unreadable_source_is_one_plain_error(
    tmp_path: Path, content: bytes | None
) -> None:
    """A source that cannot be read is named, without secrets, and leaves no file."""
    source = tmp_path / "clip.mp4"
    if content is not None:
        source.write_bytes(content)
    motion = arm_raise(even_times(2), (96, 64))
    out = tmp_path / "overlay.mp4"
    with pytest.raises(OverlayError, match=r"clip\.mp4 could not"):
        render_overlay(
            source,
            clip_of(motion),
            motion,
            scores_of(motion),
            out,
            progress=lambda _: None,
        )
    assert not out.exists()


def test_addresses_lose_their_secrets(tmp_path: Path) -> None:
    """The message of an unreachable address does not hold its query."""
    motion = arm_raise(even_times(2), (96, 64))
    with pytest.raises(OverlayError) as caught:
        render_overlay(
            "http://127.0.0.1:9/clip.mp4?signature=secret",
            clip_of(motion),
            motion,
            scores_of(motion),
            tmp_path / "overlay.mp4",
            progress=lambda _: None,
        )
    assert "secret" not in str(caught.value)


def test_damage_between_analysed_frames_costs_no_overlay(tmp_path: Path) -> None:
    """Where a few pictures are noise, the overlay shows the others."""
    times = even_times(60)
    path = clips.write_clip(tmp_path / "clip.mp4", frames=60, rate=25, faststart=True)
    clips.scramble(path, 0.45, 0.55)
    motion = arm_raise(times, (192, 128))
    clip = clip_of(motion, width_px=192, height_px=128)
    out = tmp_path / "overlay.mp4"

    render_overlay(
        path, clip, motion, scores_of(motion), out, progress=lambda _share: None
    )

    _, pictures = decoded(out)
    assert 30 < len(pictures) <= 60
