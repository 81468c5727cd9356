"""``operations.toml``: what a user says about a shift, with all its mistakes."""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from ergomesh.contract.job import DocumentFacts
from ergomesh.contract.mistakes import find_mistakes, sentence
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.core.shift_limits import (
    ShiftLengthError,
    coefficient_thousandths,
)

LONGEST_SHIFT_MIN: Final = 24 * 60
MOST_WORKERS: Final = 2
_DOCUMENT_KEYS: Final = DocumentFacts.__struct_fields__
_KEYS: Final = ("shift_min", *_DOCUMENT_KEYS, "operation")
_OPERATION_KEYS: Final = ("name", "minutes", "result")


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation as it was written down, and its field's name for mistakes."""

    field: str
    """``operation 2``."""
    name: str
    minutes: float
    results: tuple[str, ...]
    """Paths of worker A and, if there are two, of worker B."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The file."""

    shift_min: int
    operations: tuple[PlannedOperation, ...]
    document: DocumentFacts
    """What ``shift.pdf`` says of where and by whom."""


class PlanError(ValueError):
    """Mistakes in the file; each is a sentence that names the field."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read_plan(text: str) -> tuple[Plan, tuple[str, ...]]:
    """Read the file as far as it can be; return it and all mistakes.

    Args:
        text: TOML.

    Raises:
        PlanError: When it is no TOML at all.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # endless numbers, deep lists, too
        raise PlanError((f"The file is not valid TOML: {error}.",)) from error
    entries = data.get("operation")
    tables = entries if isinstance(entries, list) else []
    operations = tuple(_operation(k, e) for k, e in enumerate(tables, start=1))
    shift_min = data.get("shift_min")
    known_min = shift_min if _is_whole(shift_min) else 0
    document, untold = _document(data)
    mistakes = (
        *_unknown("", data, _KEYS),
        *_shift_mistakes(shift_min),
        *untold,
        *_list_mistakes(entries),
        *(m for k, e in enumerate(tables, start=1) for m in _entry_mistakes(k, e)),
        *_minutes_mistakes(operations, known_min),
        *_worker_mistakes(operations),
    )
    return Plan(known_min, operations, document), mistakes


def _document(data: Mapping[str, Any]) -> tuple[DocumentFacts, tuple[str, ...]]:
    """Read what the page says of where and by whom, and what is wrong of it."""
    told = {key: data[key] for key in _DOCUMENT_KEYS if key in data}
    mistakes = tuple(sentence(m) for m in find_mistakes(told, DocumentFacts))
    return DocumentFacts() if mistakes else DocumentFacts(**told), mistakes


def _field(number: int) -> str:
    return f"operation {number}"


def _operation(number: int, entry: Any) -> PlannedOperation:
    """Read one operation; what is wrong of it is left out."""
    known: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    minutes, name = known.get("minutes"), known.get("name")
    return PlannedOperation(
        _field(number),
        name if isinstance(name, str) else "",
        float(minutes) if _is_time(minutes) else 0.0,
        _paths(known.get("result")),
    )


def _paths(result: Any) -> tuple[str, ...]:
    paths = [result] if isinstance(result, str) else result
    if not isinstance(paths, list) or not 1 <= len(paths) <= MOST_WORKERS:
        return ()
    if not all(isinstance(path, str) and path for path in paths):
        return ()
    return tuple(paths)


# ---- mistakes


def _unknown(
    where: str, data: Mapping[str, Any], known: tuple[str, ...]
) -> Iterator[str]:
    for key in data:
        if key not in known:
            yield f"{where}{key}: this key is not known; known are {', '.join(known)}."


def _shift_mistakes(shift_min: Any) -> Iterator[str]:
    if shift_min is None:
        yield "shift_min is missing: how many minutes is the shift?"
    elif not _is_whole(shift_min) or not 0 < shift_min <= LONGEST_SHIFT_MIN:
        yield (
            "shift_min must be a whole number of minutes from 1 to "
            f"{LONGEST_SHIFT_MIN}, not {_shown(shift_min)}."
        )
    else:
        try:
            coefficient_thousandths(nv361_table(), shift_min)
        except ShiftLengthError as error:
            yield f"shift_min: {error}; it is {shift_min}."


def _list_mistakes(entries: Any) -> Iterator[str]:
    if entries is None or entries == []:
        yield "operation: there is none; begin each with a line [[operation]]."
    elif not isinstance(entries, list):
        yield "operation must be a list: begin each with a line [[operation]]."


def _entry_mistakes(number: int, entry: Any) -> Iterator[str]:
    where = f"{_field(number)}: "
    if not isinstance(entry, Mapping):
        yield f"{where}it must be a table: begin it with a line [[operation]]."
        return
    yield from _unknown(where, entry, _OPERATION_KEYS)
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        yield f"{where}name must be a text that says what is done."
    minutes = entry.get("minutes")
    if minutes is None:
        yield f"{where}minutes is missing: how long is it done in a shift?"
    elif not _is_time(minutes):
        yield f"{where}minutes must be a number above 0, not {_shown(minutes)}."
    if not _paths(entry.get("result")):
        yield (
            f"{where}result must be the folder or file with an assessment, or a list "
            "of two of them for two workers."
        )


def _minutes_mistakes(
    operations: tuple[PlannedOperation, ...], shift_min: int
) -> Iterator[str]:
    total = sum(operation.minutes for operation in operations)
    if 0 < shift_min < total - 1e-9:
        fields = " + ".join(f"{operation.minutes:g}" for operation in operations)
        said = (
            f"the operation lasts {total:g} min"
            if len(operations) == 1
            else f"the operations last {fields} = {total:g} min"
        )
        yield (
            f"minutes: {said}, which is beyond the shift of {shift_min} min "
            "(shift_min)."
        )


def _worker_mistakes(operations: tuple[PlannedOperation, ...]) -> Iterator[str]:
    named = [operation for operation in operations if operation.results]
    for operation in named[1:]:
        if len(operation.results) != len(named[0].results):
            yield (
                f"{operation.field}: result shows {_workers(operation)}, that of "
                f"{named[0].field} {_workers(named[0])}; every operation needs the "
                "same workers."
            )


def _workers(operation: PlannedOperation) -> str:
    return "one worker" if len(operation.results) == 1 else "two workers"


def _shown(value: Any) -> str:
    """Return a wrong value, much as it was typed."""
    try:
        if isinstance(value, str | bool | list | dict):
            return json.dumps(value, ensure_ascii=False, default=str)
        return str(value)
    except ValueError:  # a hexadecimal number of thousands of digits
        return "one so long"


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: Any) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= sys.float_info.max
