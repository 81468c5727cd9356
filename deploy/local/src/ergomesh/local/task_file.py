"""``--task task.toml``: what no video shows, in a file beside the clip.

The keys are the names of the facts, all beside each other, as the gateway's query
takes them; ``docs/task-facts.md`` explains each. Every mistake of the file is told
at once, one sentence each.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ergomesh.contract.job import (
    DocumentFacts,
    TaskFacts,
    ViewFacts,
    WorkerFacts,
)
from ergomesh.contract.mistakes import (
    Mistake,
    find_mistakes,
    listed,
    sentence,
    shown_key,
)
from ergomesh.local.errors import UsageFault
from ergomesh.local.files import unreadable

Parts = dict[str, dict[str, object]]
"""Part of the settings → field → value."""

PARTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "task": TaskFacts,
    "worker": WorkerFacts,
    "view": ViewFacts,
    "document": DocumentFacts,
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
        raise unreadable(path, error.errno or 0, option="--task") from error
    except (ValueError, RecursionError) as error:  # endless numbers, deep lists, too
        msg = f"{path} is not valid TOML: {error}."
        raise UsageFault(msg) from error
    parts = _parts(facts)
    mistakes = [*_strange(facts), *mistakes_in(parts)]
    if mistakes:
        raise UsageFault(*told(mistakes, where=str(path)))
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


def mistakes_in(parts: Mapping[str, Mapping[str, object]]) -> list[Mistake]:
    """Return every mistake in facts, under the names of their keys."""
    return [
        mistake
        for part, kind in PARTS.items()
        for mistake in find_mistakes(parts[part], kind)
    ]


def told(mistakes: Iterable[Mistake], *, where: str) -> list[str]:
    """Return a sentence for each mistake, with the place where it is."""
    return [f"{where}: {sentence(mistake)}" for mistake in mistakes]
