"""What ISO 11226 judges, item by item: an angle and its zones."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from ergomesh.contract.arrays import BoolArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding_measures import (
    USUAL_RANGE_DEG,
    across,
    backward,
    end_of_range,
    plain,
)
from ergomesh.ergonomics.core.holding_zones import Measured, Zoning
from ergomesh.ergonomics.core.iso11226_tables import (
    SEVERITY,
    Row,
    Verdict,
    iso_tables,
)
from ergomesh.ergonomics.core.stance import Stance
from ergomesh.ergonomics.core.thresholds import Thresholds

STRAIGHT_KNEE_DEG: Final = 180.0
"""The knee's angle as ISO 11226 counts it: straight is 180°."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is judged."""

    name: str
    """``left_upper_arm_elevation``."""
    part: str
    """``trunk``, ``neck``, ``left_arm``, ``right_arm``, ``left_leg``, …"""
    segment: str
    """Its name in the table, without the side."""
    measured: Measured
    edges_deg: tuple[float, ...]
    """Where zones meet, one fewer than rows."""
    rows: tuple[Row, ...]

    def verdict(self, zone: int, facts: Facts) -> Verdict:
        """Return a zone's verdict with the supports that are there."""
        row = self.rows[zone]
        return "acceptable" if supported(row, self.part, facts) else row.printed()

    def zoning(self, facts: Facts) -> Zoning:
        """Return how its angle is sorted into zones."""
        return Zoning(self.measured, self.edges_deg, self.severity(facts))

    def severity(self, facts: Facts) -> list[int]:
        """Return how bad each zone is."""
        zones = range(len(self.rows))
        return [SEVERITY[self.verdict(zone, facts)] for zone in zones]


def supported(row: Row, part: str, facts: Facts) -> bool:
    """Return whether the support that makes a zone acceptable is there."""
    arm = part.endswith("arm")
    given = {
        "": False,
        "with_full_support": facts.arms_supported if arm else facts.trunk_supported,
        "with_full_head_support": facts.head_supported,
        "with_full_trunk_support": facts.trunk_supported,
        "trunk_reclined_with_full_support": facts.trunk_supported,
    }
    return given[row.support()]


def items(angles: Angles, common: Common, thresholds: Thresholds) -> list[Item]:
    """Return everything that is judged over T frames."""
    here = common.clock.present
    found = _middle(angles, here, thresholds)
    sits, stands, unknown = _positions(here, common.stance)
    for side in SIDES:
        found += _arm(angles, side, here, thresholds)
        knee = plain(angles, f"{side}_knee_flexion", sits | unknown)
        flexion = np.where(unknown, np.nan, knee.value_deg)
        straight = STRAIGHT_KNEE_DEG - flexion
        names = f"{side}_standing_knee", f"{side}_sitting_knee"
        bent = Measured(names[0], flexion, knee.sd_deg, stands | unknown)
        seated = Measured(names[1], straight, knee.sd_deg, knee.applies)
        limit = (thresholds.owas_knee_bent_deg,)
        part = f"{side}_leg"
        found += [
            _zoned(f"{side}_sitting_knee", part, "sitting_knee_angle", seated, 0.0),
            _present(f"{side}_standing_knee_flexed", part, bent, limit),
        ]
    return found


def _middle(angles: Angles, here: BoolArray, thresholds: Thresholds) -> list[Item]:
    tolerance = thresholds.neutral_tolerance_deg
    limit = thresholds.asymmetry_deg
    zoned = (
        ("trunk_inclination", "trunk", "trunk_inclination", "trunk_flexion"),
        ("head_inclination", "neck", "head_inclination", "head_inclination"),
        ("neck_flexion", "neck", "neck_flexion_head_minus_trunk", "neck_flexion"),
    )
    return [
        _zoned(name, part, segment, plain(angles, angle, here), tolerance)
        for name, part, segment, angle in zoned
    ] + [
        _present(f"{part}_{name}", part, plain(angles, f"{part}_{name}", here), ends)
        for ends in [(-limit, limit)]
        for part in ("trunk", "neck")
        for name in ("side_bend", "twist")
    ]


def _arm(
    angles: Angles, side: str, here: BoolArray, thresholds: Thresholds
) -> list[Item]:
    part = f"{side}_arm"
    raised = plain(angles, f"{side}_upper_arm_elevation_gravity", here)
    awkward: tuple[tuple[str, Callable[..., Measured]], ...] = (
        ("upper_arm_backward", backward),
        ("upper_arm_across", across),
    )
    segment = "upper_arm_elevation"
    return [
        _zoned(f"{side}_{segment}", part, segment, raised, 0.0),
        *(
            _present(
                f"{side}_{name}",
                part,
                measure(angles, side, here),
                (thresholds.awkward_arm_deg,),
            )
            for name, measure in awkward
        ),
        *ends_of_range(angles, side, here, thresholds),
    ]


def ends_of_range(
    angles: Angles, side: str, here: BoolArray, thresholds: Thresholds
) -> list[Item]:
    """Return whether joints of a side are near the end of their range."""
    share = thresholds.end_of_range_share
    return [
        _present(
            f"{side}_{joint}_extreme",
            f"{side}_{'leg' if joint.startswith('knee') else 'arm'}",
            plain(angles, f"{side}_{joint}", here),
            end_of_range(joint, share),
        )
        for joint in USUAL_RANGE_DEG
    ]


def _zoned(
    name: str, part: str, segment: str, measured: Measured, tolerance_deg: float
) -> Item:
    """Return an item with the printed zones; 0 gets a tolerance."""
    rows = iso_tables().rows[segment]
    edges = tuple(row.lo for row in rows[1:] if row.lo is not None)
    widened = tuple(-tolerance_deg if edge == 0 else edge for edge in edges)
    return Item(name, part, segment, measured, widened, rows)


def _present(
    name: str, part: str, measured: Measured, edges_deg: tuple[float, ...]
) -> Item:
    """Return an item that is not recommended where it is present.

    Args:
        name: Of the item.
        part: Of the body.
        measured: Its angle.
        edges_deg: One limit, from which it is present, or the two ends of where it
            is not.
    """
    ends = (None, *edges_deg, None)
    fine = len(edges_deg) - 1
    rows = tuple(
        Row(lo=lo, hi=hi, verdict="A" if zone == fine else "NR", confidence="medium")
        for zone, (lo, hi) in enumerate(pairwise(ends))
    )
    return Item(name, part, name.split("_", 1)[1], measured, edges_deg, rows)


def _positions(
    here: BoolArray, stance: Stance
) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Return (T,) each: the worker sits, stands, or it is not known which.

    Args:
        here: (T,) frames with a person.
        stance: Of the same frames.
    """
    sits, kneels = stance.sits, stance.kneels
    seated = here & sits.yes
    known = sits.known & kneels.known
    stands = here & known & (sits.point == 0) & (kneels.point == 0)
    return seated, stands, here & ~known & ~seated
