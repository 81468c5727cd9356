"""How often a posture is taken, with what a short clip leaves open."""

from statistics import NormalDist

import msgspec

from ergomesh.ergonomics.core.holding import MINUTE_S


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A frequency counted in a clip."""

    count: int
    per_min: float
    low_per_min: float
    """Bounds of the worker's own frequency, were the counts a Poisson process."""
    high_per_min: float


def rate_of(count: int, seen_s: float, probability: float) -> Rate:
    """Return a frequency with its bounds.

    Byar's approximation to the exact bounds (Breslow & Day 1987, Statistical methods
    in cancer research II, IARC 82, p. 69); within 3 % for counts from 1.

    Args:
        count: How often it was seen.
        seen_s: In how much time, seconds.
        probability: Between the bounds.
    """
    minutes = seen_s / MINUTE_S
    if minutes <= 0:
        return Rate(count=count, per_min=0, low_per_min=0, high_per_min=0)
    z = NormalDist().inv_cdf((1.0 + probability) / 2)
    low = count and count * (1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3
    more = count + 1
    high = more * (1 - 1 / (9 * more) + z / (3 * more**0.5)) ** 3
    return Rate(
        count=count,
        per_min=count / minutes,
        low_per_min=max(low, 0.0) / minutes,
        high_per_min=high / minutes,
    )
