"""A difference in words: what it is of, its values with their ranges, its verdict."""

import re
from functools import cache
from typing import Final

from ergomesh.contract.job import Language
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.compare import Comparison, Difference, Estimate, Verdict
from ergomesh.ergonomics.core.neutral_zone import neutral_zone_deg
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.documents.words import Words, words_of
from ergomesh.ergonomics.workbook.words import own_texts

WORST: Final = 3
"""Action level from which a change is asked for soon (RULA, REBA)."""
MARKS: Final = {Verdict.LOWER: "\u2193", Verdict.HIGHER: "\u2191", Verdict.OPEN: ""}
"""Arrow of a certain change; none where nothing is certain."""

_LEVEL: Final = re.compile(r"level_at_least_(\d+)")
_BEYOND: Final = re.compile(r"(\w+)_beyond_(-?\d+)")
_OUTSIDE: Final = re.compile(r"(\w+)_outside_neutral")
_CATEGORY: Final = re.compile(r"category_at_least_(\d+)")
_JUDGED: Final = re.compile(r"(\w+)_(held|not_acceptable)")
_RANGE: Final = "\N{EN DASH}"


@cache
def comparison_words(language: Language) -> Words:
    """Return the texts of a language, read once per process."""
    general = words_of(language)
    texts = {**general.texts, **own_texts(language, __package__)}
    return Words(language, texts, general.patterns)


def quantity(words: Words, of: Difference) -> str:
    """Return what a difference is of, without method and side."""
    level = _LEVEL.fullmatch(of.measure)
    if level:
        return words("quantity.level", level=level[1])
    beyond = _BEYOND.fullmatch(of.measure)
    if beyond:
        border = words.given_number(int(beyond[2]))
        return words(
            "quantity.beyond", angle=words(f"angle.{beyond[1]}"), border=border
        )
    outside = _OUTSIDE.fullmatch(of.measure)
    if outside:
        prefix = "" if of.side == "middle" else f"{of.side}_"
        low, high = map(words.given_number, neutral_zone_deg(f"{prefix}{outside[1]}"))
        angle = words(f"angle.{outside[1]}")
        return words("quantity.outside", angle=angle, low=low, high=high)
    return _posture(words, of)


def _posture(words: Words, of: Difference) -> str:
    """Return what a quantity of the clip-wide methods is of."""
    category = _CATEGORY.fullmatch(of.measure)
    if category:
        return words("quantity.category", category=category[1])
    judged = _JUDGED.fullmatch(of.measure)
    if judged:
        item = words(f"item.{judged[1]}")
        return words(f"quantity.{judged[2]}", item=item)
    if of.method == "nv361" and of.part != "whole":
        return _listed(words, of.measure)
    return words(f"quantity.{of.measure}")


def _listed(words: Words, key: str) -> str:
    """Return what the decree's table calls a posture, with its class."""
    (item,) = {i.key: i for i in nv361_table().items if i.key == key}.values()
    czech = words.language is Language.CZECH
    return f"{item.cls} {item.load}: {item.words.cs if czech else item.words.en}"


def estimated(words: Words, of: Difference, value: Estimate) -> str:
    """Return a value with its range, if it has one: "60% (40 to 80)"."""
    if of.unit == "share":
        low, high = (f"{round(100 * end)}" for end in (value.low, value.high))
        said = words.percent(value.value)
    else:
        decimals = 1 if of.unit == "index" else 0
        low, high = (words.number(end, decimals) for end in (value.low, value.high))
        said = words.number(value.value, decimals)
    return said if low == high else f"{said} ({low}{_RANGE}{high})"


def changed(words: Words, of: Difference) -> str:
    """Return a change with its range, in points of per cent for shares."""
    scale = 100 if of.unit == "share" else 1
    decimals = 1 if of.unit == "index" else 0
    low, likely, high = (
        _signed(words, scale * value, decimals)
        for value in (of.change.low, of.change.value, of.change.high)
    )
    if low == high:
        return likely
    return f"{likely} ({words('change.range', low=low, high=high)})"


def _signed(words: Words, value: float, decimals: int) -> str:
    said = words.number(value, decimals)
    return f"+{said}" if round(value, decimals) > 0 else said


def happened(of: Difference) -> bool:
    """Whether a quantity is anything but surely zero on both sides."""
    return of.before.high > 0 or of.after.high > 0


def listed(found: Comparison) -> tuple[Difference, ...]:
    """Return the differences to list: of the same motion, only what changed."""
    return tuple(
        each
        for each in found.differences
        if happened(each) and not (found.same_motion and _unchanged(each.change))
    )


def _unchanged(change: Estimate) -> bool:
    return change.low == change.value == change.high == 0


def cautions(words: Words, of: Comparison) -> tuple[str, ...]:
    """Return the sentences on what beside the work differs."""
    return words.pick(of.warnings_en, of.warnings_cs)


def reading(words: Words, of: Comparison) -> str:
    """Return how the values, their ranges and the arrows are to be read."""
    return words("caveat.paired" if of.same_motion else "caveat.values")


def findings(words: Words, of: Comparison) -> tuple[str, ...]:
    """Return the sentences at the top: how much is certain, then what matters most."""
    seen = [d for d in of.differences if happened(d)]
    counts = {v: sum(d.verdict is v for d in seen) for v in Verdict}
    head = words(
        "finding.counts",
        every=len(seen),
        lower=counts[Verdict.LOWER],
        higher=counts[Verdict.HIGHER],
        open=counts[Verdict.OPEN],
    )
    worst = [
        d
        for d in of.differences
        if d.measure == f"level_at_least_{WORST}" and d.side in SIDES
    ]
    return (head, *(_finding(words, d) for d in worst))


def _finding(words: Words, of: Difference) -> str:
    return words(
        f"finding.{of.verdict}",
        method=of.method.upper(),
        side=words(f"side.{of.side}"),
        level=WORST,
        before=estimated(words, of, of.before),
        after=estimated(words, of, of.after),
    )


def caveats(words: Words, of: Comparison) -> tuple[str, ...]:
    """Return what a reader has to know: changed inputs, missing files, other days."""
    said = [words("caveat.sampling")]
    if of.choices:
        names = ", ".join(change.name for change in of.choices)
        said.append(words("caveat.choices", names=names))
    for change in of.facts:
        name = words.known(f"fact.{change.name}", change.name)
        before, after = (
            words.value(v) if v else words("caveat.none")
            for v in (change.before, change.after)
        )
        said.append(words("caveat.fact", name=name, before=before, after=after))
    unread = [one.label for one in (of.before, of.after) if not one.frames_read]
    said += [words("caveat.frames", label=label) for label in unread]
    return tuple(said)
