"""OWAS: Ovako working posture analysing system, frame by frame.

Karhu O, Kansi P, Kuorinka I (1977) Correcting working postures in industry: a practical
method for analysis. Applied Ergonomics 8(4):199-201. The table by load is that of the
later training material. Numbers come from ``tables/owas.json``, choices from
:mod:`~ergomesh.ergonomics.core.thresholds`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray, Motion
from ergomesh.contract.skeleton import JOINT, SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps, outside
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import frame_seconds
from ergomesh.ergonomics.core.holding_amounts import Amount, amount
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.owas_codes import (
    CATEGORIES,
    Part,
    categories_of,
)
from ergomesh.ergonomics.core.owas_legs import legs
from ergomesh.ergonomics.core.owas_tables import PARTS, Cell, owas_tables
from ergomesh.ergonomics.core.stance import Stance, of_angle
from ergomesh.ergonomics.core.thresholds import Thresholds

CHUNK: Final = 1024
"""Frames handled at once, so that the distributions stay in the cache."""

CHOICES: Final = (
    "owas_back_bent_deg",
    "owas_back_twisted_deg",
    "owas_back_side_bent_deg",
    "owas_arm_raised",
    "owas_knee_bent_deg",
    "owas_disputed_cells",
    "kneeling_knee_m",
    "kneeling_flexion_deg",
    "seated_off_feet_m",
    "seated_thigh_deg",
    "seated_hips_below_knees_m",
    "seated_held_thigh_deg",
    "seated_held_s",
    "foot_lifted_m",
    "walking_m_s",
    "shared_end_point",
    "interval_probability",
)
"""The settings that OWAS uses."""

SHOULDER_LEVEL_DEG: Final = 90.0
"""An upper arm at shoulder level is horizontal."""

MOST_POSTURES: Final = 20
"""At most so many postures are listed."""


class OwasCategory(msgspec.Struct, frozen=True, kw_only=True):
    """How long a category was held."""

    category: int
    """1 none, 2 in the near future, 3 as soon as possible, 4 at once."""
    time: Amount
    at_least: Amount | None = None
    """In it or a higher one, also where it is open in which; older results lack it."""


class OwasCode(msgspec.Struct, frozen=True, kw_only=True):
    """How long a part had a code."""

    code: int
    words: str
    """What the table calls it."""
    seconds: float
    share: float
    """Of the person's time."""


class OwasPart(msgspec.Struct, frozen=True, kw_only=True):
    """One digit of the code."""

    name: str
    """``back``, ``arms`` or ``legs``."""
    codes: tuple[OwasCode, ...]
    unobserved_s: float
    """Time in which the code is not determinable."""
    unobserved_share: float


class OwasPosture(msgspec.Struct, frozen=True, kw_only=True):
    """A posture by its four digits."""

    code: str
    """Back, arms, legs, load: ``2141``."""
    category: int
    seconds: float
    share: float
    """Of the person's time."""


