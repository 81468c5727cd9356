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
from ergonomics.ergonomics_postures import (
    bent_elbow,
    changed,
    clip_of,
    flexed_arm,
    motion_of,
    with_gap,
    without,
)
from numpy.typing import NDArray

from ergomesh.contract.arrays import Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.look import (
    GREY,
    LEVEL_COLOURS,
    MAX_SIZE_PX,
    layout_of,
    reading,
    sd_colour,
    timeline_picture,
)
from ergomesh.ergonomics.core.scores import Scores, score_motion
from ergomesh.ergonomics.core.track import (
    MAX_GAP_S,
    index_near,
    timeline_columns,
    track_at,
    worse_side,
)
from ergomesh.ergonomics.overlay import OverlayError, render_overlay

Pictures = list[NDArray[np.uint8]]


def scores_of(motion: Motion) -> Scores:
    """Score a motion."""
    return score_motion(motion, joint_angles(motion), TaskFacts())


def arm_raise(times_s: Sequence[float], size_px: tuple[int, int]) -> Motion:
    """Return a worker in the middle of a picture who raises an arm."""
    motion = motion_of([flexed_arm(6.0 * k) for k in range(len(times_s))])
    width, height = size_px
    joints = motion.joints_world_m[..., :2] * [-1, -1] + [0, 1]
    points = joints * height / 4 + [width / 2, height / 2]
    return changed(motion, time_s=np.array(times_s), points_px=points)


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


# ---- the pure parts


def test_joints_move_straight_between_analysed_frames() -> None:
    """Between two analysed frames joints are interpolated in time."""
    motion = arm_raise([0.0, 0.2, 0.4], (640, 480))
    found = track_at(motion, np.array([0.0, 0.05, 0.3, 0.4])).points_px
    a, b, c = motion.points_px
    assert found[0] == pytest.approx(a)
    assert found[1] == pytest.approx(0.75 * a + 0.25 * b)
    assert found[2] == pytest.approx((b + c) / 2)
    assert found[3] == pytest.approx(c)


def test_nothing_is_drawn_across_a_long_gap() -> None:
    """Short gaps are bridged, long ones stay empty, and so do far ends."""
    motion = arm_raise([0.1 * k for k in range(30)], (640, 480))
    times = np.arange(30) / 10
    short = track_at(with_gap(motion, 10, 13), times)
    assert np.isfinite(short.points_px).all()
    long = track_at(with_gap(motion, 10, 20), times)
    empty = np.isnan(long.points_px).all(axis=(1, 2))
    assert np.flatnonzero(empty).tolist() == list(range(10, 20))
    assert (long.nearest[10:20] == -1).all()
    late = track_at(motion, np.array([2.9 + MAX_GAP_S / 2, 2.9 + 2 * MAX_GAP_S]))
    assert np.isfinite(late.points_px[0]).all()
    assert np.isnan(late.points_px[1]).all()


def test_track_of_nobody_is_empty() -> None:
    """Without a person there is nothing to draw."""
    nobody = with_gap(arm_raise([0.0, 0.1], (64, 48)), 0, 2)
    found = track_at(nobody, np.array([0.0, 0.05]))
    assert np.isnan(found.points_px).all()
    assert found.nearest.tolist() == [-1, -1]


def test_timeline_keeps_every_peak() -> None:
    """Each column shows the highest score within it, however many frames it has."""
    score = np.ones(1000)
    score[337] = 9
    found = timeline_columns(score, np.linspace(0, 10, 1001), 50)
    assert found.shape == (50,)
    assert np.flatnonzero(found == 9).tolist() == [337 * 50 // 1000]
    few = timeline_columns(np.array([2.0, np.nan, 4.0]), np.array([0, 1, 2, 4.0]), 8)
    assert few.tolist() == [2, 2, 0, 0, 4, 4, 4, 4]


def test_nearest_index() -> None:
    """The nearest time wins, the ends hold."""
    times = np.array([0.0, 1.0, 3.0])
    asked = [-5.0, 0.4, 0.6, 1.9, 2.1, 9.0]
    assert [index_near(times, t) for t in asked] == [0, 0, 1, 1, 2, 2]


def test_levels_read_without_colour() -> None:
    """Each worse level is clearly darker, so the shades read in grey."""
    weights = np.array([0.114, 0.587, 0.299])
    grey = [float(np.dot(weights, colour)) for colour in LEVEL_COLOURS]
    assert (np.diff(grey) < -20).all()


def test_uncertain_joints_are_darker() -> None:
    """A joint's colour darkens with its standard deviation, unknown the darkest."""
    grey = [sum(sd_colour(sd)) for sd in (0.0, 0.02, 0.05, 0.3, float("nan"))]
    assert grey == sorted(grey, reverse=True)
    assert grey[-1] == grey[-2]


def test_box_says_score_range_or_nothing() -> None:
    """A box shows the worse score, what is left open, and a dash without a person."""
    motion = motion_of([bent_elbow(80), flexed_arm(100), bent_elbow(80)])
    motion = with_gap(motion, 2, 3)
    reba = scores_of(motion).methods["reba"]
    worse = max(side.value[1] for side in reba.sides.values())
    assert reading(reba, 0) == ("1", 0)
    assert reading(reba, 1) == (f"{worse:.0f}", 1)
    assert reading(reba, 2) == ("-", -1)
    assert reading(reba, -1) == ("-", -1)
    no_arm = scores_of(without(motion, "right_elbow")).methods["reba"]
    assert reading(no_arm, 1) == (f"{worse:.0f}+", 1)
    legs = (
        f"{side}_{name}" for side in ("left", "right") for name in ("knee", "ankle")
    )
    hidden = scores_of(without(motion, *legs)).methods["reba"]
    text, level = reading(hidden, 0)
    low, high = map(int, text.split("-"))
    assert low == 1 < high
    assert level == -1


def test_timeline_draws_what_is_known() -> None:
    """A column is as high and dark as its score, and empty where there is none."""
    motion = motion_of([bent_elbow(80), flexed_arm(120), bent_elbow(80), {}])
    motion = with_gap(motion, 2, 3)
    found = scores_of(motion).methods["reba"]
    # Half a step later, each frame stands for just one column.
    picture = timeline_picture(found, motion.time_s + 0.05, 0.4 - 1e-9, (4, 30))
    worse = worse_side(found)
    filled = (picture != GREY).any(axis=-1).sum(axis=0)
    expected = np.ceil(np.nan_to_num(worse) / found.highest() * 30)
    assert filled.tolist() == expected.tolist()
    assert filled[2] == 0
    for column, level in enumerate(found.levels(worse)):
        if level >= 0:
            assert picture[-1, column].tolist() == list(LEVEL_COLOURS[level])


@pytest.mark.parametrize(
    "size", [(1920, 1080), (1080, 1920), (75, 51), (4000, 30), (31, 4000), (720, 720)]
)
def test_layouts_are_even_and_fit(size: tuple[int, int]) -> None:
    """Any picture size gives an even layout within 720p, timeline inside."""
    layout = layout_of(*size)
    numbers = layout.width, layout.picture_height, layout.bar_height, layout.box_width
    assert all(number % 2 == 0 for number in numbers)
    assert layout.width <= MAX_SIZE_PX[0]
    assert layout.height <= MAX_SIZE_PX[1]
    left, top, width, height = layout.timeline_px(2)
    assert top + height <= layout.bar_height
    assert width >= 2
    assert left + width <= max(layout.width, left + 2)
