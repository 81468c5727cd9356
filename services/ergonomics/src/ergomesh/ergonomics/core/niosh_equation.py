"""The revised NIOSH lifting equation, at full precision (pure, vectorised).

``RWL = LC HM VM DM AM FM CM`` and ``LI = load / RWL`` (Waters et al. 1993, Ergonomics
36:749-776; Applications Manual, NIOSH 94-110, rev. 9/2021). The manual's worksheets
take multipliers rounded to two decimals, so their answers are up to 2 % off these.

Several kinds of lifts in turn have the **composite lifting index** (the manual's
multi-task procedure): the single-task index of the hardest one, and for every other
the rise of its frequency-independent index by the frequencies up to then::

    CLI = STLI_1 + sum_k FILI_k (1 / FM(F_1 + ... + F_k) - 1 / FM(F_1 + ... + F_k-1))

in the order of falling STLI.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray
from ergomesh.contract.job import Coupling
from ergomesh.ergonomics.core.niosh_tables import Constants, NioshTables

BetweenRows = Literal["next_higher", "interpolated"]

GRIPS: Final = {
    Coupling.GOOD: "good",
    Coupling.FAIR: "fair",
    Coupling.POOR: "poor",
    Coupling.UNACCEPTABLE: "poor",
}
"""REBA's words for a grip → NIOSH's, which has none for unacceptable."""

SAME_PER_MIN: Final = 1e-9
"""Frequencies this near are the same: sums of shares round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often and for how long is lifted."""

    per_min: float
    hours: float
    between_rows: BetweenRows
    """What a frequency between two rows of the table gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Where the hands hold the load, in centimetres (or inches) and degrees."""

    horizontal: FloatArray
    """(...) from the ankles' midpoint to the hands', along the floor."""
    vertical: FloatArray
    """(...) of the hands above the floor."""
    distance: FloatArray
    """(...) how far the load is moved up or down."""
    asymmetry_deg: FloatArray
    """(...) how far to the side of straight ahead, 0…180."""

    def high(self, constants: Constants) -> BoolArray:
        """Return (...) whether the hands are at the ideal height or above."""
        high: BoolArray = self.vertical >= constants.vertical_ideal
        return high


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipliers:
    """The factors, each 0…1 and of the hold's shape."""

    horizontal: FloatArray
    vertical: FloatArray
    distance: FloatArray
    asymmetry: FloatArray
    frequency: FloatArray
    coupling: FloatArray

    def independent(self, constants: Constants) -> FloatArray:
        """Return the frequency-independent weight limit (FIRWL)."""
        limit: FloatArray = (
            constants.load
            * self.horizontal
            * self.vertical
            * self.distance
            * self.asymmetry
            * self.coupling
        )
        return limit

    def limit(self, constants: Constants) -> FloatArray:
        """Return the recommended weight limit (RWL)."""
        limit: FloatArray = self.independent(constants) * self.frequency
        return limit


def multipliers(
    hold: Hold,
    pace: Pace,
    coupling: Coupling,
    *,
    tables: NioshTables,
    constants: Constants,
) -> Multipliers:
    """Return the factors of a lift at one of its ends.

    Args:
        hold: Where the hands are.
        pace: How often and how long.
        coupling: Quality of the grip.
        tables: The printed tables.
        constants: Of the hold's units.
    """
    high = hold.high(constants)
    return Multipliers(
        horizontal=horizontal_multiplier(hold.horizontal, constants),
        vertical=vertical_multiplier(hold.vertical, constants),
        distance=distance_multiplier(hold.distance, constants),
        asymmetry=asymmetry_multiplier(hold.asymmetry_deg, constants),
        frequency=frequency_multiplier(np.asarray(pace.per_min), high, pace, tables),
        coupling=tables.coupling[GRIPS[coupling]][high.astype(np.int64)],
    )


