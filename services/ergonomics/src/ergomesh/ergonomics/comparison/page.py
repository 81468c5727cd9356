"""``comparison.pdf``: one page, before and after, left beside right."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from ergomesh.contract.job import Language
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.comparison.said import (
    MARKS,
    cautions,
    caveats,
    changed,
    comparison_words,
    estimated,
    findings,
    quantity,
    reading,
)
from ergomesh.ergonomics.core.compare import (
    Changed,
    Compared,
    Comparison,
    Difference,
    Verdict,
)
from ergomesh.ergonomics.core.tables import METHODS
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Group,
    Lead,
    Section,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.names import breakable, shortened
from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

Row = tuple[Cell, ...]
_DATA: Final = "data.json"
_UNSHOWN: Final = "upper_arm_flexion_"
"""RULA bands the arm's elevation; its flexion stays in the JSON."""
MOST_LISTED: Final = 6
"""Facts, or choices, that the page names; the JSON has all: our choice."""
_LONGEST: Final = 40
"""Letters of a fact's value on the page: our choice."""
_BETTER, _WORSE = level_paint(0), level_paint(2)


def comparison_pdf(found: Comparison, language: Language = Language.ENGLISH) -> bytes:
    """Return ``comparison.pdf``; the same comparison gives the same bytes."""
    data = msgspec.json.encode(comparison_document(found, language))
    return typesetter.pdf("report", {_DATA: data})


def comparison_document(found: Comparison, language: Language) -> Document:
    """Return the page as blocks."""
    words = comparison_words(language)
    before, after = found.before, found.after
    warned = cautions(words, found)
    blocks: tuple[Block, ...] = (
        Lead(sentences=findings(words, found)),
        *((Bullets(items=warned),) if warned else ()),
        *_tables(found, words),
        Subtitle(text=words("section.read")),
        Text(text=reading(words, found), small=True),
        Bullets(items=_caveats(found, words)),
    )
    return Document(
        language=str(words.language),
        title=words("title.comparison"),
        subtitle=words(
            "title.of", before=breakable(before.label), after=breakable(after.label)
        ),
        meta=(
            (words("head.before"), _clip(before, words)),
            (words("head.after"), _clip(after, words)),
        ),
        running=shortened(before.label),
        footer=_footer(found, words),
        page=words("page"),
        sections=(Section(title="", blocks=blocks),),
    )


def _caveats(found: Comparison, words: Words) -> tuple[str, ...]:
    """Return what a reader has to know, with as much of what differs as has room."""
    general = msgspec.structs.replace(found, choices=(), facts=())
    said = list(caveats(words, general))
    if found.choices:
        names = _few([change.name for change in found.choices], ", ", words)
        said.append(words("caveat.choices", names=names))
    if found.facts:
        facts = _few([_fact(change, words) for change in found.facts], "; ", words)
        said.append(words("caveat.facts", facts=facts))
    return tuple(said)


def _few(items: list[str], between: str, words: Words) -> str:
    """Join the first items and count the others."""
    more = len(items) - MOST_LISTED
    rest = [words("caveat.more", count=more)] if more > 0 else []
    return between.join([*items[:MOST_LISTED], *rest])


def _fact(change: Changed, words: Words) -> str:
    before, after = (
        words.shortened(words.value(value), _LONGEST) if value else words("caveat.none")
        for value in (change.before, change.after)
    )
    name = words.known(f"fact.{change.name}", change.name)
    return words("caveat.fact_short", name=name, before=before, after=after)


def _clip(one: Compared, words: Words) -> str:
    seconds, person = words.seconds(one.duration_s), words.seconds(one.person_s)
    return words("head.duration", seconds=seconds, person=person)


def _footer(found: Comparison, words: Words) -> str:
    clips = " / ".join(c.clip_sha256[:12] for c in (found.before, found.after))
    return words("title.footer", version=found.after.ergomesh_version, sha=clips)


def _tables(found: Comparison, words: Words) -> Iterable[Block]:
    """Return what is compared left beside right, then what has no side."""
    scores = [d for d in found.differences if d.part == "whole"]
    parts = [d for d in found.differences if d.part != "whole" and _shown(d)]
    sided = {
        words("section.scores", method=method.upper()): [
            d for d in scores if d.method == method and d.side != "middle"
        ]
        for method in dict.fromkeys(d.method for d in scores if d.side != "middle")
    }
    sided[words("section.limbs")] = [d for d in parts if d.side != "middle"]
    middle = {
        words("section.others"): [d for d in scores if d.side == "middle"],
        words("section.middle"): [d for d in parts if d.side == "middle"],
    }
    heads = [
        f"{side}_{what}" for side in SIDES for what in ("before", "after", "change")
    ]
    if any(sided.values()):
        groups = _groups(sided, _sided, words)
        yield Table(columns=_columns(heads, words, 2.6), groups=groups, small=True)
    if any(middle.values()):
        heads, groups = ["before", "after", "change"], _groups(middle, _middle, words)
        yield Table(columns=_columns(heads, words, 6.2), groups=groups, small=True)


def _groups(
    named: Mapping[str, list[Difference]],
    rows: Callable[[list[Difference], Words], tuple[Row, ...]],
    words: Words,
) -> tuple[Group, ...]:
    """Return groups that share a table's head, which leaves room on the page."""
    return tuple(
        Group(title=title, rows=rows(differences, words))
        for title, differences in named.items()
        if differences
    )


def _shown(each: Difference) -> bool:
    """Whether there is room for a body part's quantity on the page."""
    return each.method in METHODS and not each.measure.startswith(_UNSHOWN)


def _sided(differences: list[Difference], words: Words) -> tuple[Row, ...]:
    """Return rows with left beside right."""
    rows: dict[str, dict[str, Difference]] = {}
    for each in differences:
        rows.setdefault(each.measure, {})[each.side] = each
    return tuple(
        (
            Cell(text=quantity(words, next(iter(sides.values())))),
            *(c for side in SIDES for c in _cells(sides.get(side), words)),
        )
        for sides in rows.values()
    )


def _middle(differences: list[Difference], words: Words) -> tuple[Row, ...]:
    return tuple((Cell(text=_named(d, words)), *_cells(d, words)) for d in differences)


def _named(of: Difference, words: Words) -> str:
    """Return a quantity; with its method where several share a table."""
    name = quantity(words, of)
    return f"{words(f'method.{of.method}')}: {name}" if of.part == "whole" else name


def _columns(heads: list[str], words: Words, wide: float) -> tuple[Column, ...]:
    return (
        Column(title=words("head.quantity"), width=wide),
        *(
            Column(title=words(f"head.{h}"), width=1.5 if "change" in h else 1.2)
            for h in heads
        ),
    )


def _cells(each: Difference | None, words: Words) -> tuple[Cell, Cell, Cell]:
    if each is None:
        return (Cell(text=NO_VALUE),) * 3
    certain = each.verdict is not Verdict.OPEN
    paint = {Verdict.LOWER: _BETTER, Verdict.HIGHER: _WORSE, Verdict.OPEN: None}
    change = f"{MARKS[each.verdict]} {changed(words, each)}".strip()
    return (
        Cell(text=estimated(words, each, each.before)),
        Cell(text=estimated(words, each, each.after)),
        Cell(text=change, strong=certain, paint=paint[each.verdict]),
    )
