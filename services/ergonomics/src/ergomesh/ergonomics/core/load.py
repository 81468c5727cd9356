"""Scores of force and load, from the wording of the tables."""

from ergomesh.contract.job import LoadPattern
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.tables import ForceClause, Tables


def force_score(facts: Facts, tables: Tables) -> int:
    """Return RULA's force score, 0…3.

    A mass below the lightest clause of its pattern scores 0: the method prints
    no row for a static load under 2 kg.
    """
    if facts.load_pattern is LoadPattern.SHOCK:
        return max(clause.score for clause in tables.force)
    return _score_of(facts, tables, facts.load_pattern.replace("_", " "))


def load_score(facts: Facts, tables: Tables) -> int:
    """Return REBA's load score, 0…3."""
    shock: int = tables.raw["load"]["shock_or_rapid_build_up"]
    sudden = facts.load_pattern is LoadPattern.SHOCK
    return _score_of(facts, tables, "") + sudden * shock


def _score_of(facts: Facts, tables: Tables, pattern: str) -> int:
    return max(
        (
            clause.score
            for clause in tables.force
            if clause.pattern == pattern and _holds(clause, facts.load_kg)
        ),
        default=0,
    )


def _holds(clause: ForceClause, load_kg: float) -> bool:
    return clause.lo_kg <= load_kg <= clause.hi_kg
