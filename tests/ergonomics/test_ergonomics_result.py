"""``result.json``: time weighs, gaps do not, and everything assumed is said."""

import hashlib
import json
from dataclasses import replace
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.arrays import Motion
from ergomesh.contract.errors import UndecodableError
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import TaskFacts
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, joint_angles
from ergomesh.ergonomics.core.result import Result, decode_result, encode_result
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.core.summary import summarize
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.core.timeline import (
    bridged_runs,
    distinct_peaks,
    frame_edges_s,
    runs,
    weighted_quantile,
)
from ergonomics.ergonomics_postures import (
    ARMS_DOWN,
    Pose,
    bent_elbow,
    changed,
    clip_of,
    flexed_arm,
    motion_of,
    with_gap,
    without,
)

GOOD = bent_elbow(80)
BAD: Pose = flexed_arm(130) | {"pelvis": (70, 25, 0), "right_knee": (80, 0, 0)}


STEADY = {"static_or_repeated": False}
"""Told, so that a motion of a few frames leaves nothing open."""

CHOICES_SHA256 = "c1c5083fb992d0b93b6310710fa527b701f4281889965c5e263b5a0c4d79c9ac"
"""Of the default choices as JSON."""


def result_of(motion: Motion, **told: object) -> Result:
    """Summarize a motion."""
    angles = joint_angles(motion)
    scores = score_motion(motion, angles, TaskFacts(**told))  # type: ignore[arg-type]  # facts by name
    return summarize(
        clip_of(motion),
        motion,
        angles,
        scores,
        ergomesh_version="1.2.3",
        landmark_model="landmarks of a test",
        landmark_confidence=0.9,
        timings_s={"pose": 1.5},
    )


def timed(poses: list[Pose], time_s: list[float]) -> Motion:
    """Return a motion with given frame times."""
    return changed(motion_of(poses), time_s=np.array(time_s))


def test_shares_weigh_with_time() -> None:
    """A frame counts with the time it stands for, not as one of many."""
    motion = timed([GOOD, GOOD, GOOD, BAD], [0.0, 0.1, 0.2, 3.0])
    side = result_of(motion).methods["reba"].left
    # Spans end half way to the neighbour: the bad one has 1.6 s to the end at 3.1.
    duration = clip_of(motion).duration_s
    by_score = {entry.score: entry.seconds for entry in side.score_shares}
    assert by_score[1] == pytest.approx(1.6)
    assert sum(by_score.values()) == pytest.approx(duration)
    assert side.median == 1
    assert side.percentile_95 == side.peak.score > 7 if side.peak else False


def test_shares_add_up() -> None:
    """Score shares and level shares each add up to the whole."""
    poses = [flexed_arm(12.0 * k) for k in range(12)]
    found = result_of(motion_of(poses, joint_sd_m=0.01, pose_sd_rad=0.04))
    for method in found.methods.values():
        for side in (method.left, method.right):
            assert sum(s.share for s in side.score_shares) == pytest.approx(1)
            assert sum(s.share for s in side.level_shares) == pytest.approx(1)
            certain = sum(s.certain_share for s in side.level_shares)
            assert certain == pytest.approx(side.level_certain_share)
            assert sum(s.possible_share for s in side.level_shares) >= 1 - 1e-9
            for level in side.level_shares:
                inside = [
                    s.seconds
                    for s in side.score_shares
                    if level.first_score <= s.score <= level.last_score
                ]
                assert level.seconds == pytest.approx(sum(inside))


def test_gaps_count_for_nothing() -> None:
    """Time without the person is reported, and is in no share or median."""
    poses = [GOOD] * 4 + [BAD] * 6
    whole = motion_of(poses)
    found = result_of(with_gap(whole, 4, 10))
    assert found.quality.coverage == pytest.approx(0.4)
    assert found.quality.person_s == pytest.approx(0.35)
    assert found.quality.gap_s == pytest.approx(0.65)
    assert found.quality.longest_gap_s == pytest.approx(0.65)
    assert (
        found.methods["reba"].left.peak
        == result_of(motion_of([GOOD] * 4)).methods["reba"].left.peak
    )
    assert any("40%" in warning for warning in found.quality.warnings)


