"""What a user asks for, by options and by a task file → settings.

An option is told under its name, without the dashes; what the file and the options
have wrong is told together, and an option overrides the file.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from ergomesh.contract.job import DocumentFacts, JobSettings
from ergomesh.local.at_once import all_of
from ergomesh.local.errors import UsageFault
from ergomesh.local.option_values import read_person, read_span, read_text, read_value
from ergomesh.local.task_file import (
    PART_OF,
    PARTS,
    Parts,
    mistakes_in,
    read_task_file,
    told,
)

Fields = dict[str, object]
"""Field of the settings, or of one of their parts → value."""

SHORT: Final[Mapping[str, str]] = {
    "height": "height_m",
    "field_of_view": "field_of_view_deg",
    "tilt": "tilt_deg",
    "roll": "roll_deg",
}
"""Options that leave out their field's unit."""


def _kinds() -> dict[str, Any]:
    structs: list[type[msgspec.Struct]] = [JobSettings, *PARTS.values()]
    fields = (field for struct in structs for field in msgspec.structs.fields(struct))
    return {field.name: field.type for field in fields}


KIND_OF: Final = _kinds()
"""Field → what the contract wants there."""


def read_option(name: str, value: str | bool) -> Fields:  # noqa: FBT001  # a flag's
    """Return the fields that an option tells.

    Raises:
        UsageFault: With a sentence that names the option.
    """
    field = SHORT.get(name, name)
    if isinstance(value, bool):
        return {field: value}
    match name:
        case "person":
            return {field: read_person(value)}
        case "neutral":
            start_s, end_s = read_span(value)
            return {"neutral_start_s": start_s, "neutral_end_s": end_s}
        case _ if name in DocumentFacts.__struct_fields__:
            return {field: read_text(option_name(name), KIND_OF[field], value)}
        case _:
            return {field: read_value(option_name(name), KIND_OF[field], value)}


def option_name(name: str) -> str:
    """Return an option as it is typed."""
    return f"--{name.replace('_', '-')}"


def settings_asked(
    file: Path | None, options: Mapping[str, str | bool | None]
) -> JobSettings:
    """Return the settings of a task file, overridden by options.

    Args:
        file: The task file, if any.
        options: Name → as typed, or a flag; ``None`` was not given.

    Raises:
        UsageFault: With every mistake of both.
    """
    given = {name: value for name, value in options.items() if value is not None}
    readings = (partial(read_option, name, value) for name, value in given.items())
    parts, fields = all_of(_file_reading(file), lambda: all_of(*readings))
    return merged_settings(parts, {k: v for each in fields for k, v in each.items()})


def _file_reading(file: Path | None) -> Callable[[], Parts]:
    return partial(read_task_file, file) if file is not None else dict


def merged_settings(parts: Parts, fields: Fields) -> JobSettings:
    """Return the settings of facts, overridden by other fields.

    Raises:
        UsageFault: When they are fine, but not together.
    """
    whole: dict[str, Any] = {part: dict(parts.get(part, {})) for part in PARTS}
    for name, value in fields.items():
        place = whole[PART_OF[name]] if name in PART_OF else whole
        place[name] = value
    mistakes = mistakes_in(whole)
    if mistakes:
        raise UsageFault(*told(mistakes, where="--task and the options"))
    return msgspec.convert(whole, JobSettings)
