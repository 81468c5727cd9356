"""REBA: rapid entire body assessment, over time, left and right apart.

Hignett S, McAtamney L (2000) Rapid Entire Body Assessment (REBA). Applied Ergonomics
31(2):201-205. Numbers come from ``tables/reba.json``, choices from
:mod:`~ergomesh.ergonomics.core.thresholds`.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from ergomesh.contract.arrays import IntArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core import parts
from ergomesh.ergonomics.core.activity import Activity
from ergomesh.ergonomics.core.bands import Steps
from ergomesh.ergonomics.core.belief import Belief, look_up
from ergomesh.ergonomics.core.facts import MIDDLE, Facts
from ergomesh.ergonomics.core.load import load_score
from ergomesh.ergonomics.core.series import MethodScores, Posture, method_scores
from ergomesh.ergonomics.core.tables import Tables, cell, load_tables
from ergomesh.ergonomics.core.thresholds import Thresholds

KNEE_ADJUST: Final = ("knee_30_60", "knee_over_60_not_sitting")
"""Names of the table's additions for bent knees; the angles are in the names."""


@dataclass(frozen=True, slots=True)
class RebaTables:
    """What the tables say, each of the broadcast shape of the part scores."""

    a: IntArray
    """Table A with the load."""
    b: IntArray
    """Table B with the coupling."""
    c: IntArray
    """Table C."""
    final: IntArray
    """C with the activity, 1…15."""
    level: IntArray
    """Action level 0…4."""


def reba_tables(
    *,
    trunk: ArrayLike,
    neck: ArrayLike,
    legs: ArrayLike,
    upper_arm: ArrayLike,
    lower_arm: ArrayLike,
    wrist: ArrayLike,
    load: ArrayLike = 0,
    coupling: ArrayLike = 0,
    activity: ArrayLike = 0,
) -> RebaTables:
    """Look part scores up in REBA's tables; arrays broadcast.

    Args:
        trunk: 1…5.
        neck: 1…3.
        legs: 1…4.
        upper_arm: 1…6.
        lower_arm: 1…2.
        wrist: 1…3.
        load: 0…3.
        coupling: 0…3.
        activity: 0…3.

    Raises:
        PartScoreError: When a part score is outside its range.
    """
    tables = load_tables("reba")
    a = cell(tables.table_a, trunk, neck, legs) + np.asarray(load)
    b = cell(tables.table_b, upper_arm, lower_arm, wrist) + np.asarray(coupling)
    c = cell(tables.table_c, a, b)
    final = c + np.asarray(activity)
    return RebaTables(a, b, c, final, tables.level_of()[final])


def score_reba(posture: Posture, facts: Facts, thresholds: Thresholds) -> MethodScores:
    """Score every frame on both sides.

    Args:
        posture: T frames, each with a person.
        facts: What is not measured.
        thresholds: The choices.
    """
    tables = load_tables("reba")
    middle = {
        "trunk": _trunk(posture, thresholds, tables),
        "neck": _neck(posture, thresholds, tables),
        "legs": _legs(posture, facts, thresholds, tables),
    }
    rows, columns = tables.table_c.shape
    a = look_up(tables.table_a, tuple(middle.values()))
    score_a = a.shifted(load_score(facts, tables)).clipped(1, rows)
    coupling = tables.raw["coupling"][facts.coupling]
    arm = _arm(posture, facts, thresholds, tables)
    b = look_up(tables.table_b, tuple(arm.values()))
    score_b = b.shifted(coupling).clipped(1, columns)
    c = look_up(tables.table_c, (score_a.twice(), score_b))
    left, right = (_activity(facts, side, posture.frames, tables) for side in SIDES)
    final = c.plus(left.beside(right))
    return method_scores("reba", final, middle, arm, thresholds.interval_probability)


def _trunk(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["trunk"]
    twisted, bent = parts.trunk_asymmetry(posture, thresholds)
    asymmetric = twisted.either(bent).times(item.adjust["twist_or_side_flexed"])
    band = parts.trunk_band(posture, item, thresholds)
    return band.plus(asymmetric).clipped(item.min, item.max)


def _neck(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["neck"]
    twisted, bent = parts.neck_asymmetry(posture, thresholds)
    asymmetric = twisted.either(bent).times(item.adjust["twist_or_side_flexed"])
    band = parts.neck_band(posture, item, thresholds)
    return band.plus(asymmetric).clipped(item.min, item.max)


def _legs(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> Belief:
    """Score support and the more bent knee; a seated worker gets neither."""
    entry = tables.raw["legs"]
    both = entry["bilateral_weight_bearing_walking_or_sitting"]
    one = entry["unilateral_feather_or_unstable"]
    if facts.seated:
        return Belief.exactly(both, posture.frames)
    lifted = parts.one_leg(posture, thresholds)
    knees = parts.larger_of_sides(
        posture, "knee_flexion", _knee_steps(entry["adjust"], thresholds)
    )
    standing = (
        lifted.times(one - both)
        .shifted(both)
        .plus(knees)
        .clipped(entry["min"], entry["max"])
    )
    return parts.unless_sitting(posture, facts, standing, both)


def _knee_steps(adjust: dict[str, int], thresholds: Thresholds) -> Steps:
    """Read the edges from the names: "knee_30_60" begins at 30°."""
    edges = [float(re.findall(r"\d+", name)[0]) for name in KNEE_ADJUST]
    scores = [0, *(adjust[name] for name in KNEE_ADJUST)]
    lower = thresholds.shared_end_point == "lower"
    return Steps(np.array(edges), np.array(scores), lower)


def _arm(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> dict[str, Belief]:
    """Return the part scores of one arm, in the order of table B."""
    lower_arm = tables.items["lower_arm"]
    return {
        "upper_arm": _upper_arm(posture, facts, thresholds, tables),
        "lower_arm": parts.elbow_band(posture, lower_arm, thresholds).clipped(
            lower_arm.min, lower_arm.max
        ),
        "wrist": _wrist(posture, thresholds, tables),
    }


def _upper_arm(
    posture: Posture, facts: Facts, thresholds: Thresholds, tables: Tables
) -> Belief:
    item = tables.items["upper_arm"]
    helped = facts.arms_supported or facts.gravity_assisted
    fixed = (
        facts.shoulder_raised * item.adjust["shoulder_raised"]
        + helped * item.adjust["leaning_supported_or_gravity_assisted"]
    )
    band = parts.upper_arm_band(posture, item, thresholds)
    abducted = parts.abducted(posture, thresholds)
    return (
        band.plus(abducted.times(item.adjust["abducted_or_rotated"]))
        .shifted(fixed)
        .clipped(item.min, item.max)
    )


def _wrist(posture: Posture, thresholds: Thresholds, tables: Tables) -> Belief:
    item = tables.items["wrist"]
    deviated = parts.wrist_deviated(posture, thresholds)
    twisted = parts.forearm_rotated(posture, thresholds)
    off = deviated.either(twisted).times(item.adjust["deviated_or_twisted"])
    band = parts.wrist_band(posture, item, thresholds)
    return band.plus(off).clipped(item.min, item.max)


def _activity(facts: Facts, side: str, frames: int, tables: Tables) -> Belief:
    entry = tables.raw["activity"]
    active = Activity.any_of([facts.active(side), facts.active(MIDDLE)])
    held = Belief.doubtful(active, frames).times(entry["static_over_1_min"])
    rapid: int = facts.rapid_or_unstable * entry["rapid_large_change_or_unstable_base"]
    return held.shifted(rapid)
