"""The methods that sort postures and lifts instead of scoring frames, all of them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.en1005_4 import assess_en1005_4
from ergomesh.ergonomics.core.iso11226 import assess_iso11226
from ergomesh.ergonomics.core.niosh import assess_niosh
from ergomesh.ergonomics.core.niosh_tables import niosh_tables
from ergomesh.ergonomics.core.nv361 import assess_nv361
from ergomesh.ergonomics.core.owas import summarize_owas
from ergomesh.ergonomics.core.result import Result, TableSource
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds


def with_methods(
    result: Result,
    motion: Motion,
    angles: Angles,
    scores: Scores,
    task: TaskFacts,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Result:
    """Return a result with OWAS, ISO 11226, EN 1005-4, NV 361/2007 and NIOSH.

    Args:
        result: Of RULA and REBA.
        motion: T frames; NaN in gaps.
        angles: Of the same frames.
        scores: Of the same frames.
        task: What the user told about the work.
        thresholds: The choices.
    """
    found = other_methods(motion, angles, scores, task, thresholds)
    made = msgspec.structs.replace(
        result.provenance, tables={**result.provenance.tables, **_sources(found)}
    )
    return msgspec.structs.replace(result, provenance=made, **found)


def other_methods(
    motion: Motion,
    angles: Angles,
    scores: Scores,
    task: TaskFacts,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> dict[str, Any]:
    """Return the results of the methods but RULA and REBA, by their name.

    Args:
        motion: As :func:`with_methods`, likewise the others.
        angles: Of the same frames.
        scores: Of the same frames.
        task: What the user told about the work.
        thresholds: The choices.
    """
    facts = scores.facts
    asked = motion, angles, facts, thresholds
    return {
        "owas": summarize_owas(scores.owas, motion, facts, thresholds),
        "iso11226": assess_iso11226(*asked, common=scores.common),
        "en1005_4": assess_en1005_4(*asked, common=scores.common),
        "nv361": assess_nv361(*asked, told=told_names(task), common=scores.common),
        "niosh": assess_niosh(*asked),
    }


def told_names(task: TaskFacts) -> frozenset[str]:
    """Return the names of the facts that the user told."""
    told = msgspec.structs.asdict(task)
    return frozenset(name for name, value in told.items() if value is not None)


def _sources(found: Mapping[str, Any]) -> dict[str, TableSource]:
    """Return which printed tables the methods used."""
    tables = {**found, "niosh": niosh_tables()}
    return {
        name: TableSource(source=table.source, sha256=table.sha256)
        for name, table in tables.items()
    }
