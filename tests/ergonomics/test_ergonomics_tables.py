"""The printed tables: every cell, the worked examples, and their digests."""

import json
from importlib import resources
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.job import LoadPattern, TaskFacts
from ergomesh.ergonomics.core.facts import Facts, resolve_facts
from ergomesh.ergonomics.core.load import force_score, load_score
from ergomesh.ergonomics.core.reba import reba_tables
from ergomesh.ergonomics.core.rula import rula_tables
from ergomesh.ergonomics.core.tables import METHODS, PartScoreError, load_tables

DIGESTS = {
    "rula": "c9783a7a48190d3423a9ff7de7b1bccf949a0a66dbe3f75a314d0a9fbbcfbcfc",
    "reba": "d762c828f63b5de7e91a108808cf2dd5b2e23c460b7c1484ca3977329d5bd85d",
}
RULA_PARTS = {
    "upper_arm": 6,
    "lower_arm": 3,
    "wrist": 4,
    "wrist_twist": 2,
    "neck": 6,
    "trunk": 6,
    "legs": 2,
}
REBA_PARTS = {
    "trunk": 5,
    "neck": 3,
    "legs": 4,
    "upper_arm": 6,
    "lower_arm": 2,
    "wrist": 3,
}
RULA_ONES = dict.fromkeys(RULA_PARTS, 1)
REBA_ONES = dict.fromkeys(REBA_PARTS, 1)


def printed(method: str) -> dict[str, Any]:
    """Read the packaged file without the code under test."""
    path = resources.files("ergomesh.ergonomics") / "tables" / f"{method}.json"
    data: dict[str, Any] = json.loads(path.read_text())
    return data


@pytest.mark.parametrize("method", METHODS)
def test_table_files_are_frozen(method: Any) -> None:
    """A table file has the digest it was checked with."""
    assert load_tables(method).sha256 == DIGESTS[method]


@pytest.mark.parametrize("method", METHODS)
def test_tables_cannot_be_changed(method: Any) -> None:
    """A loaded table is read-only."""
    with pytest.raises(ValueError, match="read-only"):
        load_tables(method).table_a[...] = 1


def test_rula_table_a_cell_by_cell() -> None:
    """All 144 cells of RULA's table A come out as printed."""
    table = printed("rula")["table_a"]
    for ua, la, w, t in product(range(6), range(3), range(4), range(2)):
        found = rula_tables(
            **RULA_ONES
            | {
                "upper_arm": ua + 1,
                "lower_arm": la + 1,
                "wrist": w + 1,
                "wrist_twist": t + 1,
            }
        )
        assert found.a == table[ua][la][w][t]


def test_rula_table_b_cell_by_cell() -> None:
    """All 72 cells of RULA's table B come out as printed."""
    table = printed("rula")["table_b"]
    for neck, trunk, legs in product(range(6), range(6), range(2)):
        part = {"neck": neck + 1, "trunk": trunk + 1, "legs": legs + 1}
        assert rula_tables(**RULA_ONES | part).b == table[neck][trunk][legs]


def test_rula_table_c_cell_by_cell() -> None:
    """All 56 cells of RULA's table C come out as printed, and caps hold beyond."""
    table = printed("rula")["table_c"]
    for c, d in product(range(1, 14), range(1, 14)):
        found = rula_tables(**RULA_ONES, muscle_a=c - 1, muscle_b=d - 1)
        assert found.c == c
        assert found.d == d
        assert found.grand == table[min(c, 8) - 1][min(d, 7) - 1]


def test_reba_table_a_cell_by_cell() -> None:
    """All 60 cells of REBA's table A come out as printed."""
    table = printed("reba")["table_a"]
    for trunk, neck, legs in product(range(5), range(3), range(4)):
        part = {"trunk": trunk + 1, "neck": neck + 1, "legs": legs + 1}
        assert reba_tables(**REBA_ONES | part).a == table[trunk][neck][legs]


