"""Hypothesis strategies for everything that travels, read off the types.

A field that joins the contract is drawn here without a change.
"""

from enum import Enum
from functools import cache
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.events import (
    EVENTS,
    Event,
    PoseRequested,
    Progress,
    StageStarted,
    TerminalEvent,
)
from ergomesh.contract.job import WORK_STAGES, JobManifest, JobSettings, JobStatus
from ergomesh.contract.keys import Name, ObjectRef, Sha256
from ergomesh.contract.lines import LINE_PATTERN, MAX_LINE

S = TypeVar("S", bound=msgspec.Struct)
Drawn = st.SearchStrategy[Any]

_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

# A lone surrogate is not Unicode text; no JSON can carry it.
text = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.text(_WORD, min_size=1, max_size=64)
lines = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=["Cc", "Zl", "Zp"],
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    max_size=MAX_LINE,
)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)

BIG = 2**53
"""Beyond this a reader in JavaScript rounds."""


def _pattern(annotated: Any) -> str | None:
    found: Any = inspect.type_info(annotated)
    return str(found.pattern)


_STRINGS = {
    None: text,
    LINE_PATTERN: lines,
    _pattern(Name): names,
    _pattern(Sha256): digests,
}


def _of(info: inspect.Type) -> Drawn:  # noqa: C901, PLR0911  # a table
    match info:
        case inspect.StructType():
            return struct(info.cls)
        case inspect.EnumType():
            members: type[Enum] = info.cls
            return st.sampled_from(members)
        case inspect.UnionType():
            return st.one_of([_of(member) for member in info.types])
        case inspect.StrType():
            return _STRINGS[info.pattern]
        case inspect.IntType():
            low = -BIG if info.ge is None else info.ge
            return st.integers(low, BIG if info.le is None else info.le)
        case inspect.FloatType():
            return st.floats(info.ge, info.le, allow_nan=False, allow_infinity=False)
        case inspect.ListType():
            return st.lists(_of(info.item_type), max_size=3)
        case inspect.DictType():
            pairs = (_of(info.key_type), _of(info.value_type))
            return st.dictionaries(*pairs, max_size=3)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case _:
            msg = f"no strategy for {info}"
            raise AssertionError(msg)


@cache
def struct(kind: type[S]) -> st.SearchStrategy[S]:
    """Return a strategy that fills every field of a type, defaults included."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    drawn = {field.name: _of(field.type) for field in info.fields}
    if kind is StageStarted:
        # Only a stage that works on messages can start.
        drawn["stage"] = st.sampled_from(WORK_STAGES)
    built: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(drawn)
    return built.map(_with_order).map(lambda values: kind(**values))


def _with_order(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of fields that need each other in the way they do."""
    names = ("neutral_start_s", "neutral_end_s")
    if not set(names) <= values.keys():
        return values
    start, end = (values[name] for name in names)
    if start is None or end is None or start == end:
        return values | dict.fromkeys(names)
    return values | dict(zip(names, sorted((start, end)), strict=True))


def _any_of(kinds: list[type[Event]]) -> st.SearchStrategy[Event]:
    return st.one_of([struct(kind) for kind in kinds])


terminal_events = _any_of([kind for kind in EVENTS if issubclass(kind, TerminalEvent)])
events = _any_of([*EVENTS, StageStarted])
requests = struct(PoseRequested)
progress = struct(Progress)
settings = struct(JobSettings)
statuses = struct(JobStatus)
manifests = struct(JobManifest)
clips = struct(ClipInfo)
refs = struct(ObjectRef)
