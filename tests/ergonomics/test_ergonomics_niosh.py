"""The revised NIOSH lifting equation: the printed tables, formulas and examples."""

import json
from importlib import resources
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.job import Coupling
from ergomesh.ergonomics.core.niosh_equation import (
    BetweenRows,
    Hold,
    Multipliers,
    Pace,
    composite_index,
    lifting_index,
    multipliers,
)
from ergomesh.ergonomics.core.niosh_tables import (
    Constants,
    niosh_tables,
    parse_niosh_tables,
)

DIGEST = "8b64cf5c45e6646d659406e82433cb8807020a124d4430c8a50e1a077455e630"
TABLES = niosh_tables()
RARE = Pace(per_min=0.2, hours=1.0, between_rows="next_higher")

reaches = st.floats(0, 80)
heights = st.floats(0, 200)
ways = st.floats(0, 200)
sides = st.floats(0, 180)
paces = st.builds(
    Pace,
    per_min=st.floats(0, 18),
    hours=st.floats(0.1, 8),
    between_rows=st.sampled_from(["next_higher", "interpolated"]),
)
grips = st.sampled_from(list(Coupling))


def printed() -> dict[str, Any]:
    """Read the packaged file without the code under test."""
    path = resources.files("ergomesh.ergonomics") / "tables" / "niosh.json"
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def factors_of(
    h: float,
    v: float,
    d: float,
    a: float,
    *,
    pace: Pace = RARE,
    coupling: Coupling = Coupling.GOOD,
    constants: Constants = TABLES.metric,
) -> Multipliers:
    """Return the multipliers of one posture."""
    hold = Hold(
        horizontal=np.array(h),
        vertical=np.array(v),
        distance=np.array(d),
        asymmetry_deg=np.array(a),
    )
    return multipliers(hold, pace, coupling, tables=TABLES, constants=constants)


def rwl(*hvda: float, constants: Constants = TABLES.metric, **how: Any) -> float:
    """Return the recommended weight limit of one posture."""
    return float(factors_of(*hvda, constants=constants, **how).limit(constants).item())


def rounded_rwl_lb(*hvda: float, coupling: Coupling) -> float:
    """Return the limit as the worksheets do: multipliers of two decimals.

    That of H comes from the manual's table, which has .44 for 23 in (.4348).
    """
    found = factors_of(*hvda, coupling=coupling, constants=TABLES.us)
    product: float = TABLES.us.load * printed()["hm_in_table"][f"{hvda[0]:g}"]
    for name in Multipliers.__dataclass_fields__.keys() - {"horizontal"}:
        product *= round(float(getattr(found, name)) + 1e-9, 2)
    return product


