"""What a command found, handed over: on the screen, or as files in a folder."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ergomesh.local.commands import Screen
from ergomesh.local.files import write_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result in every form that it can be had in."""

    parts: Iterable[Text | Table]
    """What is printed, from top to bottom."""
    encoded: bytes
    """What ``--json`` prints instead."""
    files: Mapping[str, Callable[[], bytes]]
    """Name → maker of what ``--out`` holds; pages are set only when asked for."""


def hand_over(
    answer: Answer, screen: Screen, *, out: Path | None, as_json: bool
) -> None:
    """Print a result, and write it down if asked to.

    Raises:
        UsageFault: When the folder takes no files.
    """
    if out is not None:
        write_folder(out, {name: make() for name, make in answer.files.items()})
    if as_json:
        screen.out.file.write(answer.encoded.decode())
    else:
        screen.show(answer.parts)
    if out is not None:
        *most, last = answer.files
        screen.tell(f"wrote {', '.join(most)} and {last} into {out}")
