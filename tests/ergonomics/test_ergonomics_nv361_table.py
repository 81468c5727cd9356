"""The data of decree 361/2007: digests, completeness, and nothing listed twice."""

import json
from importlib import resources
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest

from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.facts import Facts, resolve_facts
from ergomesh.ergonomics.core.nv361_measures import measures
from ergomesh.ergonomics.core.nv361_table import (
    UNMEASURED,
    Load,
    nv361_table,
)
from ergomesh.ergonomics.core.nv361_zones import KINDS, applies, borders_deg
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS

TABLE = nv361_table()
DIGESTS = (
    "c16536ea68351e91dea4070be6cfa7e1c0258feedcbcfcec1fd6b9540be6f93f",
    "1797187fcf7ddcbd5af3e2dc334b6e7dab8ee988d566ae96c59e256f2edf754e",
)
FORM_ROWS = {
    "trunk": 11,
    "head_neck": 10,
    "right_arm": 10,
    "left_arm": 10,
    "leg": 7,
    "other": 4,
}
"""Rows of the laboratory's form, by its reader ``read_pp_results.py``."""


def printed(name: str) -> dict[str, Any]:
    """Read a packaged file without the code under test."""
    path = resources.files("ergomesh.ergonomics") / "tables" / name
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def test_table_files_are_frozen() -> None:
    """The files have the digests they were checked with."""
    assert (TABLE.sha256, TABLE.names_sha256) == DIGESTS


def test_every_item_is_read_as_printed() -> None:
    """Part, verdict, load, frequency and angles of each item are the file's."""
    for item, row in zip(TABLE.items, printed("nv361_2007.json")["items"], strict=True):
        assert (item.part, item.cls, item.load) == (
            row["part"],
            row["cls"],
            row["load"],
        )
        assert item.freq == row.get("freq")
        assert item.step2 == ("step2" in row)
        ends = {abs(row[k]) for k in ("angle_lo", "angle_hi") if row.get(k) is not None}
        assert {item.from_deg, item.to_deg} - {0.0, np.inf} == ends - {0}


def test_the_form_has_as_many_rows() -> None:
    """Part by part, and arm by arm, there are as many items as rows in the form."""
    parts = [part for item in TABLE.items for part in item.parts]
    assert {part: parts.count(part) for part in FORM_ROWS} == FORM_ROWS


def test_names_are_those_of_one_posture() -> None:
    """No two items of a part share a key, or a name under the same load."""
    for language in ("cs", "en"):
        named = [
            (item.part, item.load, getattr(item.words, language))
            for item in TABLE.items
        ]
        assert len(set(named)) == len(named)
        assert all(name[-1] == name[-1].strip() != "" for name in named)
    assert len({item.key for item in TABLE.items}) == len(TABLE.items)


def test_names_say_what_is_printed() -> None:
    """Names carry the angles and the frequency that their item is printed with."""
    often, rare = (TABLE.frequencies[f].en for f in ("ge2", "lt2"))
    for item in TABLE.items:
        assert (item.freq == "ge2") == item.words.en.endswith(often)
        assert (item.freq == "lt2") == item.words.en.endswith(rare)
        for edge in {item.from_deg, item.to_deg} - {0.0, np.inf}:
            assert all(f"{edge:g}" in getattr(item.words, k) for k in ("cs", "en"))


def every_fact() -> list[Facts]:
    """Return the facts with every combination of support."""
    return [
        resolve_facts(
            TaskFacts(
                trunk_supported=bool(k & 1),
                head_supported=bool(k & 2),
                arms_supported=bool(k & 4),
            )
        )[0]
        for k in range(8)
    ]


@pytest.mark.parametrize("facts", every_fact())
def test_no_posture_is_in_two_items(facts: Facts) -> None:
    """Whatever is supported, a zone under one load and frequency has one verdict."""
    names = {measure.name for measure in measures(DEFAULT_THRESHOLDS)} | {"ground"}
    assert names == {i.measure for i in TABLE.items} - {UNMEASURED}
    for name in names:
        items = [i for i in TABLE.items if i.measure == name and applies(i, facts)]
        edges = borders_deg(TABLE, name)
        for lower, upper in pairwise(edges):
            for kind in KINDS:
                hit = [
                    item.key
                    for item in items
                    if item.from_deg < upper
                    and lower < item.to_deg
                    and item.load == kind.load
                    and item.freq in {None, kind.freq}
                ]
                assert len(hit) <= 1, (name, lower, kind, hit)


def zones_of(load: Load) -> set[str]:
    """Return the measures with items under a load."""
    return {item.measure for item in TABLE.items if item.load == load}


def test_every_measure_has_items() -> None:
    """What is measured decides static items, and dynamic ones but for the ground."""
    names = {measure.name for measure in measures(DEFAULT_THRESHOLDS)}
    assert names <= zones_of("S")
    assert names <= zones_of("D")
    assert "ground" not in zones_of("D")


def test_coefficients_leave_no_gap() -> None:
    """From 240 min on, each length of a shift has exactly one coefficient."""
    ends = [(first, last) for first, last, _ in TABLE.coefficients]
    for (_, last), (first, _) in pairwise(ends):
        assert last is not None
        assert first == last + 1
    assert ends[0][0] == 240
    assert ends[-1][1] is None


def test_words_are_complete() -> None:
    """Everything that a result may name has a name in both languages."""
    for words in (
        *TABLE.parts.values(),
        *TABLE.loads.values(),
        *TABLE.frequencies.values(),
        *TABLE.measures.values(),
        *TABLE.unseen.values(),
    ):
        assert words.cs
        assert words.en
    used = {key for item in TABLE.items for key in item.unseen}
    assert used <= set(TABLE.unseen)
    assert all(item.unseen for item in TABLE.items if item.measure == UNMEASURED)


def test_needs_are_facts() -> None:
    """An item depends only on facts that the user can tell."""
    told = {field.name for field in msgspec.structs.fields(TaskFacts)}
    assert {item.needs.fact for item in TABLE.items if item.needs} <= told