def test_reba_table_b_cell_by_cell() -> None:
    """All 36 cells of REBA's table B come out as printed."""
    table = printed("reba")["table_b"]
    for ua, la, w in product(range(6), range(2), range(3)):
        part = {"upper_arm": ua + 1, "lower_arm": la + 1, "wrist": w + 1}
        assert reba_tables(**REBA_ONES | part).b == table[ua][la][w]


def test_reba_table_c_cell_by_cell() -> None:
    """All 144 cells of REBA's table C come out as printed."""
    table = printed("reba")["table_c"]
    for a, b in product(range(12), range(12)):
        assert reba_tables(**REBA_ONES, load=a, coupling=b).c == table[a][b]


@pytest.mark.parametrize(
    ("parts", "muscle", "force", "expected"),
    [
        ((2, 1, 3, 1, 2, 2, 1), 1, 0, (3, 2, 4, 3, 3, 2)),
        ((5, 2, 3, 2, 4, 3, 2), 1, 1, (7, 7, 9, 9, 7, 4)),
        ((1, 1, 1, 1, 1, 1, 1), 0, 0, (1, 1, 1, 1, 1, 1)),
    ],
    ids=["R1", "R2", "R3"],
)
def test_rula_worked_examples(
    parts: tuple[int, ...], muscle: int, force: int, expected: tuple[int, ...]
) -> None:
    """RULA's worked examples give A, B, C, D, grand score and action level."""
    found = rula_tables(
        **dict(zip(RULA_PARTS, parts, strict=True)),
        muscle_a=muscle,
        force_a=force,
        muscle_b=muscle,
        force_b=force,
    )
    got = found.a, found.b, found.c, found.d, found.grand, found.level
    assert np.array_equal(got, expected)


def test_rula_example_r4_twisted_and_bent_trunk() -> None:
    """R4: trunk 5 with balanced legs gives B 6 for necks 1, 2 and 3."""
    for neck in (1, 2, 3):
        assert rula_tables(**RULA_ONES | {"trunk": 5, "neck": neck}).b == 6


def test_rula_example_r5_acceptable_exactly_when_both_are() -> None:
    """R5: the grand score is at most 2 exactly when C and D are at most 2."""
    c, d = np.mgrid[1:9, 1:8]
    found = rula_tables(**RULA_ONES, muscle_a=c - 1, muscle_b=d - 1)
    assert ((found.grand <= 2) == ((c <= 2) & (d <= 2))).all()


def test_rula_example_r6_corners_of_table_c() -> None:
    """R6: C(1,1), C(4,4), C(3,7) and C(8,7) are 1, 4, 6 and 7."""
    c, d = np.array([1, 4, 3, 8]), np.array([1, 4, 7, 7])
    found = rula_tables(**RULA_ONES, muscle_a=c - 1, muscle_b=d - 1)
    assert found.grand.tolist() == [1, 4, 6, 7]


@pytest.mark.parametrize(
    ("parts", "coupling", "expected"),
    [
        ((1, 1, 1, 1, 1, 1), 2, (1, 3, 1, 1, 0)),
        ((4, 2, 2, 5, 2, 3), 2, (6, 10, 10, 10, 3)),
        ((2, 2, 2, 1, 2, 3), 0, (4, 3, 4, 4, 2)),
        ((3, 2, 4, 2, 2, 1), 0, (7, 2, 7, 7, 2)),
    ],
    ids=["E1", "E2", "E3", "E4"],
)
def test_reba_worked_examples(
    parts: tuple[int, ...], coupling: int, expected: tuple[int, ...]
) -> None:
    """REBA's worked examples give A, B, C, final score and action level."""
    found = reba_tables(**dict(zip(REBA_PARTS, parts, strict=True)), coupling=coupling)
    got = found.a, found.b, found.c, found.final, found.level
    assert np.array_equal(got, expected)


