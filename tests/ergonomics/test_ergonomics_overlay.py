"""The overlay video: its times, size, form, orientation and what is drawn."""

import functools
import http.server
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import clips
from ergomesh.contract.arrays import Motion
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.job import Faces, Language
from ergomesh.contract.people import People
from ergomesh.contract.skeleton import SMPLX_JOINTS
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.look import MAX_SIZE_PX, Layout
from ergomesh.ergonomics.overlay import OverlayError, render_overlay
from ergomesh.ergonomics.pictures.bar import fitted_layout, legend
from ergomesh.ergonomics.pictures.body import camera_of
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.pictures.words import WORDS
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    arm_raise,
    changed,
    clip_of,
    motion_of,
    scores_of,
    with_gap,
    without,
)
from ergonomics.ergonomics_scenes import (
    box_scene,
    landmarks_of,
    people_of,
    person_of,
)

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


def shown(
    clip: ClipInfo,
    motion: Motion,
    *,
    scene: bytes | None = None,
    people: People | None = None,
    faces: Faces = Faces.SHOWN,
) -> Shown:
    """Return what an overlay shows."""
    return Shown(
        clip=clip,
        landmarks=landmarks_of(motion, (clip.width_px, clip.height_px)),
        motion=motion,
        angles=joint_angles(motion),
        scores=scores_of(motion),
        scene=scene,
        people=people,
        faces=faces,
    )


def layout_for(clip: ClipInfo) -> Layout:
    """Return the layout of a clip's overlay."""
    items = legend(WORDS[Language.ENGLISH])
    return fitted_layout((clip.width_px, clip.height_px), 2, items)


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
        shown(clip, motion, scene=box_scene()),
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
    layout = layout_for(clip)
    assert (width, height) == (layout.width, layout.height)
    assert max(width, height) <= MAX_SIZE_PX[0]
    assert min(width, height) <= MAX_SIZE_PX[1]
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


def pictures_of(tmp_path: Path, what: Shown) -> Pictures:
    """Render the clip that was written, and return its pictures."""
    out = tmp_path / "again.mp4"
    render_overlay(tmp_path / "clip.mkv", what, out, progress=lambda _: None)
    return decoded(out)[1]


def test_skeleton_is_drawn_where_the_worker_is(tmp_path: Path) -> None:
    """Without labels the picture changes near the joints and nowhere else."""
    times, size = even_times(3), (160, 120)
    write_clip(tmp_path / "clip.mkv", times, size, start_s=0.2)
    motion = arm_raise(times, size)
    clip = clip_of(motion, width_px=160, height_px=120, first_pts_s=0.2)
    what = shown(clip, motion)
    none = np.full_like(what.angles.values_deg, np.nan)
    unknown = replace(what, angles=Angles(what.angles.names, none, none))
    with_worker = pictures_of(tmp_path, unknown)
    without_worker = pictures_of(tmp_path, shown(clip, with_gap(motion, 0, 3)))
    layout = layout_for(clip)
    change = np.abs(with_worker[0].astype(int) - without_worker[0]).max(axis=-1)
    rows, columns = np.nonzero(change[: layout.picture_height] > 60)
    points = motion.points_px[0] * layout.scale
    margin = 16
    assert len(rows) > 1000
    assert columns.min() > points[:, 0].min() - margin
    assert columns.max() < points[:, 0].max() + margin
    assert rows.min() > points[:, 1].min() - margin
    assert rows.max() < points[:, 1].max() + margin


def test_faces_are_covered_unless_they_may_be_shown(tmp_path: Path) -> None:
    """By default the heads of worker and bystander are smooth, else untouched."""
    times, size = even_times(3), (160, 120)
    write_clip(tmp_path / "clip.mkv", times, size, start_s=0.2)
    motion = with_gap(arm_raise(times, size), 0, 3)
    clip = clip_of(motion, width_px=160, height_px=120, first_pts_s=0.2)
    corner = (0.4, 0.35, 0.6, 0.65)  # of the white quarter
    people = people_of(person_of(1, [0.0], [corner]))
    covered = shown(clip, motion, people=people, faces=Faces.BLURRED)
    plain = shown(clip, motion, people=people, faces=Faces.SHOWN)
    layout = layout_for(clip)
    middle = slice(layout.picture_height // 2 - 4, layout.picture_height // 2 + 4)
    steps = [
        np.abs(np.diff(picture[middle, : layout.width].astype(int), axis=0)).max()
        for picture in (
            pictures_of(tmp_path, each)[0][:, int(layout.width * 0.48) :][:, :8]
            for each in (covered, plain)
        )
    ]
    assert 2 * steps[0] < steps[1]


def test_body_is_drawn_over_the_worker(tmp_path: Path) -> None:
    """The scene's body covers about what its boxes cover, seen by the clip's camera."""
    times, size = even_times(2), (640, 480)
    write_clip(tmp_path / "clip.mkv", times, size, start_s=0.2)
    motion = without(motion_of([ARMS_DOWN, ARMS_DOWN]), *SMPLX_JOINTS)
    motion = changed(motion, time_s=np.array(times))
    clip = clip_of(motion, width_px=640, height_px=480, first_pts_s=0.2)
    bare, drawn = (
        pictures_of(tmp_path, shown(clip, motion, scene=scene))[0].astype(int)
        for scene in (None, box_scene())
    )
    layout = layout_for(clip)
    changes = np.abs(drawn - bare).max(axis=-1)[: layout.picture_height] > 6
    camera = camera_of(motion).scaled(layout.scale)
    for point in camera.points_px(motion.joints_world_m[0]):
        column, row = np.rint(point).astype(int)
        assert changes[row, column]
    rows, columns = np.nonzero(changes)
    joints = camera.points_px(motion.joints_world_m[0])
    assert columns.min() > joints[:, 0].min() - 12
    assert rows.max() < joints[:, 1].max() + 12


def test_cursor_travels(tmp_path: Path) -> None:
    """The white cursor of the timeline moves to the right with time."""
    out, clip = rendered(tmp_path, even_times(10), (96, 64))
    _, pictures = decoded(out)
    layout = layout_for(clip)
    left, top, width, _ = layout.timeline_px(0)
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
        shown(clip_of(motion, width_px=96, height_px=64), motion),
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
            shown(clip_of(motion), motion),
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
            shown(clip_of(motion), motion),
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

    render_overlay(path, shown(clip, motion), out, progress=lambda _share: None)

    _, pictures = decoded(out)
    assert 30 < len(pictures) <= 60
