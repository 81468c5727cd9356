"""What a client wrote, checked against the contract: every mistake at once."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from ergomesh.contract.job import JobSettings
from ergomesh.contract.mistakes import Mistake, find_mistakes, listed, struct_in
from ergomesh.gateway.problems import Code, ProblemError
from ergomesh.gateway.views import NewJob, UploadOptions

T = TypeVar("T", bound=msgspec.Struct)

_NAMESPACED: Final = frozenset({"person"})
"""Settings whose parts say too little alone: ``person_x``, but ``load_kg``."""


_PARTS: Final = {
    field.name: part
    for field in msgspec.structs.fields(JobSettings)
    if (part := struct_in(field.type))
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
    value, new = _read(raw, NewJob)
    if {NAME_OPTION, _SOURCE_NAME} <= value.keys():
        twice = Mistake(NAME_OPTION, f"means {_SOURCE_NAME}; give one of them")
        raise invalid([twice])
    return msgspec.structs.replace(new, source_name=new.name or new.source_name)


def read_json(raw: bytes, kind: type[T]) -> T:
    """Decode a body of JSON.

    Raises:
        ProblemError: ``malformed_json``, or ``invalid_settings`` with all mistakes.
    """
    return _read(raw, kind)[1]


def _read(raw: bytes, kind: type[T]) -> tuple[dict[str, object], T]:
    """Return a body as it was written, and as what it should be."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        msg = f"The body is not valid JSON: {error}."
        raise ProblemError(Code.MALFORMED_JSON, msg) from error
    try:
        return value, msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise invalid(find_mistakes(value, kind), error) from error


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
        raise invalid(mistakes)
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
        Mistake(name, f"is not one of {listed(known)}")
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


def invalid(
    mistakes: list[Mistake], cause: msgspec.ValidationError | None = None
) -> ProblemError:
    """Return the answer to settings that do not fit."""
    told = "; ".join(f"{m.field} {m.message}".strip() for m in mistakes)
    detail = f"The request is not valid: {told or cause}."
    return ProblemError(Code.INVALID_SETTINGS, detail, errors=tuple(mistakes))
