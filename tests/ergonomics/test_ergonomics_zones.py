"""Laws of the time spent in angle zones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.skeleton import mirrored
from ergomesh.ergonomics.core.angles import ANGLE_NAMES
from ergomesh.ergonomics.core.zones import SOURCES, borders_deg, zones_of

ANGLES = st.lists(st.floats(-180, 180), min_size=1, max_size=20)


@given(st.sampled_from(sorted(SOURCES)), ANGLES)
def test_zones_share_out_the_observed_time(name: str, values: list[float]) -> None:
    """The shares of an angle's zones add up to one; gaps take no part."""
    deg = np.array([*values, np.nan])
    zones = zones_of(name, deg, np.ones(len(deg)))

    assert sum(zone.share for zone in zones) == pytest.approx(1)


@given(st.sampled_from(sorted(SOURCES)), st.floats(-180, 180))
def test_an_angle_lies_between_the_borders_of_its_zone(name: str, deg: float) -> None:
    """One frame fills exactly the zone whose borders enclose it."""
    zones = zones_of(name, np.array([deg]), np.ones(1))

    (zone,) = [zone for zone in zones if zone.share > 0]
    assert zone.from_deg is None or zone.from_deg <= deg
    assert zone.to_deg is None or deg <= zone.to_deg


def test_a_border_belongs_to_the_zone_nearer_to_zero() -> None:
    """20° of trunk flexion is still 0 to 20, -20° still -20 to 0 (standards §1)."""
    for deg, expected in ((20.0, (0, 20)), (-20.0, (-20, 0)), (60.0, (20, 60))):
        zones = zones_of("trunk_flexion", np.array([deg]), np.ones(1))
        (zone,) = [zone for zone in zones if zone.share > 0]
        assert (zone.from_deg, zone.to_deg) == expected


def test_borders_are_the_methods_own() -> None:
    """The borders come out of the printed bands, the same on both sides."""
    assert borders_deg("trunk_flexion") == (-20, 0, 20, 60)
    assert borders_deg("left_elbow_flexion") == (60, 100)
    assert borders_deg("trunk_twist") == ()
    for name in ANGLE_NAMES:
        assert borders_deg(name) == borders_deg(mirrored(name))
