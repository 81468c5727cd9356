"""What is typed behind an option → a value; a mistake is a sentence that names it.

Typer takes values as the texts that they are, so that all of them can be read at
once (:mod:`~ergomesh.local.at_once`) and every mistake is told, not the first. What
may be typed is what the contract says, and nothing else.
"""

import json
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

from ergomesh.contract.job import PersonAt
from ergomesh.contract.mistakes import wanted_words
from ergomesh.local.errors import UsageFault
from ergomesh.local.orders import shown

T = TypeVar("T")
Span = tuple[float, float]

NO_POINT: Final = (
    "--person wants X,Y@SECONDS with X and Y as shares of the picture from 0 to 1, "
    "such as 0.4,0.5@3.2 (a pixel divided by the picture's width or height), not {}."
)
NO_SPAN: Final = (
    "--neutral wants FROM-TO in seconds, the end after the beginning, such as 0-1.5, "
    "not {}."
)


def read_value(option: str, kind: type[T], text: str) -> T:
    """Read a word or a number.

    Args:
        option: Its name, for the sentence.
        kind: What the contract wants: a ``StrEnum``, or a number within bounds.
        text: As it was typed.

    Raises:
        UsageFault: When it is none.
    """
    return _within(option, kind, _number_or_text(text), text)


def read_text(option: str, kind: type[T], text: str) -> T:
    """Read a text, of digits too.

    Args:
        option: Its name, for the sentence.
        kind: What the contract wants: a text within bounds.
        text: As it was typed.

    Raises:
        UsageFault: When it is too long, or holds what no text may.
    """
    return _within(option, kind, text, text)


def _within(option: str, kind: type[T], value: float | str, text: str) -> T:
    try:
        text.encode()  # a shell may hand over bytes that are no text
        return msgspec.convert(value, kind)  # nan is in no bounds
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        wanted = wanted_words(inspect.type_info(kind))
        msg = f"{option} must be {wanted}, not {quoted(text)}."
        raise UsageFault(msg) from error


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def read_whole(option: str, least: int, most: int, text: str) -> int:
    """Read a whole number.

    Raises:
        UsageFault: When it is none, or beyond its bounds.
    """
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        wanted = f"a whole number from {least} to {most}"
        msg = f"{option} must be {wanted}, not {quoted(text)}."
        raise UsageFault(msg)
    return number


def read_person(text: str) -> PersonAt:
    """Read ``X,Y@T``: a point on the worker, and when.

    Raises:
        UsageFault: When it is none, or outside the picture.
    """
    place, _, time_s = text.partition("@")
    try:
        x, y = (float(part) for part in place.split(","))
        point = {"x": x, "y": y, "time_s": float(time_s or 0.0)}
        return msgspec.convert(point, PersonAt)  # bounds; nan is in none
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageFault(NO_POINT.format(quoted(text))) from error


def read_span(text: str) -> Span:
    """Read ``FROM-TO`` in seconds.

    Raises:
        UsageFault: When it is none.
    """
    start, _, end = text.partition("-")
    try:
        span = float(start), float(end)
    except ValueError as error:
        raise UsageFault(NO_SPAN.format(quoted(text))) from error
    if not 0 <= span[0] < span[1] < float("inf"):
        raise UsageFault(NO_SPAN.format(quoted(text)))
    return span


def quoted(text: str) -> str:
    """Return a wrong value on one line, whatever bytes it has."""
    return json.dumps(shown(text), ensure_ascii=False)