def test_table_file_is_frozen() -> None:
    """The table file has the digest it was checked with, and is read-only."""
    assert TABLES.sha256 == DIGEST
    for array in (TABLES.frequency, TABLES.per_min, *TABLES.coupling.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


def test_every_cell_of_the_frequency_table() -> None:
    """A frequency, duration and height of the table gets exactly the printed cell."""
    for per_min, *cells in printed()["fm"]:
        for k, cell in enumerate(cells):
            for between in ("next_higher", "interpolated"):
                pace = Pace(
                    per_min=per_min, hours=(1, 2, 8)[k // 2], between_rows=between
                )
                found = factors_of(25, (74.9, 75)[k % 2], 25, 0, pace=pace)
                assert found.frequency.item() == cell


def test_every_cell_of_the_coupling_table() -> None:
    """A grip gets the printed multiplier, by the height of the hands."""
    for grip, cells in printed()["cm"].items():
        for height, cell in zip((74.9, 75), cells, strict=True):
            found = factors_of(25, height, 25, 0, coupling=Coupling(grip))
            assert found.coupling.item() == cell


def test_printed_horizontal_table() -> None:
    """The manual's table of HM is the formula's within .006: it has .44 for .4348."""
    for inches, printed_hm in printed()["hm_in_table"].items():
        found = factors_of(float(inches), 30, 10, 0, constants=TABLES.us)
        assert found.horizontal.item() == pytest.approx(printed_hm, abs=0.006)


@pytest.mark.parametrize("case", printed()["tests_metric"])
def test_metric_examples(case: dict[str, Any]) -> None:
    """N7, N8 and N9: other programs' tests, at full precision.

    N7 is 3.72878415 by hand; the file's number differs in the eighth digit.
    """
    pace = Pace(per_min=case["F"], hours=case["hours"], between_rows="next_higher")
    grip = Coupling(case["coupling"])
    found = rwl(*(case[k] for k in "HVDA"), pace=pace, coupling=grip)
    assert found == pytest.approx(case["rwl"], abs=case.get("tol", 1e-7))


def test_the_load_of_example_n7() -> None:
    """N7: 10 kg have an index of 2.68."""
    pace = Pace(per_min=4, hours=8, between_rows="next_higher")
    limit = rwl(50, 100, 50, 45, pace=pace, coupling=Coupling.FAIR)
    assert lifting_index(10.0, np.array(limit)).item() == pytest.approx(2.68, abs=0.005)


@pytest.mark.parametrize("case", printed()["tests_us_rounded_worksheet"])
def test_worksheets_of_the_manual(case: dict[str, Any]) -> None:
    """N1 to N5: with multipliers rounded as printed, the worksheets' own answers."""
    hvda = [case[k] for k in "HVDA"]
    found = rounded_rwl_lb(*hvda, coupling=Coupling(case["coupling"]))
    assert found == pytest.approx(case["rwl_lb"], abs=0.051)
    assert case["load"] / found == pytest.approx(case["LI"], abs=0.06)


@pytest.mark.parametrize(
    ("hvda", "coupling", "full"),
    [
        ((23, 15, 48, 0), "fair", 16.03),
        ((23, 63, 48, 0), "fair", 14.31),
        ((15, 27, 17, 0), "poor", 27.69),
        ((20, 10, 17, 0), "poor", 18.06),
        ((18, 15, 21, 45), "fair", 18.52),
    ],
)
def test_worksheets_at_full_precision(
    hvda: tuple[float, ...], coupling: str, full: float
) -> None:
    """N1 to N5 unrounded: up to 2 % from what is printed."""
    found = rwl(*hvda, coupling=Coupling(coupling), constants=TABLES.us)
    assert found == pytest.approx(full, abs=0.005)


def test_package_inspection() -> None:
    """N6: the multipliers of the manual's figure 14 give its answer within 0.1 lb."""
    product = Multipliers(
        **{
            name: np.array(value)
            for name, value in zip(
                Multipliers.__dataclass_fields__,
                (1.0, 0.94, 0.87, 1.0, 0.88, 0.95),
                strict=True,
            )
        }
    )
    assert product.limit(TABLES.us).item() == pytest.approx(34.9, abs=0.11)


@given(reaches, heights, ways, sides, paces, grips)
def test_limit_is_never_above_the_ideal(
    h: float, v: float, d: float, a: float, pace: Pace, coupling: Coupling
) -> None:
    """Every multiplier lies between 0 and 1, so no limit exceeds 23 kg."""
    found = factors_of(h, v, d, a, pace=pace, coupling=coupling)
    for name in Multipliers.__dataclass_fields__:
        assert 0 <= getattr(found, name) <= 1
    assert 0 <= found.limit(TABLES.metric) <= TABLES.metric.load


@given(
    *(st.lists(each, min_size=2, max_size=2).map(sorted) for each in (reaches, ways)),
    *(st.lists(each, min_size=2, max_size=2).map(sorted) for each in (sides, sides)),
    heights,
)
def test_limit_falls_with_every_distance(
    h: list[float], d: list[float], a: list[float], off: list[float], v: float
) -> None:
    """Farther, longer, more to the side or more off 75 cm: never a higher limit."""
    assert rwl(h[0], v, 50, 0) >= rwl(h[1], v, 50, 0)
    assert rwl(30, v, d[0], 0) >= rwl(30, v, d[1], 0)
    assert rwl(30, v, 50, a[0]) >= rwl(30, v, 50, a[1])
    above, below = ([75 + sign * each for each in off] for sign in (1, -1))
    assert rwl(30, above[0], 50, 0) >= rwl(30, above[1], 50, 0)
    assert rwl(30, below[0], 50, 0) >= rwl(30, below[1], 50, 0)


@given(
    st.lists(st.floats(0, 20), min_size=2, max_size=2).map(sorted),
    st.lists(st.floats(0.1, 8), min_size=2, max_size=2).map(sorted),
    heights,
    st.sampled_from(["next_higher", "interpolated"]),
)
def test_limit_falls_with_pace(
    per_min: list[float], hours: list[float], v: float, between: BetweenRows
) -> None:
    """More often or for longer: never a higher limit."""

    def limit(often: float, long: float) -> float:
        pace = Pace(per_min=often, hours=long, between_rows=between)
        return rwl(30, v, 50, 0, pace=pace)

    assert limit(per_min[0], hours[0]) >= limit(per_min[1], hours[0])
    assert limit(per_min[0], hours[0]) >= limit(per_min[0], hours[1])


@given(st.floats(0, 15), st.floats(0.1, 8), heights)
def test_next_row_is_the_stricter_choice(
    per_min: float, hours: float, v: float
) -> None:
    """Taking the next row never allows more than interpolation does."""
    strict, between = (
        rwl(30, v, 50, 0, pace=Pace(per_min=per_min, hours=hours, between_rows=way))
        for way in ("next_higher", "interpolated")
    )
    assert strict <= between + 1e-12


@pytest.mark.parametrize(
    ("at", "beyond"),
    [
        ((63, 75, 25, 0), (63.01, 75, 25, 0)),
        ((25, 175, 25, 0), (25, 175.01, 25, 0)),
        ((25, 75, 175, 0), (25, 75, 175.01, 0)),
        ((25, 75, 25, 135), (25, 75, 25, 135.01)),
    ],
)
def test_nothing_beyond_the_limits(
    at: tuple[float, ...], beyond: tuple[float, ...]
) -> None:
    """On a limit something may be lifted, just beyond it nothing."""
    assert rwl(*at) > 0
    assert rwl(*beyond) == 0


def test_nothing_beyond_the_last_row() -> None:
    """At 15 lifts a minute something may be lifted, just beyond it nothing."""
    for between in ("next_higher", "interpolated"):
        for per_min, allowed in ((15.0, True), (15.001, False)):
            pace = Pace(per_min=per_min, hours=1, between_rows=between)
            assert (rwl(25, 75, 25, 0, pace=pace) > 0) is allowed


@pytest.mark.parametrize(("near", "same"), [((10, 25), 25), ((0, 25), 25)])
def test_nothing_gained_below_the_least(near: tuple[float, float], same: float) -> None:
    """Closer than 25 cm, or moved by less, is as good as 25 cm."""
    assert rwl(near[0], 75, same, 0) == rwl(near[1], 75, same, 0)
    assert rwl(same, 75, near[0], 0) == rwl(same, 75, near[1], 0)


@settings(deadline=None)
@given(
    st.integers(1, 12),
    st.floats(0.1, 3),
    st.floats(0, 15),
    st.floats(0.1, 8),
    heights,
    st.sampled_from(["next_higher", "interpolated"]),
)
def test_equal_lifts_have_the_index_of_one(
    count: int, index: float, per_min: float, hours: float, v: float, way: Any
) -> None:
    """However one kind of lift is divided, its composite index is its own."""
    pace = Pace(per_min=per_min, hours=hours, between_rows=way)
    one, every = (
        composite_index(np.full(n, index), np.full(n, v >= 75), pace, TABLES)
        for n in (1, count)
    )
    assert every == pytest.approx(one, rel=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 3), st.booleans()), min_size=1, max_size=6),
    paces,
)
def test_composite_index_by_hand(lifts: list[tuple[float, bool]], pace: Pace) -> None:
    """The composite index is the manual's recipe, followed step by step."""
    share = pace.per_min / len(lifts)

    def factor(per_min: float, *, high: bool) -> float:
        each = Pace(per_min=per_min, hours=pace.hours, between_rows=pace.between_rows)
        return float(factors_of(25, 75 if high else 74, 25, 0, pace=each).frequency)

    def over(a: float, b: float) -> float:
        return a / b if b > 0 else np.inf

    order = sorted(lifts, key=lambda e: -over(e[0], factor(share, high=e[1])))
    total = over(order[0][0], factor(share, high=order[0][1]))
    for k, (index, high) in enumerate(order[1:], start=2):
        now = over(index, factor(share * k, high=high))
        if np.isinf(now):
            total = np.inf
            break
        total += now - over(index, factor(share * (k - 1), high=high))
    found = composite_index(
        np.array([index for index, _ in lifts]),
        np.array([high for _, high in lifts]),
        pace,
        TABLES,
    )
    assert found == pytest.approx(total)


def test_composite_index_is_at_least_the_hardest() -> None:
    """Other lifts in between never make the hardest one easier."""
    pace = Pace(per_min=4, hours=2, between_rows="next_higher")
    alone = Pace(per_min=2, hours=2, between_rows="next_higher")
    both = composite_index(np.array([2.0, 0.5]), np.ones(2, bool), pace, TABLES)
    hardest = composite_index(np.array([2.0]), np.ones(1, bool), alone, TABLES)
    assert both > hardest


def test_levels_of_the_index() -> None:
    """An index of 1 is the goal, of 3 a raised risk; just above is the next level."""
    assert [TABLES.level_of(i) for i in (0.0, 1.0, 1.01, 3.0, 3.01, np.inf)] == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]


def test_unknown_formula_is_refused() -> None:
    """A table file with another formula is no table file of ours."""
    data = printed()
    data["metric"]["HM"] = "26 over H"
    with pytest.raises(ValueError, match="26 over H"):
        parse_niosh_tables(json.dumps(data).encode())