def test_nobody_gives_an_empty_result() -> None:
    """Without a person there is no peak, no median and no moment, but a warning."""
    found = result_of(with_gap(motion_of([GOOD] * 3), 0, 3))
    side = found.methods["rula"].right
    assert (side.peak, side.median, side.score_shares) == (None, None, ())
    assert (found.worst_moments, found.best_moment, found.episodes) == ((), None, ())
    assert found.quality.coverage == 0
    assert len(found.quality.warnings) == 1


def test_peak_is_where_it_is() -> None:
    """The peak names the score, its time and the source frame."""
    motion = motion_of([GOOD] * 7 + [BAD] + [GOOD] * 5)
    motion = changed(motion, frame=motion.frame * 3)
    peak = result_of(motion).methods["reba"].left.peak
    assert peak is not None
    assert peak.time_s == pytest.approx(0.7)
    assert peak.frame == 21
    assert peak.low <= peak.score <= peak.high


def test_level_is_certain_when_the_bounds_agree() -> None:
    """A sure body has a sure action level, an unsure one only partly."""
    poses = [flexed_arm(10.0 * k) for k in range(14)]
    sure = result_of(motion_of(poses, joint_sd_m=1e-6, pose_sd_rad=4e-06), **STEADY)
    unsure = result_of(motion_of(poses, joint_sd_m=0.03, pose_sd_rad=0.2), **STEADY)
    for side in SIDES:
        certain = getattr(sure.methods["reba"], side).level_certain_share
        less = getattr(unsure.methods["reba"], side).level_certain_share
        assert less < certain


def test_worst_moments_are_distinct_and_ordered() -> None:
    """Worst moments keep their distance, come worst first, and are at most ten."""
    rng = np.random.default_rng(3)
    arms = (flexed_arm(float(angle)) for angle in rng.uniform(0, 150, 160))
    poses = [BAD if rng.random() < 0.3 else arm for arm in arms]
    found = result_of(motion_of(poses, rate_hz=8.0), **STEADY)
    times = [moment.time_s for moment in found.worst_moments]
    assert len(times) == DEFAULT_THRESHOLDS.moment_count
    gaps = np.diff(sorted(times))
    assert gaps.min() >= DEFAULT_THRESHOLDS.moment_distance_s - 1e-9
    worst = [moment.scores["reba_left"] for moment in found.worst_moments]
    assert worst == sorted(worst, reverse=True)
    peak = found.methods["reba"].left.peak
    assert peak is not None
    assert worst[0] == peak.score
    assert found.best_moment is not None
    assert found.best_moment.scores["reba_left"] == 1
    assert found.best_moment.parts["reba_left_upper_arm"] == 1


def test_of_equals_the_surer_is_shown() -> None:
    """The peak and the worst moment are where the same score is surest."""
    motion = motion_of([BAD] * 30, pose_sd_rad=0.12)
    sd = motion.pose_sd_rad.copy()
    sd[17] = 0.001
    found = result_of(changed(motion, pose_sd_rad=sd), **STEADY)
    for method in ("rula", "reba"):
        peak = found.methods[method].left.likely_peak
        assert peak is not None
        assert peak.frame == 17
    assert found.worst_moments[0].frame == 17


def test_a_moment_without_a_worker_is_not_the_worst() -> None:
    """Where hardly anything is observed a body is a guess: it comes last."""
    motion = motion_of([flexed_arm(40)] * 20 + [BAD] * 20)
    observed = motion.joint_observed.copy()
    observed[20:] = False
    found = result_of(changed(motion, joint_observed=observed), **STEADY)
    assert found.worst_moments[0].frame < 20
    assert len(found.worst_moments) == 1


