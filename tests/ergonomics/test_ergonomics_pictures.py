"""Labels, bar, moments and the pipeline of the pictures."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import clips
from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Faces, Language
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.track import track_at
from ergomesh.ergonomics.moments import render_moments
from ergomesh.ergonomics.overlay import OverlayError
from ergomesh.ergonomics.pictures.bar import bar_of, clock, fitted_layout, legend
from ergomesh.ergonomics.pictures.labels import Labels, Placed
from ergomesh.ergonomics.pictures.moment import (
    CAPTION_PX,
    PANEL_PX,
    body_panels,
    moments_of,
    photo_panel,
)
from ergomesh.ergonomics.pictures.places import columns_at, stacked
from ergomesh.ergonomics.pictures.planes import empty_canvas
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.pictures.text import plate_size
from ergomesh.ergonomics.pictures.words import WORDS
from ergomesh.ergonomics.pipeline import DEPTH, ahead
from ergomesh.ergonomics.source_frames import opened, pictures_at
from ergonomics.ergonomics_postures import (
    arm_raise,
    changed,
    clip_of,
    scores_of,
    with_gap,
    without,
)
from ergonomics.ergonomics_scenes import (
    box_scene,
    landmarks_of,
    seen_motion,
)

SIZE = 640, 480
LANGUAGES = list(Language)


# ---- labels


@pytest.mark.parametrize("seed", range(20))
def test_stacked_labels_keep_order_distance_and_room(seed: int) -> None:
    """They never overlap or leave, and stand where wanted if that is possible."""
    rng = np.random.default_rng(seed)
    wanted = rng.uniform(-50, 500, rng.integers(1, 7))
    placed = stacked(wanted, 30, 0, 400)
    assert (np.diff(placed) >= 30 - 1e-9).all()
    assert placed[0] >= -1e-9
    assert placed[-1] <= 400 + 1e-9
    apart = np.sort(wanted)
    if (np.diff(apart) >= 30).all() and apart[0] >= 0 and apart[-1] <= 400:
        assert stacked(apart, 30, 0, 400) == pytest.approx(apart)


@pytest.mark.parametrize("seed", range(5))
def test_stacked_labels_are_the_nearest_places(seed: int) -> None:
    """A slow search finds no places with a smaller sum of squares."""
    rng = np.random.default_rng(seed)
    wanted = rng.uniform(0, 12, 3)
    cost = float(((stacked(wanted, 3, 0, 10) - wanted) ** 2).sum())
    grid = np.arange(0, 10.01, 0.25)
    best = min(
        float(((np.array(places) - wanted) ** 2).sum())
        for places in itertools.product(grid, repeat=3)
        if np.diff(places).min() >= 3
    )
    assert cost <= best + 1e-9


def labels_of(motion: Motion, language: Language = Language.ENGLISH) -> Labels:
    """Return the labels of a motion."""
    return Labels(motion, joint_angles(motion), WORDS[language])


def placed_in(motion: Motion, scale: float, language: Language) -> list[Placed]:
    """Return the labels of the first picture of a motion."""
    columns = columns_at(motion, track_at(motion, motion.time_s))
    return labels_of(motion, language).placed(
        0,
        motion.points_px[0] * scale,
        columns.edges_px[0] * scale,
        (round(SIZE[0] * scale), round(SIZE[1] * scale)),
        columns.at(0),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [0.3, 0.55, 1.0, 1.5])
@pytest.mark.parametrize("shift_px", [-280, 0, 250])
def test_labels_never_overlap_or_leave(
    language: Language, scale: float, shift_px: float
) -> None:
    """Wherever the worker is and however small the picture, each plate stands free."""
    motion = seen_motion()
    moved = changed(motion, points_px=motion.points_px + np.array([shift_px, 0]))
    placed = placed_in(moved, scale, language)
    boxes = [
        (*label.at_px, *np.add(label.at_px, plate_size(label.text, label.letters)))
        for label in placed
    ]
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= round(SIZE[0] * scale)
        assert 0 <= top < bottom <= round(SIZE[1] * scale)
        assert left % 2 == top % 2 == 0
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_only_known_angles_are_written() -> None:
    """Eight labels of a seen body; those of a hidden arm are left out."""
    motion = seen_motion()
    whole = [label.text for label in placed_in(motion, 1.5, Language.ENGLISH)]
    assert sorted(text.rsplit(" ", 2)[0] for text in whole) == sorted(
        [
            *("trunk", "neck"),
            *(f"{s} {n}" for s in "LR" for n in ("upper arm", "elbow", "knee")),
        ]
    )
    arm = without(motion, "left_elbow", "left_wrist")
    left = [label.text for label in placed_in(arm, 1.5, Language.ENGLISH)]
    assert not any("L elbow" in text or "L upper arm" in text for text in left)
    assert len(left) == 6


def test_a_label_says_the_angle_and_its_standard_deviation() -> None:
    """Figures are those of the files, in whole degrees."""
    motion = seen_motion()
    angles = joint_angles(motion)
    values, sds = angles.values_deg.copy(), angles.sd_deg.copy()
    column = angles.names.index("left_elbow_flexion")
    values[:, column], sds[:, column] = -44.6, 7.4
    labels = Labels(motion, Angles(angles.names, values, sds), WORDS[Language.CZECH])
    columns = columns_at(motion, track_at(motion, motion.time_s))
    placed = labels.placed(
        0, motion.points_px[0], columns.edges_px[0], SIZE, columns.at(0)
    )
    texts = [label.text for label in placed]
    assert "L loket −45° ±7" in texts  # noqa: RUF001  # the minus sign


def test_columns_stay_until_the_worker_clearly_turns() -> None:
    """A profile does not change the sides, a back does; nobody has no columns."""
    front = seen_motion(40)
    points = front.points_px.copy()
    middle = points[:, :1]
    narrow = np.concatenate([np.full(10, 1.0), np.tile([0.03, -0.03], 5)])
    widths = np.concatenate([narrow, np.full(20, -1.0)])
    points[..., 0] = (points - middle)[..., 0] * widths[:, None] + middle[..., 0]
    motion = changed(front, points_px=points)
    found = columns_at(motion, track_at(motion, motion.time_s))
    first = found.left_first
    assert (first[:18] == first[0]).all()
    assert (first[23:] != first[0]).all()
    nobody = with_gap(front, 0, 40)
    none = columns_at(nobody, track_at(nobody, nobody.time_s))
    assert np.isnan(none.edges_px).all()


# ---- bar


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "size", [(1920, 1080), (1080, 1920), (640, 480), (75, 51), (31, 4000), (4000, 31)]
)
def test_a_bar_fits_any_clip(language: Language, size: tuple[int, int]) -> None:
    """The legend has the lines that it needs, and drawing never leaves the bar."""
    motion = arm_raise([0.1 * k for k in range(20)], size)
    scores = tuple(scores_of(motion).methods.values())
    words = WORDS[language]
    bar = bar_of(size, scores, motion.time_s, 2.0, words)
    assert bar.layout == fitted_layout(size, 2, legend(words))
    canvas = empty_canvas(bar.layout.width, bar.layout.bar_height)
    for frame, time_s in ((-1, 0.0), (3, 0.3), (19, 2.0), (19, 2.5)):
        bar.draw(canvas.planes, frame, time_s)
    assert bar.layout.width < 100 or canvas.planes[0].max() > 200


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0, "0:00.0"), (9.96, "0:09.9"), (65.3, "1:05.3"), (3600, "60:00.0")],
)
def test_times_read_as_on_a_clock(time_s: float, text: str) -> None:
    """Minutes, seconds and tenths, never rounded up beyond the moment."""
    assert clock(time_s) == text


# ---- moments


def shown(motion: Motion, scene: bytes | None, faces: Faces = Faces.BLURRED) -> Shown:
    """Return what a moment shows, of a clip of 192 x 128."""
    clip = clip_of(motion, width_px=192, height_px=128)
    return Shown(
        clip=clip,
        landmarks=landmarks_of(motion, (192, 128)),
        motion=motion,
        angles=joint_angles(motion),
        scores=scores_of(motion),
        scene=scene,
        people=None,
        faces=faces,
    )


@pytest.fixture
def short_clip(tmp_path: Path) -> Path:
    """Return a clip of 20 pictures, 10 a second."""
    return clips.write_clip(tmp_path / "clip.mp4", frames=20, rate=10, faststart=True)


def small_motion() -> Motion:
    """Return a worker seen in 192 x 128."""
    motion = seen_motion(20)
    shrink = np.diag([0.25, 0.25, 1.0])
    return changed(
        motion,
        intrinsics=shrink @ motion.intrinsics,
        points_px=motion.points_px * 0.25,
    )


def decoded_picture(raw: object) -> NDArray[np.uint8]:
    """Return the pixels of a PNG or JPEG."""
    assert isinstance(raw, bytes)
    picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(picture, np.uint8)


def test_a_moment_has_photo_body_and_side(short_clip: Path) -> None:
    """A photo and two views of the body; without a scene the photo alone."""
    motion, (width, height) = small_motion(), PANEL_PX
    late, early = render_moments(short_clip, shown(motion, box_scene()), [12, 3])
    assert (late.frame, early.frame) == (12, 3)
    assert decoded_picture(late.clip).shape == (height, width, 3)
    body = decoded_picture(late.body)
    assert body.shape[0] == height + CAPTION_PX
    assert body.shape[1] > 2 * width
    assert late.clip != early.clip
    (bare,) = render_moments(short_clip, shown(motion, None), [12])
    assert decoded_picture(bare.clip).shape == (height, width, 3)
    assert bare.body is None


def test_a_moment_without_a_person_has_no_picture(short_clip: Path) -> None:
    """In a gap nothing is shown, least of all somebody else."""
    motion = with_gap(small_motion(), 5, 8)
    (found,) = render_moments(short_clip, shown(motion, box_scene()), [6])
    assert found.clip is None
    assert found.body is None


def test_photo_and_body_are_in_the_same_place(short_clip: Path) -> None:
    """The skeleton's joints in the photo lie on the body beside it."""
    motion = small_motion()
    moments = moments_of(shown(motion, box_scene()))
    body = body_panels(moments, 4)
    with opened(short_clip) as reader:
        (photo,) = pictures_at(reader, moments.what.clip, [0.4])
    assert body is not None
    assert photo is not None
    panel = photo_panel(moments, photo, 4)
    assert panel is not None
    joints = panel.min(axis=-1) > 240  # the skeleton's white
    same = body[: PANEL_PX[1], : PANEL_PX[0]]
    dark = same.max(axis=-1) < 225
    near = cv2.dilate(dark.astype(np.uint8), np.ones((41, 41), np.uint8))
    assert joints.sum() > 200
    assert near[joints].mean() > 0.9


