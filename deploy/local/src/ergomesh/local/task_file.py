"""``--task task.toml``: what no video shows, in a file beside the clip.

The keys are the names of the facts, all beside each other, as the gateway's query
takes them; ``docs/task-facts.md`` explains each. Every mistake of the file is told
at once, one sentence each. Options of the command line override the file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ergomesh.contract.job import JobSettings, TaskFacts, ViewFacts, WorkerFacts
from ergomesh.contract.mistakes import (
    Mistake,
    find_mistakes,
    listed,
    sentence,
    shown_key,
)
from ergomesh.local.errors import UsageFault

Parts = dict[str, dict[str, object]]
"""Part of the settings → field → value."""

PARTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "task": TaskFacts,
    "worker": WorkerFacts,
    "view": ViewFacts,
}
"""Parts of the settings whose fields a task file may hold."""
PART_OF: Final = {
    field: part for part, kind in PARTS.items() for field in kind.__struct_fields__
}
"""Key of a task file → part of the settings."""


def read_task_file(path: Path) -> Parts:
    """Read the facts of a task file.

    Raises:
        UsageFault: When it is no TOML, or with every mistake that is in it.
    """
    try:
        with path.open("rb") as file:
            facts = tomllib.load(file)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise UsageFault(msg) from error
    except (ValueError, RecursionError) as error:  # endless numbers, deep lists, too
        msg = f"{path} is not valid TOML: {error}."
        raise UsageFault(msg) from error
    parts = _parts(facts)
    mistakes = [*_strange(facts), *mistakes_in(parts)]
    if mistakes:
        raise UsageFault(told(mistakes, where=str(path)))
    return parts


def _parts(facts: Mapping[str, object]) -> Parts:
    parts: Parts = {part: {} for part in PARTS}
    for name, value in facts.items():
        if name in PART_OF:
            parts[PART_OF[name]][name] = value
    return parts


def _strange(facts: Mapping[str, object]) -> list[Mistake]:
    return [
        Mistake(shown_key(name), f"is not one of {listed(PART_OF)}")
        for name in facts
        if name not in PART_OF
    ]


def mistakes_in(parts: Parts) -> list[Mistake]:
    """Return every mistake in facts, under the names of their keys."""
    return [
        mistake
        for part, kind in PARTS.items()
        for mistake in find_mistakes(parts[part], kind)
    ]


def told(mistakes: list[Mistake], *, where: str) -> str:
    """Return mistakes, one sentence to a line."""
    return "\n".join(f"{where}: {sentence(mistake)}" for mistake in mistakes)


def merged_settings(
    file: Path | None, options: Mapping[str, object], **others: object
) -> JobSettings:
    """Return the settings of a task file, overridden by options.

    Args:
        file: The task file, if any.
        options: Field of a part → value; ``None`` was not given.
        others: The settings that are in no part.

    Raises:
        UsageFault: With every mistake.
    """
    parts: Parts = {p: {} for p in PARTS} if file is None else read_task_file(file)
    for name, value in options.items():
        if value is not None:
            parts[PART_OF[name]][name] = value
    mistakes = mistakes_in(parts)
    if mistakes:  # of an option and the file together
        raise UsageFault(told(mistakes, where="--task and the options"))
    return msgspec.convert({**others, **parts}, JobSettings)