def test_an_episode_is_certain_only_all_the_while() -> None:
    """One sure moment does not make a stretch of doubt certain."""
    motion = motion_of([BAD] * 30, pose_sd_rad=0.25)
    sd = motion.pose_sd_rad.copy()
    sd[17] = 0.001
    doubtful = result_of(changed(motion, pose_sd_rad=sd), **STEADY).episodes
    assert doubtful
    assert not any(episode.certain for episode in doubtful)
    sure = result_of(changed(motion, pose_sd_rad=sd * 0 + 0.001), **STEADY).episodes
    assert sure
    assert all(episode.certain for episode in sure)


def test_a_harmless_clip_has_one_worst_moment() -> None:
    """Nothing is called worst only to fill the list: the worst one is enough."""
    found = result_of(motion_of([flexed_arm(10.0)] * 40, rate_hz=8.0))
    assert len(found.worst_moments) == 1


def test_moments_lie_within_their_bounds() -> None:
    """A moment names both bounds of every score, the undeterminable ones too."""
    poses = [flexed_arm(10.0 * k) for k in range(14)]
    found = result_of(motion_of(poses, joint_sd_m=0.03, pose_sd_rad=0.12))
    for moment in found.worst_moments:
        assert moment.low.keys() == moment.high.keys() >= moment.scores.keys()
        for name, score in moment.scores.items():
            assert moment.low[name] <= score <= moment.high[name]


def test_a_jump_of_the_tracked_person_is_told() -> None:
    """A body that moves faster than any runner is a warning, a runner is none."""
    motion = motion_of([GOOD] * 20, rate_hz=10.0)
    for metres, told in ((1.2, False), (1.4, True)):
        trans = motion.trans.copy()
        trans[10:, 0] += metres
        found = result_of(replace(motion, trans=trans))
        said = [w for w in found.quality.warnings if "jumps at 1.0 s" in w]
        assert bool(said) is told


def test_doubt_about_the_level_is_told() -> None:
    """When the level is certain in little of the time, the summary says so."""
    sure = result_of(
        motion_of([GOOD] * 5, joint_sd_m=1e-6, pose_sd_rad=4e-06), **STEADY
    ).quality.warnings
    unsure = result_of(
        motion_of([GOOD] * 5, joint_sd_m=0.06, pose_sd_rad=0.24)
    ).quality.warnings
    assert not any("level is" in w for w in sure)
    assert any("level is" in w for w in unsure)


def test_best_moment_is_one_with_every_score() -> None:
    """A frame with an unseen side is never the best: it might be bad there."""
    motion = motion_of([flexed_arm(100), flexed_arm(60), GOOD])
    seen = motion.joint_observed.copy()
    seen[2, JOINT["right_elbow"]] = False
    best = result_of(changed(motion, joint_observed=seen)).best_moment
    assert best is not None
    assert best.frame == 1


def test_episodes_need_their_time() -> None:
    """A bad posture is an episode from half a second on, breaks bridged."""
    poses = [GOOD] * 10 + [BAD] * 4 + [GOOD] * 10 + [BAD] * 6 + [GOOD] * 2 + [BAD] * 6
    found = result_of(motion_of([*poses, *[GOOD] * 5]))
    left = [episode for episode in found.episodes if episode.what == "reba_left"]
    (episode,) = left
    assert (episode.from_s, episode.to_s) == pytest.approx((2.35, 3.75))
    peak = found.methods["reba"].left.peak
    assert peak is not None
    assert (episode.peak, episode.level) == (peak.score, peak.level)


def test_angle_summary_is_of_the_observed_time() -> None:
    """Angles are summarized by time, and say how long they were observed."""
    motion = motion_of([bent_elbow(40), bent_elbow(60), bent_elbow(80)])
    found = {entry.name: entry for entry in result_of(motion).angles}
    assert tuple(found) == ANGLE_NAMES
    elbow = found["left_elbow_flexion"]
    assert (elbow.min_deg, elbow.median_deg, elbow.max_deg) == pytest.approx(
        (40, 60, 80)
    )
    hidden = result_of(without(motion, "left_elbow"))
    empty = {entry.name: entry for entry in hidden.angles}["left_elbow_flexion"]
    assert (empty.min_deg, empty.median_deg, empty.observed_share) == (None, None, 0)


