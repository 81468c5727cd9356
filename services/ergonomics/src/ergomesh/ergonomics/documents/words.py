"""What documents say, in English or Czech: ``words/<language>.toml``.

A text has a key (``summary.title``) and places (``{share}``) for values, which are
written the language's way: a decimal comma and a space before ``%`` in Czech.
Sentences that the result holds in English (warnings) are found by their pattern.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final, TypeVar

from ergomesh.contract.job import Language

T = TypeVar("T")

NO_VALUE: Final = "\N{EN DASH}"
"""Stands where there is nothing to say."""

TO: Final = "\N{EN DASH}"
"""Between the ends of a range."""
THIN: Final = "\N{NO-BREAK SPACE}"
MINUTE_S: Final = 60

_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")
"""A place, in an escaped sentence."""
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_DASH: Final = re.compile(r"(?<=\d)-(?=\d)")
_COMPARED: Final = re.compile(r"([<>≤≥]) ")
_ANSWERED: Final = re.compile(r"(?<=yes), |(?<=no), ")
"""Between the answers of a list."""
_ANSWER: Final = re.compile(r"(.*?) ?\b(perhaps )?(yes|no)")
_PERCENT: Final = re.compile(r"(?<=\d)%")


@dataclass(frozen=True, slots=True)
class Pattern:
    """An English sentence with places, and how another language says it."""

    english: re.Pattern[str]
    said: str


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: Language
    texts: Mapping[str, str]
    patterns: tuple[Pattern, ...]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values in place.

        Raises:
            KeyError: When the language lacks the text.
        """
        return self.texts[key].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """Return a text, or something else where the language lacks it."""
        return self.texts.get(key, otherwise)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number; a dash for none."""
        if value is None or value != value:  # noqa: PLR0124  # NaN is not itself
            return NO_VALUE
        return self._local(f"{round(value, decimals) + 0.0:.{decimals}f}")

    def percent(self, share: float | None) -> str:
        """Write a share: whole percents, "<1" for little, nothing rounded to all."""
        if share is None:
            return NO_VALUE
        whole = round(100 * share)
        if share > 0 and whole == 0:
            return f"<{self._percent('1')}"
        if share < 1 - 1e-9 and whole == 100:  # noqa: PLR2004  # all
            return f">{self._percent('99')}"
        return self._percent(str(whole))

    def share_range(self, low: float, high: float) -> str:
        """Write two shares as a range."""
        first, last = self.percent(low), self.percent(high)
        if first == last:
            return first
        return f"{first.removesuffix(self._percent(''))}{TO}{last}"

    def between(self, low: str, high: str) -> str:
        """Join the ends of a range: by a dash, or a word where one is negative."""
        if "\N{MINUS SIGN}" in low + high:
            return self("others.from_to", first=low, last=high)
        return f"{low}{TO}{high}"

    def seconds(self, value_s: float | None) -> str:
        """Write a time span, with minutes from one minute on."""
        if value_s is None:
            return NO_VALUE
        if value_s < MINUTE_S:
            return f"{self.number(value_s, 1)}{THIN}s"
        minutes, seconds = divmod(round(value_s), MINUTE_S)
        return f"{minutes}{THIN}min {seconds}{THIN}s"

    def degrees(self, value_deg: float | None) -> str:
        """Write an angle in whole degrees."""
        return NO_VALUE if value_deg is None else f"{self.number(value_deg)}°"

    def given_number(self, value: object) -> str:
        """Write a number as short as it was given; a dash for anything else."""
        if not isinstance(value, int | float):
            return NO_VALUE
        return self._local(f"{value:g}")

    def given(self, value: str | float) -> str:
        """Return a value as short as it was given, in English."""
        return value if isinstance(value, str) else f"{value:g}"

    def value(self, english: str) -> str:
        """Write the value of a fact or choice: a word, or a number."""
        return ", ".join(self._answered(each) for each in _ANSWERED.split(english))

    def _answered(self, english: str) -> str:
        """Say a value, or what is yes or no of something: ``left arm no``."""
        found = _ANSWER.fullmatch(english)
        if found is None:
            return self._listed(english)
        what, doubt, answer = found.groups()
        said = self("perhaps", answer=self(answer)) if doubt else self(answer)
        return f"{self._listed(what)} {said}".strip()

    def _listed(self, english: str) -> str:
        """Say names; a comma is within one, as in ``trunk, neck or legs``, or after."""
        known = f"value.{english}" in self.texts
        names = [english] if known else english.split(", ")
        return ", ".join(self._in_text(name).replace("_", " ") for name in names)

    def clock(self, time_s: float) -> str:
        """Write a moment of the clip as minutes, seconds and tenths."""
        minutes, tenths = divmod(round(10 * time_s), 10 * MINUTE_S)
        return self._local(f"{minutes}:{tenths / 10:04.1f}")

    def calendar(self, day: date) -> str:
        """Write a day of the calendar, its month as a word and on one line."""
        month = self(f"date.month.{day.month}")
        said = self("date.form", day=day.day, month=month, year=day.year)
        return said.replace(" ", THIN)

    def pick(self, english: T, czech: T) -> T:
        """Return what the result holds in both languages."""
        return czech if self._comma else english

    def unbroken(self, text: str) -> str:
        """Keep what belongs together, as in "≥ 2/min", on one line."""
        joined = text.replace("/", "/\N{WORD JOINER}")
        return _COMPARED.sub(rf"\1{THIN}", joined)

    def shortened(self, text: str, most: int) -> str:
        """Cut a text at a word so that it has at most so many letters."""
        if len(text) <= most:
            return text
        return (
            text[: most - 1].rpartition(" ")[0].rstrip(",") + "\N{HORIZONTAL ELLIPSIS}"
        )

    def sentence(self, english: str) -> str:
        """Return what the language says for an English sentence of the result."""
        for pattern in self.patterns:
            found = pattern.english.fullmatch(english)
            if found:
                values = {k: self._in_text(v) for k, v in found.groupdict().items()}
                said = pattern.said.format(**values)
                return said[:1].upper() + said[1:]
        return english

    def _in_text(self, english: str) -> str:
        """Write a value taken out of an English sentence: a number, or words."""
        if f"value.{english}" in self.texts:
            return self.texts[f"value.{english}"]
        if not self._comma:
            return english
        said = _PERCENT.sub(self._percent(""), english)
        return _POINT.sub(",", _DASH.sub(TO, said))

    def _percent(self, number: str) -> str:
        return f"{number}{THIN if self._comma else ''}%"

    def _local(self, number: str) -> str:
        said = number.replace("-", "\N{MINUS SIGN}")
        return said.replace(".", ",") if self._comma else said

    @property
    def _comma(self) -> bool:
        return self.language is Language.CZECH


@cache
def words_of(language: Language) -> Words:
    """Return the texts of a language, read once per process."""
    file = resources.files(__package__) / "words" / f"{language}.toml"
    tree = tomllib.loads(file.read_text("utf-8"))
    sentences = tree.pop("sentences", [])
    return Words(
        language,
        dict(_flat(tree)),
        tuple(Pattern(_compiled(row["en"]), row["said"]) for row in sentences),
    )


def _flat(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, entry in tree.items():
        key = f"{prefix}{name}"
        found += (
            _flat(entry, f"{key}.") if isinstance(entry, dict) else [(key, str(entry))]
        )
    return found


def _compiled(english: str) -> re.Pattern[str]:
    """Turn "found in {share} of" into a pattern with a named group."""
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(english)))
