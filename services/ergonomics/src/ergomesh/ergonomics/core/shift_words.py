"""The warnings of a shift's assessment, in English and Czech."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from ergomesh.ergonomics.core.nv361_table import Nv361Table
from ergomesh.ergonomics.core.shift_result import ShiftPosture, ShiftResult

Language = Literal["en", "cs"]

_MINUTE_S: Final = 60.0

_TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "straddles": "{part}, {load}: {name}: {low} to {high} min, so the category may "
        "be {first} or {last} (limits {one:g} and {two} min).",
        "between": "{part}, {load}: {name}: {low} to {high} min, so the category may "
        "be {first} to {last} (limits {one:g} and {two} min).",
        "too_long": "{part}: {name}: held for {hold:.1f} min at a time, longer than "
        "the decree allows at any angle ({most:g} min).",
        "depends": "{part}: {name}: held for {hold:.1f} min at a time; the decree "
        "allows {least:g} to {most:g} min by the angle, which is not judged here.",
        "together": "The listed postures last {low} to {high} min together, half the "
        "shift is {half:g} min: the doubt straddles that limit.",
        "missing": "{count} postures were not assessed, or only in part: the category "
        "holds for what was.",
        "unlisted": "{count} postures occurred that the decree does not list: they are "
        "not classified, and in no category.",
        "uncovered": "The operations cover {covered:g} of {shift} min; the rest counts "
        "as time in no listed posture.",
        "mean": "{part}, {load}: {name}: only one of two workers could be assessed.",
    },
    "cs": {
        "straddles": "{part}, {load}: {name}: {low} až {high} min, kategorie tedy může "
        "být {first} nebo {last} (limity {one:g} a {two} min).",
        "between": "{part}, {load}: {name}: {low} až {high} min, kategorie tedy může "
        "být {first} až {last} (limity {one:g} a {two} min).",
        "too_long": "{part}: {name}: jednotlivé trvání {hold:.1f} min je delší, než "
        "nařízení připouští při jakémkoli úhlu ({most:g} min).",
        "depends": "{part}: {name}: jednotlivé trvání {hold:.1f} min; nařízení "
        "připouští {least:g} až {most:g} min podle úhlu, což zde není posouzeno.",
        "together": "Uvedené polohy trvají celkem {low} až {high} min, polovina směny "
        "je {half:g} min: nejistota tento limit překrývá.",
        "missing": "Počet poloh, které nebyly hodnoceny vůbec nebo zcela: {count}. "
        "Kategorie platí pro to, co hodnoceno bylo.",
        "unlisted": "Počet zjištěných poloh, které nařízení neuvádí: {count}. Nejsou "
        "zařazeny a nepočítají se do žádné kategorie.",
        "uncovered": "Operace pokrývají {covered:g} z {shift} min; zbytek se počítá "
        "jako čas bez uvedených poloh.",
        "mean": "{part}, {load}: {name}: hodnotit bylo možné jen jednoho ze dvou "
        "pracovníků.",
    },
}


@dataclass(frozen=True, slots=True)
class _Warning:
    """A sentence's name and what it tells of."""

    text: str
    values: Mapping[str, object]
    posture: ShiftPosture | None = None

    def in_language(self, language: Language, table: Nv361Table) -> str:
        """Return the sentence, the posture's names in the language, too."""
        values = dict(self.values)
        if self.posture is not None:
            values |= {
                "part": getattr(table.parts[self.posture.part], language),
                "load": getattr(table.loads[self.posture.load], language).lower(),
                "name": getattr(self.posture, f"name_{language}"),
            }
        return _TEXTS[language][self.text].format(**values)


def warnings_of(result: ShiftResult, table: Nv361Table) -> ShiftResult:
    """Return the result with its doubts and warnings."""
    doubts = [doubt for p in result.postures for doubt in _doubt(p, result)]
    warnings = [*_postures(result, table), *_totals(result)]
    return msgspec.structs.replace(
        result,
        doubts_en=tuple(w.in_language("en", table) for w in doubts),
        doubts_cs=tuple(w.in_language("cs", table) for w in doubts),
        warnings_en=tuple(w.in_language("en", table) for w in warnings),
        warnings_cs=tuple(w.in_language("cs", table) for w in warnings),
    )


def _postures(result: ShiftResult, table: Nv361Table) -> Iterator[_Warning]:
    least, most = table.limits.hold_min
    for posture in result.postures:
        if posture.hold in {"too_long", "depends"}:
            hold = (posture.longest_hold_s or 0.0) / _MINUTE_S
            values = {"hold": hold, "least": least, "most": most}
            yield _Warning(posture.hold, values, posture)
        if posture.minutes is not None and None in posture.workers:
            yield _Warning("mean", {}, posture)


def _doubt(posture: ShiftPosture, result: ShiftResult) -> Iterator[_Warning]:
    """Warn where the bounds of the minutes lie in different categories."""
    minutes, first, last = posture.minutes, posture.category_low, posture.category_high
    if minutes is None or first is None or last is None or first == last:
        return
    values = {
        "low": minutes.low,
        "high": minutes.high,
        "first": first,
        "last": last,
        "one": result.limits.first(posture.cls),
        "two": result.limits.second(posture.cls),
    }
    yield _Warning("straddles" if last - first == 1 else "between", values, posture)


def _totals(result: ShiftResult) -> Iterator[_Warning]:
    together, half = result.together, result.limits.half_shift
    if together.low <= half < together.high:
        values = {"low": together.low, "high": together.high, "half": half}
        yield _Warning("together", values)
    missing = sum(posture.status != "assessed" for posture in result.postures)
    if missing:
        yield _Warning("missing", {"count": missing})
    unlisted = sum(row.minutes.likely > 0 for row in result.unlisted)
    if unlisted:
        yield _Warning("unlisted", {"count": unlisted})
    covered, shift = result.covered_min, result.limits.shift_min
    if covered < shift:
        yield _Warning("uncovered", {"covered": covered, "shift": shift})
