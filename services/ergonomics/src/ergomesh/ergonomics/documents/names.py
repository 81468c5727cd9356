"""Names that users chose, of any length and in any script, made to fit a page."""

import re
from typing import Final

LONGEST: Final = 60
"""Letters of a name in a page's head, about half its width."""
_FIRST_WIDE: Final = "\u0900"
"""From here on scripts are as wide as two of our letters, or wider: our choice."""
_LONG_WORD: Final = re.compile(r"\S{20}(?=\S)")
_SPACE: Final = re.compile(r"\s")
_BREAK: Final = "\N{ZERO WIDTH SPACE}"


def shortened(name: str, longest: int = LONGEST) -> str:
    """Return a name with its middle left out where it is long.

    Args:
        name: In any script.
        longest: Letters of ours that there is room for.

    >>> shortened("assembly.mp4")
    'assembly.mp4'
    """
    line = _on_one_line(name)
    if width_of(line) <= longest:
        return line
    half = (longest - 1) // 2
    end = _start(line[::-1], half)[::-1]
    return f"{_start(line, half)}…{end}"


def _start(name: str, room: int) -> str:
    """Return as much of a name's beginning as there is room for."""
    used = 0
    for at, character in enumerate(name):
        used += _width(character)
        if used > room:
            return name[:at]
    return name


def _width(character: str) -> int:
    return 2 if character >= _FIRST_WIDE else 1


def width_of(name: str) -> int:
    """Return as how many of our letters a name is about as wide."""
    return sum(map(_width, name))


def breakable(name: str) -> str:
    """Return a name that a line may end within, were it one long word."""
    return _LONG_WORD.sub(lambda run: run[0] + _BREAK, _on_one_line(name))


def _on_one_line(name: str) -> str:
    """Return a name with plain spaces for tabs and ends of lines."""
    return _SPACE.sub(" ", name)