def horizontal_multiplier(horizontal: FloatArray, constants: Constants) -> FloatArray:
    """Return HM."""
    reach = np.maximum(horizontal, constants.horizontal_near)
    factor = constants.horizontal_near / reach
    return np.where(horizontal > constants.horizontal_most, 0.0, factor)


def vertical_multiplier(vertical: FloatArray, constants: Constants) -> FloatArray:
    """Return VM; hands below the floor count as on it."""
    away = np.abs(np.maximum(vertical, 0.0) - constants.vertical_ideal)
    factor = 1.0 - constants.vertical_slope * away
    return np.where(vertical > constants.vertical_most, 0.0, factor)


def distance_multiplier(distance: FloatArray, constants: Constants) -> FloatArray:
    """Return DM."""
    way = np.maximum(distance, constants.distance_near)
    factor = constants.distance_base + constants.distance_gain / way
    return np.where(distance > constants.distance_most, 0.0, np.minimum(factor, 1.0))


def asymmetry_multiplier(asymmetry_deg: FloatArray, constants: Constants) -> FloatArray:
    """Return AM."""
    factor = 1.0 - constants.asymmetry_slope * asymmetry_deg
    return np.where(asymmetry_deg > constants.asymmetry_most_deg, 0.0, factor)


def frequency_multiplier(
    per_min: FloatArray, high: BoolArray, pace: Pace, tables: NioshTables
) -> FloatArray:
    """Return FM.

    Args:
        per_min: (...) lifts per minute; those of ``pace`` do not count.
        high: (...) whether the hands are at the ideal height or above.
        pace: For how long, and what is between rows.
        tables: The printed tables.
    """
    rows, last = tables.per_min, len(tables.per_min) - 1
    duration = min(
        int(np.searchsorted(tables.hours, pace.hours)), len(tables.hours) - 1
    )
    column = tables.frequency[:, duration]
    if pace.between_rows == "next_higher":
        row = np.minimum(np.searchsorted(rows, per_min - SAME_PER_MIN), last)
        factor = column[row, high.astype(np.int64)]
    else:
        low, top = (np.interp(per_min, rows, column[:, k]) for k in range(2))
        factor = np.where(high, top, low)
    return np.where(per_min > rows[-1] + SAME_PER_MIN, 0.0, factor)


def composite_index(
    independent: FloatArray, high: BoolArray, pace: Pace, tables: NioshTables
) -> FloatArray:
    """Return the composite lifting index of lifts that take turns.

    Args:
        independent: (L, ...) frequency-independent indices (FILI) of the lifts.
        high: (L, ...) whether their hands are at the ideal height or above.
        pace: Of all lifts together; each has its share.
        tables: The printed tables.

    Returns:
        (...); infinite when a lift, or so many, is beyond what may be lifted.
    """
    count = len(independent)
    share = pace.per_min / count
    single = _over(
        independent, frequency_multiplier(np.asarray(share), high, pace, tables)
    )
    order = np.argsort(-single, axis=0, kind="stable")
    falling = np.take_along_axis(independent, order, axis=0)
    rows = np.take_along_axis(high, order, axis=0)
    turns = np.arange(1.0, count + 1).reshape(-1, *(1,) * (high.ndim - 1))
    upto: FloatArray = share * turns
    now = _over(falling, frequency_multiplier(upto, rows, pace, tables))
    before = _over(falling, frequency_multiplier(upto - share, rows, pace, tables))
    rise = np.where(
        np.isfinite(now), now - np.where(np.isfinite(now), before, 0), np.inf
    )
    total: FloatArray = np.max(single, axis=0) + np.sum(rise[1:], axis=0)
    return total


def _over(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return a / b, infinite where b is 0."""
    quotient: FloatArray = np.where(b > 0, a / np.where(b > 0, b, 1.0), np.inf)
    return quotient


def lifting_index(load: float, limit: FloatArray) -> FloatArray:
    """Return load / limit; infinite where nothing may be lifted."""
    return _over(np.asarray(load, dtype=np.float64), limit)