def test_reba_example_e5_single_cells() -> None:
    """E5: A(3,2,2), A(1,3,1), B(3,2,2), C(5,5), C(6,1) are 5, 3, 5, 6, 6."""
    a = reba_tables(
        **REBA_ONES | {"trunk": [3, 1], "neck": [2, 3], "legs": [2, 1]}
    ).a.tolist()
    b = reba_tables(**REBA_ONES | {"upper_arm": 3, "lower_arm": 2, "wrist": 2}).b
    c = reba_tables(**REBA_ONES, load=[4, 5], coupling=[4, 0]).c.tolist()
    assert (*a, b, *c) == (5, 3, 5, 6, 6)


@pytest.mark.parametrize("method", METHODS)
def test_table_files_carry_examples_that_hold(method: Any) -> None:
    """The examples inside a table file come out of its tables."""
    short = {"ua": "upper_arm", "la": "lower_arm", "w": "wrist", "wt": "wrist_twist"}
    names = {"A": "a", "B": "b", "C": "c", "D": "d", "grand": "grand", "final": "final"}
    for example in printed(method)["tests"]:
        parts = {short.get(name, name): v for name, v in example["in"].items()}
        found = (rula_tables if method == "rula" else reba_tables)(**parts)
        for name, value in example["out"].items():
            assert getattr(found, names[name]) == value


@pytest.mark.parametrize("table", ["table_a", "table_b", "table_c"])
@pytest.mark.parametrize("method", METHODS)
def test_tables_rise_along_every_axis(method: Any, table: str) -> None:
    """No table falls when a part score rises: bounds carry through them."""
    cells = getattr(load_tables(method), table)
    for axis in range(cells.ndim):
        assert (np.diff(cells, axis=axis) >= 0).all()


@settings(deadline=None)
@given(st.sampled_from(sorted(RULA_PARTS)), st.sampled_from([0, -1, 7, 99]))
def test_rula_refuses_scores_outside_the_range(part: str, score: int) -> None:
    """A part score outside its range is an error, never another cell."""
    with pytest.raises(PartScoreError, match="must be 1"):
        rula_tables(**RULA_ONES | {part: score})


@settings(deadline=None)
@given(st.sampled_from(sorted(REBA_PARTS)), st.sampled_from([0, -3, 7, 40]))
def test_reba_refuses_scores_outside_the_range(part: str, score: int) -> None:
    """A part score outside its range is an error, never another cell."""
    with pytest.raises(PartScoreError, match="must be 1"):
        reba_tables(**REBA_ONES | {part: score})


def facts_of(**told: Any) -> Facts:
    """Resolve some facts."""
    return resolve_facts(TaskFacts(**told))[0]


@pytest.mark.parametrize(
    ("load_kg", "intermittent", "repeated"),
    [(0, 0, 0), (1.999, 0, 0), (2, 1, 2), (10, 1, 2), (10.001, 2, 3), (60, 2, 3)],
)
def test_rula_force_from_both_sides(
    load_kg: float, intermittent: int, repeated: int
) -> None:
    """RULA's force score changes at 2 and 10 kg, by how the force acts."""
    tables = load_tables("rula")
    once = facts_of(load_kg=load_kg)
    often = facts_of(load_kg=load_kg, load_pattern=LoadPattern.STATIC_OR_REPEATED)
    assert force_score(once, tables) == intermittent
    assert force_score(often, tables) == repeated


@pytest.mark.parametrize(
    ("load_kg", "expected"), [(0, 0), (4.999, 0), (5, 1), (10, 1), (10.001, 2), (60, 2)]
)
def test_reba_load_from_both_sides(load_kg: float, expected: int) -> None:
    """REBA's load score changes at 5 and 10 kg; a shock adds 1."""
    tables = load_tables("reba")
    shock = facts_of(load_kg=load_kg, load_pattern=LoadPattern.SHOCK)
    assert load_score(facts_of(load_kg=load_kg), tables) == expected
    assert load_score(shock, tables) == expected + 1


@settings(deadline=None)
@given(st.floats(0, 500))
def test_rula_shock_is_the_highest_force(load_kg: float) -> None:
    """Any shock has RULA's force score 3."""
    facts = facts_of(load_kg=load_kg, load_pattern=LoadPattern.SHOCK)
    assert force_score(facts, load_tables("rula")) == 3
