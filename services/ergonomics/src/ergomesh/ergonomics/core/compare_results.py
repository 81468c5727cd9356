"""Two results → every difference between them: :func:`compare`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ergomesh.ergonomics.core.compare import (
    Assessed,
    Changed,
    Compared,
    CompareError,
    Comparison,
    Estimate,
    Quantity,
    difference,
)
from ergomesh.ergonomics.core.compare_angles import angle_quantities
from ergomesh.ergonomics.core.compare_postures import posture_quantities
from ergomesh.ergonomics.core.compare_same import same_motion, warnings
from ergomesh.ergonomics.core.compare_scores import score_quantities
from ergomesh.ergonomics.core.facts import Origin

Quantities = Mapping[Quantity, Estimate]
_READERS: Final[tuple[Callable[[Assessed], Quantities], ...]] = (
    score_quantities,
    angle_quantities,
    posture_quantities,
)


def compare(before: Assessed, after: Assessed) -> Comparison:
    """Compare two results.

    A quantity that only one of them has (an angle never observed, a file not there)
    is left out.

    Raises:
        CompareError: When they were not assessed by the same methods.
    """
    _same_methods(before, after)
    paired = same_motion(before, after)
    return Comparison(
        before=_compared(before),
        after=_compared(after),
        differences=tuple(
            difference(what, first[what], last[what], same_motion=paired)
            for read in _READERS
            for first, last in [(read(before), read(after))]
            for what in first
            if what in last
        ),
        facts=tuple(_changes(_facts(before), _facts(after))),
        choices=tuple(_changes(_choices(before), _choices(after))),
        same_motion=paired,
        warnings_en=warnings(before, after, "en"),
        warnings_cs=warnings(before, after, "cs"),
    )


def _same_methods(before: Assessed, after: Assessed) -> None:
    first, last = (sorted(each.result.methods) for each in (before, after))
    if first != last:
        msg = (
            f"The results were not made by the same methods: {before.label} has "
            f"{', '.join(first) or 'none'}, {after.label} has "
            f"{', '.join(last) or 'none'}; analyse both clips with one version."
        )
        raise CompareError(msg)


def _compared(each: Assessed) -> Compared:
    return Compared(
        label=each.label,
        clip_sha256=each.result.clip.sha256,
        duration_s=each.result.clip.duration_s,
        person_s=each.result.quality.person_s,
        ergomesh_version=each.result.provenance.ergomesh_version,
        frames_read=each.frames is not None,
    )


def _facts(each: Assessed) -> dict[str, str]:
    """Return what was told or assumed; what was measured is no input."""
    return {
        entry.name: entry.value
        for entry in each.result.assumptions
        if entry.origin in {Origin.GIVEN, Origin.ASSUMED}
    }


def _choices(each: Assessed) -> dict[str, str]:
    return {k: f"{v}" for k, v in each.result.provenance.thresholds.items()}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Changed]:
    """Yield what differs, in the order of the first, then of the second."""
    for name in {**before, **after}:
        first, last = before.get(name, ""), after.get(name, "")
        if first != last:
            yield Changed(name=name, before=first, after=last)
