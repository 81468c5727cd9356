"""Everything that a command is asked, read at once: all mistakes, not the first."""

from collections.abc import Callable
from typing import TypeVar, overload

from ergomesh.local.errors import UsageFault

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@overload
def all_of(a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def all_of(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], /
) -> tuple[A, B, C]: ...
@overload
def all_of(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def all_of(*readings: Callable[[], A]) -> tuple[A, ...]: ...


def all_of(*readings: Callable[[], object]) -> tuple[object, ...]:
    """Do every reading, whatever became of the others; return what they give.

    Args:
        readings: Each reads or checks a part of what was asked.

    Raises:
        UsageFault: With every mistake of all of them, in their order.
    """
    values: list[object] = []
    faults: list[UsageFault] = []
    for reading in readings:
        try:
            values.append(reading())
        except UsageFault as fault:
            faults.append(fault)
    if faults:
        raise UsageFault(of=faults)
    return tuple(values)
