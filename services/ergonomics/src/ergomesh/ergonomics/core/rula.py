"""RULA: rapid upper limb assessment, over time, left and right apart.

McAtamney L, Corlett EN (1993) RULA: a survey method for the investigation of
work-related upper limb disorders. Applied Ergonomics 24(2):91-99. Numbers come from
``tables/rula.json``, choices from :mod:`~ergomesh.ergonomics.core.thresholds`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ergomesh.contract.arrays import IntArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core import parts
from ergomesh.ergonomics.core.belief import Belief, look_up
from ergomesh.ergonomics.core.facts import MIDDLE, Facts
from ergomesh.ergonomics.core.load import force_score
from ergomesh.ergonomics.core.series import MethodScores, Posture, method_scores
from ergomesh.ergonomics.core.tables import Band, Tables, cell, load_tables
from ergomesh.ergonomics.core.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class RulaTables:
    """What the tables say, each of the broadcast shape of the part scores."""

    a: IntArray
    """Posture of arm and wrist, table A."""
    b: IntArray
    """Posture of neck, trunk and legs, table B."""
    c: IntArray
    """A with muscle use and force."""
    d: IntArray
    """B with muscle use and force."""
    grand: IntArray
    """Table C, 1…7."""
    level: IntArray
    """Action level 1…4."""


def rula_tables(
    *,
    upper_arm: ArrayLike,
    lower_arm: ArrayLike,
    wrist: ArrayLike,
    wrist_twist: ArrayLike,
    neck: ArrayLike,
    trunk: ArrayLike,
    legs: ArrayLike,
    muscle_a: ArrayLike = 0,
    force_a: ArrayLike = 0,
    muscle_b: ArrayLike = 0,
    force_b: ArrayLike = 0,
) -> RulaTables:
    """Look part scores up in RULA's tables; arrays broadcast.

    Args:
        upper_arm: 1…6.
        lower_arm: 1…3.
        wrist: 1…4.
        wrist_twist: 1…2.
        neck: 1…6.
        trunk: 1…6.
        legs: 1…2.
        muscle_a: 0…1, arm and wrist.
        force_a: 0…3, arm and wrist.
        muscle_b: 0…1, neck, trunk and legs.
        force_b: 0…3, neck, trunk and legs.

    Raises:
        PartScoreError: When a part score is outside its range.
    """
    tables = load_tables("rula")
    a = cell(tables.table_a, upper_arm, lower_arm, wrist, wrist_twist)
    b = cell(tables.table_b, neck, trunk, legs)
    c = a + np.asarray(muscle_a) + np.asarray(force_a)
    d = b + np.asarray(muscle_b) + np.asarray(force_b)
    rows, columns = tables.table_c.shape
    grand = cell(tables.table_c, np.minimum(c, rows), np.minimum(d, columns))
    return RulaTables(a, b, c, d, grand, tables.level_of()[grand])


def score_rula(posture: Posture, facts: Facts, thresholds: Thresholds) -> MethodScores:
    """Score every frame on both sides.

    Args:
        posture: T frames, each with a person.
        facts: What is not measured.
        thresholds: The choices.
    """
    tables = load_tables("rula")
    middle = {
        "trunk": _trunk(posture, facts, thresholds, tables),
        "neck": _neck(posture, thresholds, tables),
        "legs": _legs(posture, facts, thresholds, tables),
    }
    force, held = force_score(facts, tables), tables.raw["muscle_use"]["max"]
    left, right, both = (
        Belief.doubtful(facts.active(part), posture.frames).times(held).shifted(force)
        for part in (*SIDES, MIDDLE)
    )
    arm = _arm(posture, facts, thresholds, tables)
    a = look_up(tables.table_a, tuple(arm.values()))
    b = look_up(tables.table_b, (middle["neck"], middle["trunk"], middle["legs"]))
    grand = _grand(a.plus(left.beside(right)), b.plus(both).twice(), tables)
    return method_scores("rula", grand, middle, arm, thresholds.interval_probability)


def _grand(c: Belief, d: Belief, tables: Tables) -> Belief:
    """Return the grand score of both groups' scores with muscle use and force."""
    rows, columns = tables.table_c.shape
    return look_up(tables.table_c, (c.clipped(1, rows), d.clipped(1, columns)))


