"""Which clip goes to which folder (pure)."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """One clip to analyse."""

    clip: Path
    folder: Path
    """Where its files will lie."""
    label: str
    """What it is called on the screen."""

    @property
    def renamed(self) -> bool:
        """Whether the folder is not simply named after the clip."""
        return self.folder.name != self.clip.stem


def plan_orders(clips: Sequence[Path], out: Path) -> list[ClipOrder]:
    """Give every clip a folder of its own.

    The folder is the clip's stem; a stem that was taken before gets ``-2``, ``-3``.
    Upper and lower case count as the same, as some file systems have it.

    Args:
        clips: The files, in the user's order.
        out: Folder of all results.
    """
    names = Counter(clip.name for clip in clips)
    taken: set[str] = set()
    orders = []
    for clip in clips:
        stem = _free(clip.stem, taken)
        taken.add(stem.casefold())
        label = clip.name if names[clip.name] == 1 else str(clip)
        orders.append(ClipOrder(clip, out / stem, shown(label)))
    return orders


def _free(stem: str, taken: set[str]) -> str:
    candidate, number = stem, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def shown(name: str) -> str:
    """Return a file name that can be printed and sent, whatever bytes it has."""
    return os.fsencode(name).decode(errors="replace")
