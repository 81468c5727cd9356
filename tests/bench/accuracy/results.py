"""Everything a run found, and the goals it is held against (pure)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.accuracy import compare, metrics
from bench.accuracy.compare import Comparison
from bench.accuracy.metrics import AngleStat


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The clips that were kept out, or those that were not: one entry per clip."""

    ours: Sequence[Comparison]
    raw: Sequence[Comparison]
    """MediaPipe's video mode, its world landmarks taken at their word, level camera."""
    raw_upright: Sequence[Comparison]
    """The same with the true vertical."""
    left_out: Mapping[str, Sequence[Comparison]]
    """Fits without something, by its name; the first is the fit as it is."""
    made_perfect: Mapping[str, Sequence[Comparison]]
    """Fits with something true."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """A run of the benchmark."""

    preset: str
    tuning: Part
    held_out: Part
    failed: Mapping[str, str] = field(default_factory=dict)
    """Clip that the pipeline refused → why; in no figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure of the held-out part, and what it should be."""

    what: str
    wanted: str
    found: str
    raw: str
    reached: bool


RMSE_GOALS_DEG: Final[Mapping[str, float]] = {
    "trunk_inclination": 4.0,
    "knee_flexion": 6.0,
    "elbow_flexion": 6.0,
    "upper_arm_elevation": 7.0,
    "head_inclination": 7.0,
}
MEDIAN_GOAL_DEG: Final = 7.0
GRAVITY_GOAL_DEG: Final = 3.0
JITTER_GOAL: Final = 0.2
KAPPA_GOAL: Final = 0.8
COVERAGE_GOAL: Final = 0.1
"""How far coverage may be from what was stated."""


def goals(part: Part) -> list[Goal]:
    """Return every goal of accuracy, and how the fit and raw landmarks do."""
    return [
        _median_goal(part),
        *_angle_goals(part),
        _not_worse(part),
        _gravity_goal(part),
        _jitter_goal(part),
        _kappa_goal(part),
        *_coverage_goals(part),
    ]


def _median_goal(part: Part) -> Goal:
    found, raw = (compare.median_rmse_deg(side) for side in (part.ours, part.raw))
    return Goal(
        what="all angles, median RMSE over clips and angles",
        wanted=f"≤ {MEDIAN_GOAL_DEG:.0f}°",
        found=f"{found:.1f}°",
        raw=f"{raw:.1f}°",
        reached=found <= MEDIAN_GOAL_DEG,
    )


def _angle_goals(part: Part) -> list[Goal]:
    ours, raw = (compare.angle_stats(side) for side in (part.ours, part.raw))
    return [
        Goal(
            what=f"{plain(name)}, RMSE",
            wanted=f"≤ {limit:.0f}°",
            found=f"{ours[name].rmse_deg:.1f}°",
            raw=f"{raw[name].rmse_deg:.1f}°",
            reached=ours[name].rmse_deg <= limit,
        )
        for name, limit in RMSE_GOALS_DEG.items()
    ]


def plain(name: str) -> str:
    """Return an angle's name as words."""
    return name.replace("_", " ")


def worse_than_raw(part: Part) -> list[str]:
    """Return the angles that raw landmarks find better, on the same frames."""
    ours, raw = (
        compare.angle_stats(side)
        for side in compare.on_same_frames(part.ours, part.raw)
    )
    return [
        name
        for name in compare.PUBLIC_ANGLES
        if not ours[name].rmse_deg < raw[name].rmse_deg
    ]


def _not_worse(part: Part) -> Goal:
    worse = [plain(name) for name in worse_than_raw(part)]
    count = len(compare.PUBLIC_ANGLES)
    listed = f": worse {', '.join(worse)}" if worse else ""
    return Goal(
        what="angles better than raw on the same frames",
        wanted=f"{count} of {count}",
        found=f"{count - len(worse)} of {count}{listed}",
        raw="",
        reached=not worse,
    )


def _gravity_goal(part: Part) -> Goal:
    found, raw = (
        metrics.median(compare.gravity_errors_deg(side))
        for side in (part.ours, part.raw)
    )
    return Goal(
        what="vertical, median error over clips",
        wanted=f"≤ {GRAVITY_GOAL_DEG:.0f}°",
        found=f"{found:.1f}°",
        raw=f"{raw:.1f}° (level camera)",
        reached=found <= GRAVITY_GOAL_DEG,
    )


def jitter_ratios(part: Part) -> tuple[float, float]:
    """Return our jitter over raw's: sizes of accelerations, and of their errors."""
    ours, raw = (compare.jitter(side) for side in (part.ours, part.raw))
    return ours.size / raw.size, ours.error / raw.error


def _jitter_goal(part: Part) -> Goal:
    size, error = jitter_ratios(part)
    return Goal(
        what="jitter against raw: error of joint accelerations",
        wanted=f"≤ {JITTER_GOAL}",
        found=f"{error:.2f} ({size:.2f} with the movement itself)",
        raw="1",
        reached=error <= JITTER_GOAL,
    )


def _kappa_goal(part: Part) -> Goal:
    found, raw = (compare.guessed_kappa(side, "reba") for side in (part.ours, part.raw))
    return Goal(
        what="REBA action level, quadratic kappa over all frames and sides (likely "
        "scores)",
        wanted=f"≥ {KAPPA_GOAL:.2f}",
        found=f"{found:.2f}",
        raw=f"{raw:.2f}",
        reached=found >= KAPPA_GOAL,
    )


def _coverage_goals(part: Part) -> list[Goal]:
    stats = compare.angle_stats(part.ours)
    return [
        _coverage_goal(stated, {name: share(stat) for name, stat in stats.items()})
        for stated, share in ((0.68, _inside_68), (0.95, _inside_95))
    ]


def _inside_68(stat: AngleStat) -> float:
    return stat.inside_68


def _inside_95(stat: AngleStat) -> float:
    return stat.inside_95


def _coverage_goal(stated: float, shares: Mapping[str, float]) -> Goal:
    known = {name: share for name, share in shares.items() if math.isfinite(share)}
    near = [n for n, share in known.items() if abs(share - stated) <= COVERAGE_GOAL]
    low, high = min(known.values()), max(known.values())
    return Goal(
        what=f"{stated:.0%} intervals hold the exact angle, per angle",
        wanted=f"{stated - COVERAGE_GOAL:.0%} to {min(stated + COVERAGE_GOAL, 1):.0%}",
        found=f"{low:.0%} to {high:.0%}; {len(near)} of {len(known)} angles within",
        raw="",
        reached=len(near) == len(known),
    )