def _arm(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> dict[str, Belief]:
    """Return the part scores of both arms, (2T,), in the order of table A."""
    return {
        "upper_arm": _upper_arm(posture, facts, thresholds, tables),
        "lower_arm": _lower_arm(posture, thresholds, tables),
        "wrist": _wrist(posture, thresholds, tables),
        "wrist_twist": _wrist_twist(posture, thresholds, tables),
    }


def _upper_arm(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> Belief:
    item = tables.items["upper_arm"]
    fixed = (
        facts.shoulder_raised * item.adjust["shoulder_raised"]
        + facts.arms_supported * item.adjust["arm_supported_or_leaning"]
    )
    band = parts.upper_arm_band(posture, item, thresholds)
    abducted = parts.abducted(posture, thresholds)
    return (
        band.plus(abducted.times(item.adjust["abducted"]))
        .shifted(fixed)
        .clipped(item.min, item.max)
    )


def _lower_arm(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["lower_arm"]
    off_side = parts.hand_off_side(posture, thresholds)
    return (
        parts.elbow_band(posture, item, thresholds)
        .plus(off_side.times(item.adjust["across_midline_or_out_to_side"]))
        .clipped(item.min, item.max)
    )


def _wrist(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["wrist"]
    deviated = parts.wrist_deviated(posture, thresholds)
    return (
        parts.wrist_band(posture, item, thresholds)
        .plus(deviated.times(item.adjust["radial_or_ulnar_deviation"]))
        .clipped(item.min, item.max)
    )


def _wrist_twist(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    entry = tables.raw["wrist_twist"]
    middle, end = entry["mid_range"], entry["at_or_near_end_of_range"]
    rotated = parts.forearm_rotated(posture, thresholds)
    return rotated.times(end - middle).shifted(middle)


def _neck(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["neck"]
    twisted, bent = parts.neck_asymmetry(posture, thresholds)
    return (
        parts.neck_band(posture, item, thresholds)
        .plus(twisted.times(item.adjust["twist"]))
        .plus(bent.times(item.adjust["side_bend"]))
        .clipped(item.min, item.max)
    )


def _trunk(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> Belief:
    item = tables.items["trunk"]
    extra = _unprinted_trunk_bands(facts, thresholds, tables)
    twisted, bent = parts.trunk_asymmetry(posture, thresholds)
    return (
        parts.trunk_band(posture, item, thresholds, extra)
        .plus(twisted.times(item.adjust["twist"]))
        .plus(bent.times(item.adjust["side_bend"]))
        .clipped(item.min, item.max)
    )


def _unprinted_trunk_bands(
    facts: Facts, thresholds: Thresholds, tables: Tables
) -> tuple[Band, ...]:
    """Return bands for upright and for leaning back, which the paper leaves open.

    A seated worker's back is taken to be supported as long as it does not lean
    forward, which keeps the angle between hip and trunk at 90° or more.
    """
    if facts.seated:
        supported: int = tables.raw["trunk"]["seated_well_supported"]
        return Band(None, 0, supported), Band(0, 0, supported)
    back = Band(None, 0, thresholds.rula_trunk_extension_score)
    upright = thresholds.rula_upright_trunk_score
    printed = min(band.score for band in tables.items["trunk"].bands)
    return (back,) if upright == printed else (back, Band(0, 0, upright))


def _legs(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> Belief:
    entry = tables.raw["legs"]
    balanced, other = entry["supported_and_balanced"], entry["not"]
    if facts.seated:
        return Belief.exactly(balanced, posture.frames)
    one_leg = parts.one_leg(posture, thresholds)
    standing = one_leg.times(other - balanced).shifted(balanced)
    return parts.unless_sitting(posture, facts, standing, balanced)
