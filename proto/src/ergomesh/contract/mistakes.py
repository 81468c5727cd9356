"""Everything that is wrong with what a user wrote, all at once, in plain words.

msgspec stops at the first field that does not fit; a user wants to hear of all.
"""

import enum
import math
from collections.abc import Callable, Iterable
from typing import Final, get_args

import msgspec
from msgspec import inspect

from ergomesh.contract.lines import LINE_PATTERN

_SHOWN: Final = 40
"""Characters of a wrong value that are repeated to the user."""


class Mistake(msgspec.Struct, frozen=True):
    """One wrong field of a request."""

    field: str
    """Path of the field, such as ``settings.task.load_kg``."""
    message: str
    """What it must be."""


def sentence(mistake: Mistake) -> str:
    """Return a mistake as a sentence that names the field."""
    return f"{mistake.field} {mistake.message}."


def find_mistakes(
    value: object, kind: type[msgspec.Struct], *, strict: bool = True, path: str = ""
) -> list[Mistake]:
    """Return every field of a decoded object that does not fit a Struct.

    What a Struct asks of several fields together is looked at once each of them
    fits, and lies in the mistake's message.

    Args:
        value: As decoded from JSON, TOML or a query.
        kind: What it should be.
        strict: Whether texts must not stand for numbers and truth values.
        path: Where the object lies in the whole.
    """
    if not isinstance(value, dict):
        return [Mistake(path or "the body", "must be an object")]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    strange = [
        Mistake(_at(path, shown_key(str(name))), f"is not one of {listed(fields)}")
        for name in value
        if name not in fields
    ]
    wrong = (
        _mistakes_in(value[name], field.type, strict=strict, path=_at(path, name))
        for name, field in fields.items()
        if name in value
    )
    found = [*strange, *(mistake for each in wrong for mistake in each)]
    return found or _joint_mistakes(value, kind, strict=strict, path=path)


def struct_in(kind: object) -> type[msgspec.Struct] | None:
    """Return the Struct that a field holds, or may hold."""
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None


def _mistakes_in(
    value: object, kind: object, *, strict: bool, path: str
) -> list[Mistake]:
    part = struct_in(kind)
    if part is not None and not (value is None and kind is not part):
        return find_mistakes(value, part, strict=strict, path=path)
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        wanted = wanted_words(inspect.type_info(kind))
        return [Mistake(path, f"must be {wanted}, not {_shown(value)}")]
    return []


def _joint_mistakes(
    value: object, kind: type[msgspec.Struct], *, strict: bool, path: str
) -> list[Mistake]:
    """Return what is wrong though each field fits: ``__post_init__``, a missing field.

    Their sentences begin with the field's name, so they stand for themselves.
    """
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        text = str(error).partition(" - at ")[0]
        name, _, rest = text.partition(" ")
        if name in kind.__struct_fields__:
            return [Mistake(_at(path, name), rest)]
        return [Mistake(path or "the body", f"is not valid: {text}")]
    return []


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def shown_key(name: str) -> str:
    """Return a strange key on one line, however it was written."""
    return name if name.isprintable() else _shown(name)


def _shown(value: object) -> str:
    """Return a wrong value in short; JSON has no word for NaN and the infinities."""
    endless = isinstance(value, float) and not math.isfinite(value)
    text = f"{value}" if endless else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def listed(words: Iterable[str]) -> str:
    """Return words as "a, b or c"."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def wanted_words(kind: inspect.Type) -> str:
    """Return a type in words, such as "a number from 0 to 500"."""
    if isinstance(kind, inspect.UnionType):
        kinds = [k for k in kind.types if not isinstance(k, inspect.NoneType)]
        return listed([wanted_words(k) for k in kinds])
    words = _WORDS.get(type(kind))
    return words(kind) if words else "of another type"


def _enum_words(kind: inspect.EnumType) -> str:
    members: type[enum.Enum] = kind.cls
    return listed([str(member.value) for member in members])


def _number_words(kind: inspect.FloatType) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("from", kind.ge), ("to", kind.le))
        if bound is not None
    ]
    return " ".join(["a number", *bounds])


def _text_words(kind: inspect.StrType) -> str:
    size = f"{kind.min_length or 0} to {kind.max_length} characters"
    if kind.pattern == LINE_PATTERN:
        return f"one line of {size}, no control characters among them"
    return f"a text of {size}"


_WORDS: Final[dict[type, Callable[..., str]]] = {
    inspect.EnumType: _enum_words,
    inspect.FloatType: _number_words,
    inspect.StrType: _text_words,
    inspect.BoolType: lambda _: "true or false",
}
"""How to say what a field wants, by msgspec's own description of its type."""