def test_warnings_name_what_is_missing() -> None:
    """Hidden legs, an unsure vertical and a sitting posture each get a sentence."""
    sitting: Pose = bent_elbow(80) | {
        f"{side}_{joint}": (sign * 90, 0, 0)
        for side in SIDES
        for joint, sign in (("hip", -1), ("knee", 1))
    }
    motion = motion_of([sitting] * 3, gravity_sd_deg=9.0)
    warned = " ".join(result_of(motion).quality.warnings)
    assert "vertical" in warned
    assert "seems to sit" in warned
    told = " ".join(result_of(motion, seated=True).quality.warnings)
    assert "seems to sit" not in told
    hidden = without(motion, *(f"{side}_knee" for side in SIDES))
    assert "legs were never observed" in " ".join(result_of(hidden).quality.warnings)
    assert result_of(motion_of([GOOD] * 3), **STEADY).quality.warnings == ()


@pytest.mark.parametrize("converged", [True, False])
def test_a_fit_that_did_not_settle_is_warned_of(*, converged: bool) -> None:
    """The solver's verdict is in the result, and a sentence when it is a bad one."""
    motion = motion_of([GOOD] * 3)
    angles = joint_angles(motion)
    report = FitReport(
        converged=converged,
        iterations=20,
        residual_px_median=2.0,
        focal_px=1000.0,
        gravity_source="upright_body",
        gravity_sd_deg=1.0,
        frames_fitted=3,
        frames_bridged=0,
        frames_empty=0,
        backend="local",
    )
    found = summarize(
        clip_of(motion),
        motion,
        angles,
        score_motion(motion, angles, TaskFacts()),
        fit=report,
        ergomesh_version="1.2.3",
        landmark_model="landmarks of a test",
    )
    assert found.fit == report
    assert any("not settled" in each for each in found.quality.warnings) != converged


def test_provenance_prints_every_choice() -> None:
    """Every threshold, table digest, model and version is in the result."""
    found = result_of(motion_of([GOOD] * 3), load_kg=4.0)
    assert found.provenance.thresholds == DEFAULT_THRESHOLDS.to_dict()
    assert set(found.provenance.thresholds) == set(Thresholds.__struct_fields__)
    assert set(found.provenance.tables) == {"rula", "reba"}
    assert found.provenance.ergomesh_version == "1.2.3"
    assert found.timings_s == {"pose": 1.5}
    by_name = {entry.name: entry for entry in found.assumptions}
    assert (by_name["load_kg"].origin, by_name["load_kg"].value) == ("given", "4")
    assert (by_name["seated"].origin, by_name["seated"].value) == ("measured", "no")
    told = {e.name: e for e in result_of(motion_of([GOOD]), seated=False).assumptions}
    assert (told["seated"].origin, told["seated"].value) == ("given", "no")


def test_result_round_trips_and_has_a_schema() -> None:
    """The file decodes to the same result, and its schema can be derived."""
    found = result_of(
        motion_of([GOOD, BAD, flexed_arm(50)], joint_sd_m=0.02, pose_sd_rad=0.08)
    )
    raw = encode_result(found)
    again = decode_result(raw)
    assert encode_result(again) == raw
    assert again.methods["reba"].left.peak == found.methods["reba"].left.peak
    assert raw.endswith(b"}\n")
    assert b"NaN" not in raw
    schema = msgspec.json.schema(Result)
    assert "Episode" in schema["$defs"]


def test_foreign_bytes_are_refused() -> None:
    """Bytes of another form are an error that says so."""
    with pytest.raises(UndecodableError, match=r"result\.json"):
        decode_result(b'{"schema_version": "1"}')


ascending = st.lists(st.floats(0, 100), min_size=1, max_size=20, unique=True).map(
    sorted
)


