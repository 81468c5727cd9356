"""Names that users chose, of any length, made to fit a page."""

import re
from typing import Final

LONGEST: Final = 60
"""Characters of a name in a page's head, about half its width."""
_LONG_WORD: Final = re.compile(r"\S{20}(?=\S)")
_BREAK: Final = "\N{ZERO WIDTH SPACE}"


def shortened(name: str) -> str:
    """Return a name with its middle left out where it is long.

    >>> shortened("assembly.mp4")
    'assembly.mp4'
    """
    if len(name) <= LONGEST:
        return name
    half = (LONGEST - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def breakable(name: str) -> str:
    """Return a name that a line may end within, were it one long word."""
    return _LONG_WORD.sub(lambda run: run[0] + _BREAK, name)
