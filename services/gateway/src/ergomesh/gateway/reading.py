"""What a client wrote, checked against the contract: every mistake at once."""

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final, get_args

import msgspec
from msgspec import inspect

from ergomesh.contract.job import JobSettings
from ergomesh.gateway.problems import Code, Mistake, ProblemError
from ergomesh.gateway.views import NewJob, UploadOptions

_SHOWN: Final = 40
"""Characters of a wrong value that are repeated to the user."""
_NAMESPACED: Final = frozenset({"person"})
"""Settings whose parts say too little alone: ``person_x``, but ``load_kg``."""


def _struct_in(kind: object) -> type[msgspec.Struct] | None:
    """Return the Struct that a field holds, or may hold."""
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None


_PARTS: Final = {
    field.name: part
    for field in msgspec.structs.fields(JobSettings)
    if (part := _struct_in(field.type))
}


def _option_paths() -> dict[str, tuple[str, ...]]:
    paths: dict[str, tuple[str, ...]] = {}
    for name in JobSettings.__struct_fields__:
        prefix = f"{name}_" if name in _NAMESPACED else ""
        leaves = _PARTS[name].__struct_fields__ if name in _PARTS else ()
        paths |= {prefix + leaf: (name, leaf) for leaf in leaves}
        if not leaves:
            paths[name] = (name,)
    return paths


OPTION_FIELDS: Final = _option_paths()
"""The settings as query parameters → where they lie: all beside each other."""


def option_owner(name: str) -> type[msgspec.Struct]:
    """Return the type that holds a setting."""
    return _PARTS.get(OPTION_FIELDS[name][0], JobSettings)


NAME_OPTION: Final = "name"
_SOURCE_NAME: Final = "source_name"


def read_new_job(raw: bytes) -> NewJob:
    """Decode the JSON that announces a job.

    Raises:
        ProblemError: ``malformed_json``, or ``invalid_settings`` with all mistakes.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        msg = f"The body is not valid JSON: {error}."
        raise ProblemError(Code.MALFORMED_JSON, msg) from error
    try:
        new = msgspec.convert(value, NewJob)
    except msgspec.ValidationError as error:
        raise _invalid(find_mistakes(value, NewJob), error) from error
    if {NAME_OPTION, _SOURCE_NAME} <= value.keys():
        twice = Mistake(NAME_OPTION, f"means {_SOURCE_NAME}; give one of them")
        raise _invalid([twice])
    return msgspec.structs.replace(new, source_name=new.name or new.source_name)


def read_options(pairs: Iterable[tuple[str, str]]) -> UploadOptions:
    """Read settings that came as query parameters or form fields.

    Args:
        pairs: Names and texts, in any order.

    Raises:
        ProblemError: ``invalid_settings`` with all mistakes.
    """
    given = list(pairs)
    texts = dict(given)
    strange = [*_unknown(texts), *_doubled(given)]
    name = texts.pop(NAME_OPTION, None)
    settings = _nested(texts)
    wrong = find_mistakes(settings, JobSettings, strict=False)
    mistakes = [*strange, *(_leaf(mistake) for mistake in wrong)]
    if mistakes:
        raise _invalid(mistakes)
    return UploadOptions(
        source_name=name,
        settings=msgspec.convert(settings, JobSettings, strict=False),
    )


def _nested(texts: Mapping[str, str]) -> dict[str, object]:
    nested: dict[str, dict[str, object]] = {}
    flat: dict[str, object] = {}
    for name, (*parts, leaf) in OPTION_FIELDS.items():
        if name in texts:
            place = nested.setdefault(parts[0], {}) if parts else flat
            place[leaf] = texts[name]
    return {**flat, **nested}


def _unknown(texts: Mapping[str, str]) -> list[Mistake]:
    known = (NAME_OPTION, *OPTION_FIELDS)
    return [
        Mistake(name, f"is not one of {_listed(known)}")
        for name in texts
        if name not in known
    ]


def _doubled(given: list[tuple[str, str]]) -> list[Mistake]:
    counts = Counter(name for name, _ in given)
    return [
        Mistake(name, f"is given {count} times")
        for name, count in counts.items()
        if count > 1
    ]


def _leaf(mistake: Mistake) -> Mistake:
    """Return a mistake under its query parameter's name."""
    names = {".".join(path): name for name, path in OPTION_FIELDS.items()}
    return Mistake(names.get(mistake.field, mistake.field), mistake.message)


def _invalid(
    mistakes: list[Mistake], cause: msgspec.ValidationError | None = None
) -> ProblemError:
    told = "; ".join(f"{m.field} {m.message}".strip() for m in mistakes)
    detail = f"The request is not valid: {told or cause}."
    return ProblemError(Code.INVALID_SETTINGS, detail, errors=tuple(mistakes))


def find_mistakes(
    value: object, kind: type[msgspec.Struct], *, strict: bool = True, path: str = ""
) -> list[Mistake]:
    """Return every field of a decoded object that does not fit a Struct.

    msgspec stops at the first one; a user wants to hear of all of them.

    Args:
        value: As decoded from JSON or a query.
        kind: What it should be.
        strict: Whether texts must not stand for numbers and truth values.
        path: Where the object lies in the whole.
    """
    if not isinstance(value, dict):
        return [Mistake(path or "the body", "must be an object")]
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    strange = [
        Mistake(_at(path, str(name)), f"is not one of {_listed(fields)}")
        for name in value
        if name not in fields
    ]
    wrong = (
        _mistakes_in(value[name], field.type, strict=strict, path=_at(path, name))
        for name, field in fields.items()
        if name in value
    )
    return [*strange, *(mistake for each in wrong for mistake in each)]


def _mistakes_in(
    value: object, kind: object, *, strict: bool, path: str
) -> list[Mistake]:
    part = _struct_in(kind)
    if part is not None and not (value is None and kind is not part):
        return find_mistakes(value, part, strict=strict, path=path)
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        wanted = wanted_words(inspect.type_info(kind))
        return [Mistake(path, f"must be {wanted}, not {_shown(value)}")]
    return []


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def wanted_words(kind: inspect.Type) -> str:
    """Return a type in words, such as "a number from 0 to 500"."""
    if isinstance(kind, inspect.UnionType):
        kinds = [k for k in kind.types if not isinstance(k, inspect.NoneType)]
        return _listed([wanted_words(k) for k in kinds])
    words = _WORDS.get(type(kind))
    return words(kind) if words else "of another type"


def _enum_words(kind: inspect.EnumType) -> str:
    members: type[enum.Enum] = kind.cls
    return _listed([str(member.value) for member in members])


def _number_words(kind: inspect.FloatType) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("from", kind.ge), ("to", kind.le))
        if bound is not None
    ]
    return " ".join(["a number", *bounds])


def _text_words(kind: inspect.StrType) -> str:
    return f"a text of {kind.min_length or 0} to {kind.max_length} characters"


_WORDS: Final[dict[type, Callable[..., str]]] = {
    inspect.EnumType: _enum_words,
    inspect.FloatType: _number_words,
    inspect.StrType: _text_words,
    inspect.BoolType: lambda _: "true or false",
}
"""How to say what a field wants, by msgspec's own description of its type."""
