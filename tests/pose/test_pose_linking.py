"""Whether stretches are one person: followed twice, lost and back, or two people."""

from collections.abc import Sequence

import numpy as np
import pytest

from ergomesh.contract.arrays import FloatArray
from ergomesh.pose.colours import SIZE
from ergomesh.pose.linking import persons
from ergomesh.pose.range_view import RangeView

RATE_HZ = 15.0
STEPS = 90
BLUE, RED = (np.tile(np.eye(SIZE // 2)[k], 2) for k in (0, 1))
"""Shirt and trousers of one colour."""
HERE = np.array([100.0, 100.0, 200.0, 400.0])
BESIDE = HERE + np.array([120.0, 0.0, 120.0, 0.0])


def seen(
    *tracks: tuple[Sequence[int], FloatArray],
    clothes: tuple[FloatArray, ...] = (BLUE, BLUE),
) -> RangeView:
    """Return a range in which tracks were seen in some pictures, each in its box."""
    rows = sorted((step, k) for k, (steps, _) in enumerate(tracks) for step in steps)
    step, track = (np.array(column) for column in zip(*rows, strict=True))
    looks = np.full((0, 33), np.nan)
    return RangeView(
        frame=np.arange(STEPS),
        time_s=np.arange(STEPS) / RATE_HZ,
        kept=np.ones(STEPS, dtype=bool),
        scanned=np.ones(STEPS, dtype=bool),
        track=track,
        step=step,
        box_px=np.stack([tracks[k][1] for k in track]),
        head_px=np.stack([tracks[k][1] for k in track]),
        checked=np.ones(len(rows), dtype=bool),
        look=np.full(len(rows), -1),
        points_px=np.zeros((0, 33, 2)),
        depth_px=looks,
        points_world_m=np.zeros((0, 33, 3)),
        visibility=looks,
        presence=looks,
        colours=np.stack(clothes),
        glimpse_track=np.zeros(0, dtype=np.int64),
        glimpse_step=np.zeros(0, dtype=np.int64),
        glimpse_box_px=np.zeros((0, 4)),
        glimpse_head_px=np.zeros((0, 4)),
        background_lines_px=np.zeros((0, 4)),
    )


LATE = range(40, STEPS)
CASES = {
    "twice before lost": (range(44), LATE),
    "twice inside": (
        [*range(30), *range(45, STEPS)],
        range(26, 49),
    ),
    "lost and back": (range(30), range(50, STEPS)),
}


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_who_was_followed_twice_is_one_person(name: str, *, swap: bool) -> None:
    """Stretches in one place are one person, each picture once, in order of time."""
    one, other = CASES[name]
    tracks = [(one, HERE), (other, HERE + 5)]
    (found,) = persons([seen(*(tracks[::-1] if swap else tracks))])
    assert sorted({*one, *other}) == np.round(found.time_s * RATE_HZ).tolist()
    assert (np.diff(found.time_s) > 0).all()


@pytest.mark.parametrize("swap", [False, True])
def test_the_longer_track_is_believed(*, swap: bool) -> None:
    """Where both tracks saw a person, the longer tells: the other adds what is left."""
    tracks = [([*range(30), *range(45, STEPS)], HERE), (range(26, 49), HERE + 5)]
    (found,) = persons([seen(*(tracks[::-1] if swap else tracks))])
    steps = np.arange(STEPS)
    added = (steps >= 30) & (steps < 45)
    assert (found.box_px[~added] == HERE).all()
    assert (found.box_px[added] == HERE + 5).all()


@pytest.mark.parametrize(
    ("tracks", "clothes"),
    [
        (((range(44), HERE), (LATE, BESIDE)), (BLUE, BLUE)),
        (((range(44), HERE), (LATE, HERE + 5)), (BLUE, RED)),
        (((range(80), HERE), (range(20, STEPS), HERE + 5)), (BLUE, BLUE)),
        (((range(44), HERE), (LATE, HERE + 40)), (BLUE, BLUE)),
        (((range(80), HERE), (range(0, STEPS, 6), HERE + 5)), (BLUE, BLUE)),
    ],
    ids=["beside", "other clothes", "for long", "half behind", "seldom, for long"],
)
def test_two_people_stay_two(
    tracks: tuple[tuple[Sequence[int], FloatArray], ...],
    clothes: tuple[FloatArray, FloatArray],
) -> None:
    """Who is beside, dressed otherwise, or there for long, too, is somebody else."""
    assert len(persons([seen(*tracks, clothes=clothes)])) == 2
