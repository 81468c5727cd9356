"""How far a fit is, told to whoever asked."""

from collections.abc import Callable

Watch = Callable[[float], None]
"""Called with the share done, 0…1, never falling. What it raises ends the fit and
reaches the caller untouched."""


def unwatched(share: float) -> None:
    """Tell nobody."""


def part_of(watch: Watch, start: float, end: float) -> Watch:
    """Return a watch for a part of the work.

    Args:
        watch: Of the whole.
        start: Share of the whole done when the part begins.
        end: Share of the whole done when it ends.
    """

    def tell(share: float) -> None:
        watch(start + (end - start) * share)

    return tell