def test_pictures_are_those_of_their_times(short_clip: Path) -> None:
    """Seeking, in any order, gives what decoding from the start gives."""
    with av.open(str(short_clip)) as reader:
        every = [f.to_ndarray(format="bgr24") for f in reader.decode(video=0)]
    motion = small_motion()
    clip = clip_of(motion, width_px=192, height_px=128)
    order = [17, 2, 2, 9, 0]
    with opened(short_clip) as reader:
        found = pictures_at(reader, clip, [clip.frame_times_s[k] for k in order])
        beyond = pictures_at(reader, clip, [99.0])
    for k, picture in zip(order, found, strict=True):
        assert picture is not None
        assert (picture == every[k]).all()
    assert beyond == [None]


@pytest.mark.parametrize("rotation_deg", [90, 180, 270])
def test_pictures_are_upright(short_clip: Path, rotation_deg: int) -> None:
    """A picture is turned clockwise by what the clip's facts say."""
    clip = clip_of(small_motion(), rotation_deg=rotation_deg)
    with av.open(str(short_clip)) as reader:
        lying = next(reader.decode(video=0)).to_ndarray(format="bgr24")
    with opened(short_clip) as reader:
        (found,) = pictures_at(reader, clip, [0.0])
    assert found is not None
    assert (found == np.rot90(lying, -rotation_deg // 90)).all()


def test_a_moment_of_an_unreadable_clip_is_one_plain_error(tmp_path: Path) -> None:
    """The source is named, as for the overlay."""
    with pytest.raises(OverlayError, match=r"moments of .*none\.mp4"):
        render_moments(tmp_path / "none.mp4", shown(small_motion(), None), [0])


# ---- pipeline


def test_a_thread_makes_the_same_items() -> None:
    """Taken ahead or not, the items and their order are the same."""
    with ahead(iter(range(100))) as items:
        assert list(items) == list(range(100))


def test_errors_come_out_where_the_items_are_taken() -> None:
    """What making raises ends the taking, after the items before it."""

    def _items() -> Iterator[int]:
        yield 1
        msg = "broken"
        raise OSError(msg)

    taken: list[int] = []
    with pytest.raises(OSError, match="broken"), ahead(_items()) as items:
        taken.extend(items)
    assert taken == [1]


def test_nobody_works_ahead_of_what_is_wanted() -> None:
    """The maker stays a few items ahead, and stops when the taker leaves."""
    made: list[int] = []

    def _items() -> Iterator[int]:
        for k in itertools.count():
            made.append(k)
            yield k

    before = threading.active_count()
    with ahead(_items()) as items:
        assert next(items) == 0
    assert threading.active_count() == before
    assert len(made) <= DEPTH + 3


def test_words_are_in_both_languages() -> None:
    """Every language has every word, and the words differ where they should."""
    english, czech = WORDS[Language.ENGLISH], WORDS[Language.CZECH]
    for name in english.__dataclass_fields__:
        assert getattr(english, name)
        assert getattr(czech, name)
    assert english.trunk != czech.trunk
