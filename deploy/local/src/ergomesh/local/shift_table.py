"""How a shift's assessment is shown (pure: result in, renderables out)."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table
from rich.text import Text

from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.core.shift_result import (
    Minutes,
    ShiftPosture,
    ShiftResult,
)

STYLES: Final = {1: "green", 2: "yellow", 3: "red"}
"""By category."""
NONE: Final = "-"
MOST_DOUBTS: Final = 5
"""More are not spelled out: the table has their bounds."""

_WORDS: Final = {
    Language.ENGLISH: {
        "part": "part",
        "posture": "posture",
        "work": "work",
        "worker": "worker {}",
        "minutes": "min/shift",
        "type": "type",
        "limit": "limit",
        "category": "category",
        "none": "No posture of the decree occurred in what was assessed.",
        "job": "Category of the job: {}",
        "unknown": "not assessed",
        "limits": "Shift {shift} min, coefficient {coefficient:g}: N up to {n} min, PP "
        "up to {pp} min each; category 1 up to N {n_first:g} and PP {pp_first:g} min.",
        "together": "All listed postures together: {minutes} min, {verdict} half the "
        "shift ({half:g} min).",
        "over": "more than",
        "within": "within",
        "legend": "Minutes are the mean of the workers, in brackets what doubt leaves "
        "open. N: unacceptable, PP: conditionally acceptable; + not assessed in full.",
        "unlisted": "Not classified, for the decree does not list it:",
        "unassessed": "Not assessed:",
        "doubts": "The minutes of {} postures lie on both sides of a limit, so their "
        "category is in doubt: see the brackets; --json spells each out.",
    },
    Language.CZECH: {
        "part": "část těla",
        "posture": "pracovní poloha",
        "work": "svalová práce",
        "worker": "pracovník {}",
        "minutes": "min/směna",
        "type": "typ",
        "limit": "limit",
        "category": "kategorie",
        "none": "V tom, co bylo hodnoceno, se nevyskytla žádná poloha nařízení.",
        "job": "Kategorie práce: {}",
        "unknown": "nehodnoceno",
        "limits": "Směna {shift} min, koeficient {coefficient:g}: každá N do {n} min, "
        "PP do {pp} min; kategorie 1 do N {n_first:g} a PP {pp_first:g} min.",
        "together": "Všechny uvedené polohy celkem: {minutes} min, {verdict} polovina "
        "směny ({half:g} min).",
        "over": "více než",
        "within": "nejvýše",
        "legend": "Minuty jsou průměr pracovníků, v závorce meze nejistoty. N: "
        "nepřijatelná, PP: podmíněně přijatelná; + nehodnoceno v plném rozsahu.",
        "unlisted": "Nezařazeno, protože to nařízení neuvádí:",
        "unassessed": "Nehodnoceno:",
        "doubts": "Počet poloh, jejichž minuty leží na obou stranách limitu, takže "
        "kategorie není jistá: {}. Viz závorky; --json je vypíše jednotlivě.",
    },
}


def shift_report(result: ShiftResult, language: Language) -> Iterator[Text | Table]:
    """Iterate over everything worth saying, from top to bottom."""
    said = _WORDS[language]
    rows = [p for p in result.postures if p.minutes is not None and p.minutes.high > 0]
    yield _job(result, language)
    yield Text("")
    yield _table(result, rows, language) if rows else Text(said["none"])
    yield Text("")
    yield _limits(result, language)
    yield Text(said["legend"], style="dim")
    yield from _unlisted(result, language)
    yield from _unassessed(result, language)
    for warning in (*_doubts(result, language), *_warnings(result, language)):
        yield Text(f"! {warning}", style="yellow")


def _doubts(result: ShiftResult, language: Language) -> tuple[str, ...]:
    """Return a sentence for each posture in doubt, or one for many: the table shows."""
    doubts: tuple[str, ...] = getattr(result, f"doubts_{language}")
    if len(doubts) <= MOST_DOUBTS:
        return doubts
    return (_WORDS[language]["doubts"].format(len(doubts)),)


def _warnings(result: ShiftResult, language: Language) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(result, f"warnings_{language}")
    return found


def span(minutes: Minutes | None) -> str:
    """Return ``31``, or ``31 (25-36)`` in doubt."""
    if minutes is None:
        return NONE
    certain = minutes.low == minutes.high
    bounds = "" if certain else f" ({minutes.low}-{minutes.high})"
    return f"{minutes.likely}{bounds}"


def _table(result: ShiftResult, rows: list[ShiftPosture], language: Language) -> Table:
    said = _WORDS[language]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(said["part"])
    table.add_column(said["posture"], overflow="fold", ratio=1)
    table.add_column(said["work"])
    if result.workers > 1:
        for letter in "AB":
            table.add_column(said["worker"].format(letter), justify="right")
    table.add_column(said["minutes"], justify="right", no_wrap=True)
    table.add_column(said["type"])
    table.add_column(said["limit"], justify="right")
    table.add_column(said["category"], justify="right", no_wrap=True)
    for row in rows:
        _add(table, row, language)
    return table


def _add(table: Table, row: ShiftPosture, language: Language) -> None:
    names = nv361_table()
    more = "" if row.status == "assessed" else "+"
    workers = map(span, row.workers) if len(row.workers) > 1 else ()
    table.add_row(
        getattr(names.parts[row.part], language),
        f"{getattr(row, f'name_{language}')}{more}",
        getattr(names.loads[row.load], language).lower(),
        *workers,
        span(row.minutes),
        row.cls,
        str(row.limit_min),
        _category(row.category, row.category_low, row.category_high),
        style="" if row.category == 1 else STYLES.get(row.category or 0, ""),
    )


def _category(likely: int | None, low: int | None, high: int | None) -> str:
    """Return ``2``, or ``2 (1-3)`` in doubt."""
    if likely is None:
        return NONE
    return str(likely) if low == high else f"{likely} ({low}-{high})"


def _job(result: ShiftResult, language: Language) -> Text:
    said = _WORDS[language]
    if result.category is None:
        return Text(said["job"].format(said["unknown"]), style="bold")
    category = _category(result.category, result.category_low, result.category_high)
    style = f"bold {STYLES[result.category]}"
    return Text(said["job"].format(category), style=style)


def _limits(result: ShiftResult, language: Language) -> Text:
    said, limits = _WORDS[language], result.limits
    first = said["limits"].format(
        shift=limits.shift_min,
        coefficient=limits.coefficient,
        n=limits.n_second,
        pp=limits.pp_second,
        n_first=limits.n_first,
        pp_first=limits.pp_first,
    )
    second = said["together"].format(
        minutes=span(result.together),
        verdict=said["over" if result.together_exceeded else "within"],
        half=limits.half_shift,
    )
    return Text(f"{first}\n{second}")


def _unlisted(result: ShiftResult, language: Language) -> Iterator[Text]:
    names = nv361_table()
    rows = [row for row in result.unlisted if row.minutes.likely > 0]
    if rows:
        yield Text(_WORDS[language]["unlisted"])
    for row in rows:
        part = getattr(names.parts[row.part], language)
        load = getattr(names.loads[row.load], language).lower()
        name = getattr(row, f"name_{language}")
        yield Text(f"  {part}, {load}: {name}: {span(row.minutes)} min")


def _unassessed(result: ShiftResult, language: Language) -> Iterator[Text]:
    """Iterate over what was not assessed; both arms share a line."""
    names, parts = nv361_table(), dict[tuple[str, str], list[str]]()
    for row in result.postures:
        if row.minutes is None:
            load = getattr(names.loads[row.load], language).lower()
            key = load, getattr(row, f"name_{language}")
            parts.setdefault(key, []).append(getattr(names.parts[row.part], language))
    if parts:
        yield Text(_WORDS[language]["unassessed"])
    for (load, name), where in parts.items():
        yield Text(f"  {', '.join(where)}, {load}: {name}", style="dim")