@settings(deadline=None)
@given(ascending, st.floats(0, 10))
def test_spans_cover_the_clip_once(times: list[float], rest: float) -> None:
    """The frames' spans follow each other and add up to the clip."""
    edges = frame_edges_s(np.array(times), times[-1] + rest)
    assert edges[0] == 0
    assert edges[-1] == times[-1] + rest
    assert (np.diff(edges) >= 0).all()
    assert (edges[:-1] <= times).all()
    assert (times <= edges[1:]).all()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1.0, 2.0, 3.0, float("nan")]), st.integers(0, 5)),
        max_size=12,
    ),
    st.floats(0, 1),
)
def test_weighted_quantile_against_repeating(
    pairs: list[tuple[float, int]], probability: float
) -> None:
    """A weighted quantile is the quantile of values repeated by weight."""
    values = np.array([value for value, _ in pairs], dtype=float)
    weights = np.array([weight for _, weight in pairs], dtype=float)
    found = weighted_quantile(values, weights, probability)
    long = sorted(v for v, w in pairs for _ in range(w) if v == v)  # noqa: PLR0124  # NaN is not itself
    if not long:
        assert found is None
        return
    rank = max(math_ceil(probability * len(long)) - 1, 0)
    assert found == long[rank]


def math_ceil(value: float) -> int:
    """Round up, forgiving the last bits of a product."""
    return int(np.ceil(value - 1e-9))


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_runs_rebuild_the_mask(mask: list[bool]) -> None:
    """Filling the runs gives the mask back, and runs never touch."""
    found = runs(np.array(mask, dtype=bool))
    rebuilt = [False] * len(mask)
    for first, last in found:
        rebuilt[first : last + 1] = [True] * (last + 1 - first)
    assert rebuilt == mask
    assert all(b[0] - a[1] > 1 for a, b in pairwise(found))


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 4))
def test_bridging_keeps_long_runs_apart(mask: list[bool], bridge: int) -> None:
    """Joined runs cover every true frame and are apart by more than the bridge."""
    edges = np.arange(len(mask) + 1.0)
    found = bridged_runs(np.array(mask), edges, bridge_s=bridge, min_s=0)
    covered = {k for first, last in found for k in range(first, last + 1)}
    assert {k for k, true in enumerate(mask) if true} <= covered
    assert all(b[0] - a[1] - 1 > bridge for a, b in pairwise(found))
    long = bridged_runs(np.array(mask), edges, bridge_s=bridge, min_s=3)
    assert long == [pair for pair in found if pair[1] - pair[0] + 1 >= 3]


@settings(deadline=None)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=30), st.floats(0.1, 3))
def test_distinct_peaks_keep_apart(ranks: list[float], apart: float) -> None:
    """Peaks are apart, in falling order, and the first is the highest."""
    times = np.linspace(0, 0.25 * (len(ranks) - 1), len(ranks))
    found = distinct_peaks(np.array(ranks), times, count=5, apart_s=apart)
    assert ranks[found[0]] == max(ranks)
    assert [ranks[k] for k in found] == sorted((ranks[k] for k in found), reverse=True)
    gaps = np.diff(np.sort(times[found]))
    assert (gaps >= apart).all()


def test_thresholds_say_their_version() -> None:
    """The default choices are those of version 3; changing one means a new version."""
    said = json.dumps(DEFAULT_THRESHOLDS.to_dict(), sort_keys=True)
    assert DEFAULT_THRESHOLDS.version == "3"
    assert hashlib.sha256(said.encode()).hexdigest() == CHOICES_SHA256


def test_standing_still_has_no_episode() -> None:
    """A worker who stands upright has no episode and action level 0 or 1."""
    found = result_of(motion_of([ARMS_DOWN] * 20))
    assert found.episodes == ()
    reba = {
        level.level: level.share for level in found.methods["reba"].left.level_shares
    }
    assert reba[0] == pytest.approx(1)
