"""The limits of NV 361/2007 for a shift, and the category of work they decide.

Minutes are whole, rounded half up, as in the laboratory's form: each worker's, then
their mean. The upper limits are rounded likewise; those of category 1 are not, as the
form has it (97.5 min at a coefficient of 0.975), which for whole minutes is the
stricter reading. Exactly 100 and 20 min, which the form leaves open, are category 1,
as in the laboratory's own program.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from ergomesh.ergonomics.core.nv361_table import Nv361Table, Verdict, nv361_table

Category = Literal[1, 2, 3]
"""Of work, by decree 432/2003 Sb."""

_THOUSAND: Final = 1000
_TINY_MIN: Final = 1e-9
"""Minutes are sums of shares: exactly half a minute must not be lost by rounding."""


class ShiftLengthError(ValueError):
    """A shift of a length for which the decree has no coefficient."""


class ShiftLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a shift of one length allows, in minutes."""

    shift_min: int
    coefficient: float
    """Of the decree's table 8."""
    n_first: float
    """An unacceptable posture: up to here category 1."""
    n_second: int
    """Up to here category 2, and no more is allowed."""
    pp_first: float
    """A conditionally acceptable posture, likewise."""
    pp_second: int
    half_shift: float
    """All listed postures together may last no longer."""

    def first(self, cls: Verdict) -> float:
        """Return where category 1 ends."""
        return self.n_first if cls == "N" else self.pp_first

    def second(self, cls: Verdict) -> int:
        """Return where category 2 ends."""
        return self.n_second if cls == "N" else self.pp_second

    def category(self, cls: Verdict, minutes: int) -> Category:
        """Return the category of work by one posture."""
        if minutes <= self.first(cls):
            return 1
        return 2 if minutes <= self.second(cls) else 3


def shift_limits(shift_min: int) -> ShiftLimits:
    """Return the limits of a shift.

    Raises:
        ShiftLengthError: When the shift is shorter than the decree's table knows.
    """
    table = nv361_table()
    thousandths = coefficient_thousandths(table, shift_min)
    first, second = table.limits.first, table.limits.second
    return ShiftLimits(
        shift_min=shift_min,
        coefficient=thousandths / _THOUSAND,
        n_first=first["N"] * thousandths / _THOUSAND,
        n_second=_scaled(second, "N", thousandths),
        pp_first=first["PP"] * thousandths / _THOUSAND,
        pp_second=_scaled(second, "PP", thousandths),
        half_shift=shift_min / 2,
    )


def coefficient_thousandths(table: Nv361Table, shift_min: int) -> int:
    """Return the coefficient for a shift's length, in thousandths.

    Raises:
        ShiftLengthError: When there is none.
    """
    for first, last, value in table.coefficients:
        if first <= shift_min and (last is None or shift_min <= last):
            return value
    shortest = min(first for first, _, _ in table.coefficients)
    msg = f"the decree has no limits for a shift shorter than {shortest} min"
    raise ShiftLengthError(msg)


def _scaled(limits: Mapping[Verdict, int], cls: Verdict, thousandths: int) -> int:
    """Return a limit times the coefficient, rounded half up, in whole numbers."""
    return (2 * limits[cls] * thousandths + _THOUSAND) // (2 * _THOUSAND)


def half_up(minutes: float) -> int:
    """Return whole minutes, half a minute up."""
    return math.floor(minutes + 0.5 + _TINY_MIN)


def mean_min(workers: Sequence[int]) -> int:
    """Return the mean of one or two workers' whole minutes."""
    return half_up(sum(workers) / len(workers))
