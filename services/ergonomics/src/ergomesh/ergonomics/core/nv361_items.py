"""The rows of an assessment by NV 361/2007: items of the table, and what it lacks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.nv361_measures import READINGS
from ergomesh.ergonomics.core.nv361_result import Nv361Item, Nv361Unlisted, Span
from ergomesh.ergonomics.core.nv361_table import UNMEASURED, Listed, Nv361Table
from ergomesh.ergonomics.core.nv361_zones import Clip, Kind, Zone

_RAISED: Final = "shoulder_raised"
_NOT_OBSERVED: Final = "not_observed"


@dataclass(frozen=True, slots=True)
class Found:
    """A zone of a measure on a part of the body, one way of being in it, its item."""

    part: str
    measure: str
    zone: Zone
    kind: Kind
    item: Listed | None


def share(seconds: Span, seen_s: float, person_s: float) -> Span:
    """Return shares: the likely one of what was seen, the bounds of all the time.

    Args:
        seconds: How long.
        seen_s: How long it could be told.
        person_s: How long the person was there.
    """
    if person_s <= 0:
        return Span(low=0.0, likely=0.0, high=0.0)
    low, high = seconds.low / person_s, min(seconds.high / person_s, 1.0)
    middle = seconds.likely / seen_s if seen_s > 0 else 0.0
    return Span(low=min(low, middle), likely=middle, high=max(high, middle))


# ---- items of the table


def item_rows(
    table: Nv361Table,
    found: tuple[Found, ...],
    clip: Clip,
    facts: Facts,
    told: Collection[str],
) -> Iterator[Nv361Item]:
    """Iterate over every item of the table, arm by arm.

    Args:
        table: The decree's.
        found: Every way of being in every zone.
        clip: The clip.
        facts: What no video shows.
        told: Names of the facts that the user told.
    """
    for item in table.items:
        for part in item.parts:
            row = _named(item, part, facts)
            unseen = _unseen(item, facts, told)
            zones = [f for f in found if (f.part, f.measure) == (part, item.measure)]
            if item.measure == UNMEASURED:
                yield _not_assessed(table, row, unseen)
            elif _RAISED in item.unseen and facts.shoulder_raised:
                yield _remarked(table, _throughout(row, clip), unseen)
            elif not any(f.zone.observed_share > 0 for f in zones):
                yield _not_assessed(table, row, (_NOT_OBSERVED, *unseen))
            else:
                yield _remarked(table, _measured(row, item, zones, clip), unseen)


def _named(item: Listed, part: str, facts: Facts) -> Nv361Item:
    return Nv361Item(
        key=item.key,
        part=part,
        cls="N" if item.step2 and facts.long_use else item.cls,
        printed_cls=item.cls,
        step2=item.step2,
        load=item.load,
        name_en=item.words.en,
        name_cs=item.words.cs,
        status="assessed",
    )


def _unseen(item: Listed, facts: Facts, told: Collection[str]) -> tuple[str, ...]:
    """Return what of an item was not assessed; a raised shoulder may be told."""
    known = facts.shoulder_raised or _RAISED in told
    return tuple(key for key in item.unseen if not (key == _RAISED and known))


def _remarked(table: Nv361Table, row: Nv361Item, unseen: tuple[str, ...]) -> Nv361Item:
    return msgspec.structs.replace(
        row,
        status="partly_assessed" if unseen else row.status,
        unseen=unseen,
        unseen_en=tuple(table.unseen[key].en for key in unseen),
        unseen_cs=tuple(table.unseen[key].cs for key in unseen),
    )


def _not_assessed(
    table: Nv361Table, row: Nv361Item, unseen: tuple[str, ...]
) -> Nv361Item:
    remarked = _remarked(table, row, unseen)
    return msgspec.structs.replace(remarked, status="not_assessed")


def _throughout(row: Nv361Item, clip: Clip) -> Nv361Item:
    """Return a posture that the user says is held all the time."""
    whole = clip.person_s
    return msgspec.structs.replace(
        row,
        seconds=Span(low=whole, likely=whole, high=whole),
        share=Span(low=1.0, likely=1.0, high=1.0),
        observed_share=1.0,
        certain_share=1.0,
        longest_hold_s=whole,
    )


def _measured(
    row: Nv361Item, item: Listed, zones: list[Found], clip: Clip
) -> Nv361Item:
    """Return an item with its time; one whose facts do not apply has none.

    Args:
        row: Its names.
        item: The item.
        zones: Of its measure, with whatever item.
        clip: The clip.
    """
    mine = [f for f in zones if f.item is item]
    lowest = mine or zones
    seconds = _seconds([f.zone.seconds(f.kind) for f in mine], clip)
    observed = min(f.zone.observed_share for f in lowest)
    static = item.load == "S"
    return msgspec.structs.replace(
        row,
        seconds=seconds,
        share=share(seconds, observed * clip.person_s, clip.person_s),
        observed_share=observed,
        certain_share=min(f.zone.certain_share for f in lowest),
        longest_hold_s=_longest_s(mine) if static else None,
        per_min=None if static else clip.span(*lowest[0].zone.per_min),
    )


def _seconds(found: list[FloatArray], clip: Clip) -> Span:
    """Return the time in all zones of a posture together."""
    low, middle, high = sum(found, start=np.zeros((3, READINGS)))
    most = np.minimum(high, clip.person_s)
    return clip.span(low, middle, most)


def _longest_s(found: list[Found]) -> float:
    return max((f.zone.longest_hold_s() for f in found), default=0.0)


# ---- what the table lacks


def unlisted_rows(
    table: Nv361Table, found: tuple[Found, ...], clip: Clip
) -> Iterator[Nv361Unlisted]:
    """Iterate over what occurred, or may have, and is in no item.

    Args:
        table: The decree's.
        found: Every way of being in every zone.
        clip: The clip.
    """
    for one in found:
        if one.item is not None or one.zone.observed_share <= 0:
            continue
        seconds = _seconds([one.zone.seconds(one.kind)], clip)
        if seconds.high > 0:
            yield _unlisted(table, one, seconds, clip)


def _unlisted(
    table: Nv361Table, one: Found, seconds: Span, clip: Clip
) -> Nv361Unlisted:
    zone, kind = one.zone, one.kind
    named = {language: _name(table, one, language) for language in ("en", "cs")}
    return Nv361Unlisted(
        part=one.part,
        measure=one.measure,
        from_deg=zone.from_deg,
        to_deg=None if np.isinf(zone.to_deg) else zone.to_deg,
        load=kind.load,
        freq=kind.freq,
        name_en=named["en"],
        name_cs=named["cs"],
        seconds=seconds,
        share=share(seconds, zone.observed_share * clip.person_s, clip.person_s),
    )


_UP_TO: Final = {"en": " by up to {:g}°", "cs": " do {:g}°"}
_MORE: Final = {"en": " by more than {:g}°", "cs": " větší než {:g}°"}
_BETWEEN: Final = {"en": " by {:g} to {:g}°", "cs": " {:g} až {:g}°"}


def _name(table: Nv361Table, one: Found, language: str) -> str:
    """Return words such as "Upper arm raised by more than 60° at fewer than …"."""
    zone, kind = one.zone, one.kind
    words = [getattr(table.measures[one.measure], language)]
    if np.isinf(zone.to_deg):
        words.append(_MORE[language].format(zone.from_deg) if zone.from_deg else "")
    elif zone.from_deg:
        words.append(_BETWEEN[language].format(zone.from_deg, zone.to_deg))
    else:
        words.append(_UP_TO[language].format(zone.to_deg))
    if kind.freq is not None:
        words.append(f" {getattr(table.frequencies[kind.freq], language)}")
    return "".join(words)
