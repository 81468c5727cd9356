"""An amount of time, with what the uncertainty of the angles makes of it."""

import msgspec

from ergomesh.contract.arrays import BoolArray, FloatArray


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """A time, and its share of the person's time.

    Angles err together, not frame by frame, so the bounds add up what is certain and
    what is possible in each frame.
    """

    seconds: float
    """At the measured angles."""
    low_s: float
    """In which it is certain."""
    high_s: float
    """In which it is possible; what was not observed at all is not in it."""
    share: float
    low_share: float
    high_share: float


def amounts(
    here: BoolArray, certain: BoolArray, possible: BoolArray, person_s: FloatArray
) -> list[Amount]:
    """Add up frames of several things, (N, T) each; see :func:`amount`."""
    whole = float(person_s.sum())
    sums = (frames @ person_s for frames in (here, certain, possible))
    here_s, certain_s, possible_s = (row.tolist() for row in sums)
    rows = zip(here_s, certain_s, possible_s, strict=True)
    return [_amount(*row, whole) for row in rows]


def amount(
    here: BoolArray, certain: BoolArray, possible: BoolArray, person_s: FloatArray
) -> Amount:
    """Add up frames.

    Args:
        here: (T,) frames that count at the measured angles.
        certain: (T,) a subset of them.
        possible: (T,) that holds them.
        person_s: (T,) seconds per frame, 0 in gaps.
    """
    (found,) = amounts(here[None], certain[None], possible[None], person_s)
    return found


def _amount(here_s: float, low_s: float, high_s: float, whole_s: float) -> Amount:
    scale = 1.0 / whole_s if whole_s > 0 else 0.0
    return Amount(
        seconds=here_s,
        low_s=low_s,
        high_s=high_s,
        share=here_s * scale,
        low_share=low_s * scale,
        high_share=high_s * scale,
    )