class OwasDisputed(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of the table of which copies differ."""

    code: str
    used: int
    most_programs: int
    alternative: int
    alternative_in: tuple[str, ...]
    seconds: float
    """How long it decided the category."""


class OwasResult(msgspec.Struct, frozen=True, kw_only=True):
    """OWAS over a clip."""

    source: str
    sha256: str
    """Digest of the table file."""
    person_s: float
    scored_share: float
    """Share of the person's time in which the category is determinable."""
    certain_share: float
    """Share of the person's time in which it is certain."""
    load_code: int
    categories: tuple[OwasCategory, ...]
    """1 to 4."""
    parts: tuple[OwasPart, ...]
    """Back, arms, legs."""
    postures: tuple[OwasPosture, ...]
    """The longest first; only where all digits are determinable."""
    disputed: tuple[OwasDisputed, ...]
    """Every disputed cell."""
    choices: dict[str, str | float | int]
    """The settings used, by name."""


@dataclass(frozen=True, slots=True)
class OwasSeries:
    """OWAS over T frames; NaN in gaps."""

    value: FloatArray
    """(T,) category; NaN where the unobserved would change it."""
    low: FloatArray
    """(T,)."""
    high: FloatArray
    """(T,)."""
    codes: FloatArray
    """(T, 3) back, arms, legs; NaN where not determinable."""

    def columns(self) -> dict[str, FloatArray]:
        """Return the columns of ``scores.csv``, each (T,)."""
        digits = {f"owas_{n}": self.codes[:, k] for k, n in enumerate(PARTS[:3])}
        return {
            "owas": self.value,
            "owas_low": self.low,
            "owas_high": self.high,
        } | digits


def assess_owas(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds,
    *,
    stance: Stance | None = None,
) -> OwasResult:
    """Assess a motion by OWAS.

    Args:
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        facts: The load, and whether the worker sits.
        thresholds: The choices.
        stance: Of the same frames, where it is known already.
    """
    series = owas_series(motion, angles, facts, thresholds, stance=stance)
    return summarize_owas(series, motion, facts, thresholds)


# ---- frame by frame


def owas_series(
    motion: Motion,
    angles: Angles,
    facts: Facts,
    thresholds: Thresholds,
    *,
    stance: Stance | None = None,
) -> OwasSeries:
    """Return the codes and the category of every frame.

    Args:
        motion: As :func:`assess_owas`.
        angles: As :func:`assess_owas`.
        facts: As :func:`assess_owas`.
        thresholds: As :func:`assess_owas`.
        stance: As :func:`assess_owas`.
    """
    stance = stance or Stance.of(motion, angles, facts, thresholds)
    tables = owas_tables()
    load = tables.load_code(facts.load_kg)
    table = tables.settled(thresholds.owas_disputed_cells)[..., load - 1]
    parts = (
        _back(angles, thresholds),
        _arms(motion, angles, thresholds),
        legs(angles, stance, thresholds),
    )
    frames = len(motion.time_s)
    value, low, high = np.full((3, frames), np.nan)
    codes = np.full((frames, len(parts)), np.nan)
    for rows in _alike(parts, person_present(motion)):
        found = categories_of(table, parts, rows)
        best, worst = found.point
        value[rows] = np.where(best == worst, best, np.nan)
        low[rows], high[rows] = found.quantiles(thresholds.interval_probability)
        codes[rows] = found.codes
    return OwasSeries(value, low, high, codes)


def _alike(parts: tuple[Part, ...], present: BoolArray) -> list[IntArray]:
    """Return the frames with a person, those together where the same is observed."""
    bits = np.zeros(len(present), dtype=np.int64)
    for part in parts:
        bits = (bits << len(part.atoms)) | part.known_bits()
    groups = []
    for pattern in np.unique(bits[present]):
        rows = np.flatnonzero(present & (bits == pattern))
        groups += np.split(rows, range(CHUNK, len(rows), CHUNK))
    return groups


def _back(angles: Angles, thresholds: Thresholds) -> Part:
    bent, twisted, side = (
        of_angle(angles, f"trunk_{name}", outside(limit, thresholds))
        for name, limit in (
            ("flexion", thresholds.owas_back_bent_deg),
            ("twist", thresholds.owas_back_twisted_deg),
            ("side_bend", thresholds.owas_back_side_bent_deg),
        )
    )
    return Part("back", (bent, Atom.any_of([twisted, side])))


def _arms(motion: Motion, angles: Angles, thresholds: Thresholds) -> Part:
    return Part("arms", tuple(_arm(motion, angles, side, thresholds) for side in SIDES))


def _arm(motion: Motion, angles: Angles, side: str, thresholds: Thresholds) -> Atom:
    """Return whether an arm is at or above shoulder level."""
    level = Steps(np.array([SHOULDER_LEVEL_DEG]), np.array([0, 1]), prefer_lower=False)
    elbow = of_angle(angles, f"{side}_upper_arm_elevation_gravity", level)
    if thresholds.owas_arm_raised == "elbow":
        return elbow
    return Atom.any_of([elbow, _hand_raised(motion, side)])


def _hand_raised(motion: Motion, side: str) -> Atom:
    """Return whether the wrist is at or above the shoulder.

    Where the wrist is not observed, but hangs on an elbow so low that it cannot reach
    the shoulder's height, it is not.
    """
    names = [f"{side}_{name}" for name in ("shoulder", "elbow", "wrist")]
    joints = [JOINT[name] for name in names]
    shoulder, elbow, wrist = np.moveaxis(motion.joints_world_m[:, joints], 1, 0)
    seen = motion.joint_observed[:, joints]
    variance = np.square(motion.joint_sd_m[:, joints[::2]]).sum(axis=1)
    rise = wrist[:, 1] - shoulder[:, 1]
    sd = np.sqrt(variance + np.square(rise * np.radians(motion.gravity_sd_deg)))
    level = Steps(np.array([0.0]), np.array([0, 1]), prefer_lower=False)
    raised = Atom.of_value(level, np.where(seen.all(axis=1), rise, np.nan), sd)
    reach = np.linalg.norm(wrist - elbow, axis=1)
    short = elbow[:, 1] + reach < shoulder[:, 1]
    return raised.ruled_out(~seen[:, 2] & seen[:, :2].all(axis=1) & short)


# ---- over the clip


def summarize_owas(
    series: OwasSeries, motion: Motion, facts: Facts, thresholds: Thresholds
) -> OwasResult:
    """Sum the series up; see :func:`assess_owas`."""
    tables = owas_tables()
    person_s = np.where(person_present(motion), frame_seconds(motion.time_s), 0.0)
    load = tables.load_code(facts.load_kg)
    seconds = _postures_s(series, person_s, load)
    table = tables.settled(thresholds.owas_disputed_cells)
    settings = thresholds.to_dict()
    return OwasResult(
        source=tables.source,
        sha256=tables.sha256,
        person_s=float(person_s.sum()),
        scored_share=_share(np.isfinite(series.value), person_s),
        certain_share=_share(series.low == series.high, person_s),
        load_code=load,
        categories=_categories(series, person_s),
        parts=tuple(_part(series, k, person_s) for k in range(len(PARTS) - 1)),
        postures=_postures(seconds, table, float(person_s.sum())),
        disputed=_disputed(seconds, table),
        choices={name: settings[name] for name in CHOICES},
    )


def _share(frames: BoolArray, person_s: FloatArray) -> float:
    return amount(frames, frames, frames, person_s).share


def _categories(series: OwasSeries, person_s: FloatArray) -> tuple[OwasCategory, ...]:
    low, high = series.low, series.high
    least = np.where(np.isfinite(series.value), series.value, low)
    return tuple(
        OwasCategory(
            category=k,
            time=amount(
                series.value == k,
                (low == k) & (high == k),
                (low <= k) & (k <= high),
                person_s,
            ),
            at_least=amount(least >= k, low >= k, high >= k, person_s),
        )
        for k in range(1, CATEGORIES + 1)
    )


def _part(series: OwasSeries, digit: int, person_s: FloatArray) -> OwasPart:
    name, codes = PARTS[digit], series.codes[:, digit]
    unknown = ~np.isfinite(codes)
    return OwasPart(
        name=name,
        codes=tuple(
            OwasCode(
                code=code,
                words=words,
                seconds=float(person_s[codes == code].sum()),
                share=_share(codes == code, person_s),
            )
            for code, words in enumerate(owas_tables().words[name], start=1)
        ),
        unobserved_s=float(person_s[unknown].sum()),
        unobserved_share=_share(unknown, person_s),
    )


def _postures_s(series: OwasSeries, person_s: FloatArray, load: int) -> Counter[Cell]:
    """Return how long each posture whose digits are all determinable was held."""
    known = np.isfinite(series.codes).all(axis=1)
    found, which = np.unique(series.codes[known], axis=0, return_inverse=True)
    seconds = np.bincount(which.ravel(), person_s[known], minlength=len(found))
    cells = ((int(b), int(a), int(g), load) for b, a, g in found)
    return Counter(dict(zip(cells, seconds.tolist(), strict=True)))


def _postures(
    seconds: Counter[Cell], table: IntArray, person_s: float
) -> tuple[OwasPosture, ...]:
    return tuple(
        OwasPosture(
            code=_digits(cell),
            category=_category(table, cell),
            seconds=held,
            share=held / person_s if person_s > 0 else 0.0,
        )
        for cell, held in seconds.most_common(MOST_POSTURES)
    )


def _disputed(seconds: Counter[Cell], table: IntArray) -> tuple[OwasDisputed, ...]:
    return tuple(
        OwasDisputed(
            code=_digits(entry.cell),
            used=_category(table, entry.cell),
            most_programs=entry.ours,
            alternative=entry.alternative,
            alternative_in=entry.alternative_in,
            seconds=float(seconds[entry.cell]),
        )
        for entry in owas_tables().disputed
    )


def _digits(cell: Cell) -> str:
    return "".join(map(str, cell))


def _category(table: IntArray, cell: Cell) -> int:
    return int(table[tuple(code - 1 for code in cell)])
