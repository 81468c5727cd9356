import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.accuracy import clip_files, landmarks
from bench.accuracy.clip_files import (
    ClipFiles,
    add_clip_options,
    chosen_clips,
    files_of,
)
from bench.accuracy.judge import Judge, landmarks_at
from bench.accuracy.landmarks import Shelf
from bench.accuracy.look import Fitted, frame_errors_deg, worst_frames
from bench.accuracy.pipeline import read_angles
from bench.accuracy.refit import Kept, changed_settings, kept_clips
from bench.accuracy.truth import at_frames
from bench.workers.scenes import SCENES, Split
from bench_accuracy.accuracy_scenes import perfect_landmarks
from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, joint_angles
from ergomesh.ergonomics.core.csv_files import angles_csv
from ergonomics.ergonomics_postures import ARMS_DOWN, bent_elbow, motion_of

POSES = [bent_elbow(10.0 * k) for k in range(8)]
TRUTH = motion_of(POSES)


@pytest.fixture
def clip(tmp_path: Path) -> ClipFiles:
    """A clip with a truth and bytes that stand for a video."""
    clip = files_of(SCENES[0], tmp_path)
    clip.truth.write_bytes(TRUTH.to_npz())
    clip.video.write_bytes(b"video")
    return clip


def options(folder: Path, *words: str) -> argparse.Namespace:
    """Return what a command's options say."""
    parser = argparse.ArgumentParser()
    add_clip_options(parser)
    return parser.parse_args(["--clips", str(folder), *words])


def test_tuning_never_sees_what_is_kept_out() -> None:
    """The parts have no scene in common and together they are all."""
    parts = {part: clip_files.wanted_scenes(part) for part in clip_files.PARTS}

    assert {s.split for s in parts["tuning"]} == {Split.TUNING}
    assert Split.TUNING not in {s.split for s in parts["held-out"]}
    names = [s.name for s in (*parts["tuning"], *parts["held-out"])]
    assert sorted(names) == sorted(s.name for s in parts["all"])
    assert len(parts["held-out"]) >= len(parts["all"]) / 3


def test_tuning_is_what_a_command_takes_unless_told(clip: ClipFiles) -> None:
    """Only rendered clips of the part, and only those with a word, are chosen."""
    part = "tuning" if clip.split is Split.TUNING else "held-out"
    folder = clip.video.parent
    found = chosen_clips(options(folder, "--part", part))

    assert [c.name for c in found] == [clip.name]
    assert chosen_clips(options(folder, "--part", part, "--only", "no such")) == []
    assert [c.split for c in chosen_clips(options(folder))] == [
        c.split for c in found if c.split is Split.TUNING
    ]


def test_the_truth_is_taken_at_the_analysed_frames(clip: ClipFiles) -> None:
    """Every array of the truth is of the frames that were asked for."""
    frames = np.array([1, 4, 6])
    judge = Judge.of(clip, frames)

    np.testing.assert_array_equal(judge.truth.frame, frames)
    np.testing.assert_array_equal(
        judge.exact.angles.value_deg("left_elbow_flexion"),
        joint_angles(TRUTH).value_deg("left_elbow_flexion")[frames],
    )
    assert judge.motion(at_frames(TRUTH, frames)).clip == clip.name


@pytest.mark.parametrize("frames", [[3, 99], [-1], [8]])
def test_a_frame_without_truth_is_named(frames: list[int]) -> None:
    """A frame that the truth does not have is an error, not a neighbour."""
    with pytest.raises(LookupError, match=str(max(frames, key=abs))):
        at_frames(TRUTH, np.array(frames))


def test_raw_landmarks_are_taken_at_the_same_frames() -> None:
    """Landmarks of every frame are cut down to the analysed ones."""
    every = perfect_landmarks(POSES, TRUTH)
    some = landmarks_at(every, np.array([0, 5]))

    np.testing.assert_array_equal(some.frame, [0, 5])
    np.testing.assert_array_equal(some.points_world_m[1], every.points_world_m[5])
    assert some.model == every.model


def test_published_angles_are_read_back() -> None:
    """What is read from angles.csv is what was written, empty cells as NaN."""
    angles = joint_angles(TRUTH)
    hidden = TRUTH.joint_observed.copy()
    hidden[2] = False
    holed = replace(TRUTH, joint_observed=hidden)
    found = read_angles(angles_csv(holed, joint_angles(holed)))

    assert np.isnan(found[2]).all()
    np.testing.assert_allclose(
        found[3], [angles.value_deg(name)[3] for name in ANGLE_NAMES], atol=0.006
    )


def test_landmarks_are_current_until_clip_or_code_change(
    clip: ClipFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landmarks are found again when the clip's bytes or the code are others."""
    looked: list[str] = []

    def look(kind: str, _video: Path) -> Landmarks:
        looked.append(kind)
        return perfect_landmarks(POSES, TRUTH)

    monkeypatch.setattr(landmarks, "look", look)
    shelf = Shelf(tmp_path / "shelf")
    for _ in range(2):
        shelf.current("balanced", clip)
    assert looked == ["balanced"]
    clip.video.write_bytes(b"another")
    assert not shelf.is_current("balanced", clip)
    shelf.current("balanced", clip)
    monkeypatch.setattr(landmarks, "code_version", lambda _: "new code")
    assert not shelf.is_current("balanced", clip)
    assert shelf.read("balanced", clip.name) is not None
    assert shelf.read("best", clip.name) is None


def test_only_clips_with_landmarks_are_refitted(
    clip: ClipFiles, tmp_path: Path
) -> None:
    """A clip nobody looked at is left out, and staleness is told."""
    shelf = Shelf(tmp_path / "shelf")
    assert kept_clips([clip], shelf, "balanced") == ()

    shelf.keep("balanced", clip, perfect_landmarks(POSES, TRUTH))
    (kept,) = kept_clips([clip], shelf, "balanced")

    assert kept.current
    assert kept.video is None


def test_settings_are_changed_by_name() -> None:
    """A change is a field's name and a Python value."""
    changed = changed_settings(["pixel_sd_m=0.5", "robust_scales=(4.0, 2.0)"])

    assert (changed.pixel_sd_m, changed.robust_scales) == (0.5, (4.0, 2.0))
    with pytest.raises(TypeError, match="no_such"):
        changed_settings(["no_such=1"])


def fitted(clip: ClipFiles, motion: Motion) -> Fitted:
    """Return a fit that somebody else made."""
    judge = Judge.of(clip, motion.frame)
    kept = Kept(clip, perfect_landmarks(POSES, TRUTH), None, current=True)
    return Fitted(
        kept=kept, motion=motion, judge=judge, comparison=judge.motion(motion)
    )


def test_the_worst_frames_are_found_apart_in_time(clip: ClipFiles) -> None:
    """The frame with the largest error comes first, its neighbours not at all."""
    wrong = [*POSES[:-1], ARMS_DOWN]
    fit = fitted(clip, motion_of(wrong))
    angles = ["elbow_flexion"]

    errors = frame_errors_deg(fit.comparison, angles)
    (first, row), *others = worst_frames([fit], angles, 8)

    assert first is fit
    assert row == int(errors.argmax()) == len(POSES) - 1
    assert errors[row] == pytest.approx(70.0)
    assert all(abs(other - row) >= 7 for _, other in others)
