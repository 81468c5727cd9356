"""What EN 1005-4 judges, item by item: an angle and its zones."""

from dataclasses import dataclass, replace

import msgspec

from ergomesh.contract.arrays import BoolArray
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.en1005_4_tables import EnRow, en_tables
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding_measures import (
    USUAL_RANGE_DEG,
    across,
    backward,
    end_of_range,
    plain,
)
from ergomesh.ergonomics.core.holding_zones import Measured, Zoning
from ergomesh.ergonomics.core.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class EnItem:
    """One thing that is judged."""

    name: str
    """``left_upper_arm_elevation``."""
    part: str
    """``trunk``, ``neck``, ``left_arm``, …"""
    measured: Measured
    edges_deg: tuple[float, ...]
    """Where zones meet, one fewer than rows."""
    rows: tuple[EnRow, ...]

    @property
    def neutral(self) -> int:
        """Return the zone that is always acceptable, from which others are entered."""
        return min(range(len(self.rows)), key=lambda zone: self.rows[zone].severity())

    @property
    def zoning(self) -> Zoning:
        """Return how its angle is sorted into zones."""
        severity = [row.severity() for row in self.rows]
        return Zoning(self.measured, self.edges_deg, severity)

    def held_well(self, zone: int, facts: Facts, *, in_time: bool) -> bool:
        """Return whether the condition on holding a zone is met.

        Footnotes 1 and 3 of the table: full support, or else forward and upward the
        holding time of ISO 11226; backward only support.

        Args:
            zone: A conditionally acceptable one.
            facts: Supports.
            in_time: Whether no hold exceeded its time.
        """
        arm = self.part.endswith("arm")
        if facts.arms_supported if arm else facts.trunk_supported:
            return True
        return in_time and zone > self.neutral


def en_items(angles: Angles, here: BoolArray, thresholds: Thresholds) -> list[EnItem]:
    """Return everything that is judged over T frames.

    Args:
        angles: T frames.
        here: (T,) frames with a person.
        thresholds: The choices.
    """
    found = [*_trunk(angles, here, thresholds), *_neck(angles, here, thresholds)]
    for side in SIDES:
        found += _arm(angles, side, here, thresholds)
        found += [
            _end_of_range(angles, side, joint, here, thresholds)
            for joint in USUAL_RANGE_DEG
        ]
    return found


def _trunk(angles: Angles, here: BoolArray, thresholds: Thresholds) -> list[EnItem]:
    forward = plain(angles, "trunk_flexion", here)
    tolerance = thresholds.neutral_tolerance_deg
    return [
        _zoned("trunk_forward", "trunk", forward, "trunk_forward", tolerance),
        *(
            _two_sided(
                f"trunk_{name}",
                "trunk",
                plain(angles, f"trunk_{name}", here),
                "trunk_lateral_or_twist_abs",
            )
            for name in ("side_bend", "twist")
        ),
    ]


def _neck(angles: Angles, here: BoolArray, thresholds: Thresholds) -> list[EnItem]:
    head = plain(angles, "head_inclination", here)
    below_deg = head.value_deg + thresholds.line_of_sight_deg
    sight = replace(head, name="line_of_sight", value_deg=below_deg)
    segment = "line_of_sight_below_horizontal"
    return [
        _zoned("line_of_sight", "neck", sight, segment, 0.0),
        *(
            _two_sided(
                f"neck_{name}",
                "neck",
                plain(angles, f"neck_{name}", here),
                f"neck_{name}_abs",
            )
            for name in ("side_bend", "twist")
        ),
    ]


def _arm(
    angles: Angles, side: str, here: BoolArray, thresholds: Thresholds
) -> list[EnItem]:
    raised = plain(angles, f"{side}_upper_arm_elevation_gravity", here)
    segment = "upper_arm_elevation"
    (awkward,) = en_tables().rows["upper_arm_backward_or_across"]
    return [
        _zoned(f"{side}_{segment}", f"{side}_arm", raised, segment, 0.0),
        *(
            _beyond(
                f"{side}_upper_arm_{name}",
                f"{side}_arm",
                measured,
                (thresholds.awkward_arm_deg,),
                awkward,
            )
            for name, measured in (
                ("backward", backward(angles, side, here)),
                ("across", across(angles, side, here)),
            )
        ),
    ]


def _end_of_range(
    angles: Angles, side: str, joint: str, here: BoolArray, thresholds: Thresholds
) -> EnItem:
    (row,) = en_tables().rows["other_joints_near_end_of_range"]
    return _beyond(
        f"{side}_{joint}_end_of_range",
        f"{side}_{'leg' if joint.startswith('knee') else 'arm'}",
        plain(angles, f"{side}_{joint}", here),
        end_of_range(joint, thresholds.end_of_range_share),
        row,
    )


def _zoned(
    name: str, part: str, measured: Measured, segment: str, tolerance_deg: float
) -> EnItem:
    """Return an item with the printed zones; 0 gets a tolerance."""
    rows = en_tables().ascending(segment)
    edges = tuple(row.lo for row in rows[1:] if row.lo is not None)
    widened = tuple(-tolerance_deg if edge == 0 else edge for edge in edges)
    return EnItem(name, part, measured, widened, rows)


def _two_sided(name: str, part: str, measured: Measured, segment: str) -> EnItem:
    """Return an item whose printed zones are of the unsigned angle."""
    inner, outer = en_tables().ascending(segment)
    limit = inner.hi or 0.0
    return EnItem(name, part, measured, (-limit, limit), (outer, inner, outer))


def _beyond(
    name: str,
    part: str,
    measured: Measured,
    edges_deg: tuple[float, ...],
    off: EnRow,
) -> EnItem:
    """Return an item with one printed zone, beyond one limit or either of two."""
    fine = msgspec.structs.replace(off, static="A", low="A", high="A")
    rows = (fine, off) if len(edges_deg) == 1 else (off, fine, off)
    return EnItem(name, part, measured, edges_deg, rows)
