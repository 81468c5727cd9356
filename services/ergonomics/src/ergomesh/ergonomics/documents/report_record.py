"""What the result rests on: quality, assumptions, choices, versions, sources."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from ergomesh.ergonomics.core.facts import Assumption, Origin
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Section,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.sign_off import sign_off
from ergomesh.ergonomics.documents.words import Words


def quality_section(matter: Matter) -> Section:
    """Write what limited the measurement."""
    words, result = matter.words, matter.result
    quality, people, fit = result.quality, result.people, result.fit
    rows = (
        ("person", words.seconds(quality.person_s)),
        ("gap", words.seconds(quality.gap_s)),
        ("longest", words.seconds(quality.longest_gap_s)),
        ("confidence", words.percent(quality.landmark_confidence)),
        ("fit", _pixels(fit.residual_px_median, words) if fit else ""),
        ("chosen", words.sentence(people.chosen_by) if people else ""),
        ("others", str(people.others) if people else ""),
    )
    warnings = tuple(words.sentence(warning) for warning in quality.warnings)
    return Section(
        title=words("quality.title"),
        new_page=False,
        blocks=(
            Facts(
                rows=tuple((words(f"quality.{k}"), text) for k, text in rows if text)
            ),
            Bullets(items=warnings or (words("summary.no_warning"),)),
        ),
    )


def _pixels(value: float, words: Words) -> str:
    return words("quality.pixels", value=words.number(value, 1))


def record_section(matter: Matter) -> Section:
    """Write the assumptions, then the choices, versions and sources."""
    words = matter.words
    return Section(
        title=words("record.assumptions"),
        new_page=False,
        blocks=(
            Text(text=words("record.assumptions_intro")),
            _assumptions(matter.result.assumptions, words),
        ),
    )


def choices_section(matter: Matter) -> Section:
    """Write every threshold and choice."""
    words, choices = matter.words, matter.result.provenance.thresholds
    version = choices.get("version", "")
    return Section(
        title=words("record.thresholds"),
        new_page=False,
        blocks=(
            Text(text=words("record.thresholds_intro", version=version)),
            _choices(choices, words),
            *_disputed(matter),
        ),
    )


def sources_section(matter: Matter) -> Section:
    """Write provenance and references."""
    words = matter.words
    return Section(
        title=words("record.provenance"),
        new_page=False,
        blocks=(
            Facts(rows=_provenance(matter)),
            Subtitle(text=words("record.references")),
            Bullets(items=_sources(matter)),
            Subtitle(text=words("record.read")),
            Text(text=words("record.disclaimer")),
        ),
    )


def signed_section(matter: Matter) -> Section:
    """Write where the report is signed."""
    words = matter.words
    return Section(
        title=words("sign.title"),
        new_page=False,
        blocks=(sign_off(words, matter.about.assessed_by),),
    )


def _sources(matter: Matter) -> tuple[str, ...]:
    scored = (found.source for found in matter.result.methods.values())
    return (*scored, *map(matter.words.sentence, matter.others.sources))


def _assumptions(assumptions: tuple[Assumption, ...], words: Words) -> Table:
    return Table(
        columns=(
            Column(title=words("record.name"), width=1.5),
            Column(title=words("record.value"), width=1.5),
            Column(title=words("record.origin"), width=0.8),
            Column(title=words("record.effect"), width=3.9),
        ),
        rows=tuple(_assumption(entry, words) for entry in assumptions),
        small=True,
    )


def _assumption(entry: Assumption, words: Words) -> tuple[Cell, ...]:
    given = entry.origin is Origin.GIVEN
    return (
        Cell(text=words.known(f"fact.{entry.name}", entry.name), strong=given),
        Cell(text=words.value(entry.value), strong=given),
        Cell(text=words(f"record.{entry.origin}"), strong=given),
        Cell(text=words.sentence(entry.sentence)),
    )


def _choices(choices: Mapping[str, str | float | int], words: Words) -> Table:
    return Table(
        columns=(
            Column(title=words("record.setting"), width=2.3),
            Column(title=words("record.value"), width=0.9, align="right"),
            Column(title=words("record.reason"), width=5.2),
        ),
        rows=tuple(
            (
                Cell(text=name, code=True),
                Cell(text=words.value(words.given(value)), strong=True),
                Cell(text=choice_reason(name, words)),
            )
            for name, value in choices.items()
            if name != "version"
        ),
        small=True,
    )


def choice_reason(name: str, words: Words) -> str:
    """Return what a choice decides and why it is so; nothing for an unknown one."""
    return _reasons().get(name, {}).get(str(words.language), "")


@cache
def _reasons() -> Mapping[str, Mapping[str, str]]:
    file = resources.files(__package__) / "words" / "choices.toml"
    return tomllib.loads(file.read_text("utf-8"))


def _disputed(matter: Matter) -> tuple[Block, ...]:
    """List the cells of OWAS's table on which its copies differ."""
    words, found = matter.words, matter.others.owas
    if found is None:
        return ()
    listed = ", ".join(
        words("record.cell", code=c.code, used=c.used, alternative=c.alternative)
        for c in found.disputed
    )
    return (Text(text=words("record.disputed", cells=listed), small=True),)


def _provenance(matter: Matter) -> tuple[tuple[str, str], ...]:
    words, result = matter.words, matter.result
    made = result.provenance
    backend = (("backend", words.value(result.fit.backend)),) if result.fit else ()
    rows = (
        ("program", f"ergomesh {made.ergomesh_version}"),
        ("landmarks", made.landmark_model),
        ("body", made.body_model),
        *backend,
        ("clip_sha", result.clip.sha256),
    )
    return (
        *((words(f"record.{name}"), text) for name, text in rows),
        *(
            (words("record.table", method=_short(method, words)), table.sha256)
            for method, table in made.tables.items()
        ),
    )


def _short(method: str, words: Words) -> str:
    """Return what a method is called; RULA and REBA have no other name."""
    return words.known(f"{method}.short", method.upper())
