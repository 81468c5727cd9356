"""What two results have in common: the clip, the worker, the motion, the models.

A result that was scored again rests on the very same angles, so the doubt about them
is the same in both and no difference comes from it. Other models, or another person of
the same clip, are the opposite: a difference may come from them alone.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import numpy as np

from ergomesh.ergonomics.core.compare import Assessed
from ergomesh.ergonomics.core.result import SeenPerson

Language = Literal["en", "cs"]

_ANGLE: Final = "_deg"
"""Ending of the columns of ``angles.csv``, standard deviations among them."""
_TEXTS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "landmark_model": "The results were made with different presets (landmark "
        "models: {before} before, {after} after), so a difference may come from that "
        "alone.",
        "body_model": "The results were made with different body models ({before} "
        "before, {after} after), so a difference may come from that alone.",
        "person": "Both results are of the same clip, but different people in it were "
        "taken for the worker, so this compares two people and not two ways to work.",
    },
    "cs": {
        "landmark_model": "Výsledky vznikly s jinou předvolbou (model bodů těla: před "
        "{before}, po {after}), takže rozdíl může plynout jen z ní.",
        "body_model": "Výsledky vznikly s jiným modelem těla (před {before}, po "
        "{after}), takže rozdíl může plynout jen z něj.",
        "person": "Oba výsledky jsou z téhož záznamu, ale za pracovníka byl v každém "
        "vybrán někdo jiný, takže se porovnávají dva lidé, a ne dva způsoby práce.",
    },
}


def same_motion(before: Assessed, after: Assessed) -> bool:
    """Whether both results rest on the same angles, as after another scoring.

    Without the per-frame files that is not known, and counts as no.
    """
    first, last = before.result, after.result
    return (
        first.clip.sha256 == last.clip.sha256
        and first.provenance == last.provenance
        and _same_angles(before, after)
    )


def _same_angles(before: Assessed, after: Assessed) -> bool:
    if before.frames is None or after.frames is None:
        return False
    first, last = (
        {k: v for k, v in frames.columns.items() if k.endswith(_ANGLE)}
        | {"": frames.time_s}
        for frames in (before.frames, after.frames)
    )
    return first.keys() == last.keys() and all(
        np.array_equal(first[name], last[name], equal_nan=True) for name in first
    )


def warnings(before: Assessed, after: Assessed, language: Language) -> tuple[str, ...]:
    """Return a sentence for everything beside the work that the results differ in."""
    texts = _TEXTS[language]
    return tuple(
        texts[name].format(before=first, after=last)
        for name, first, last in _apart(before, after)
    )


def _apart(before: Assessed, after: Assessed) -> Iterator[tuple[str, str, str]]:
    """Yield what differs, with both values."""
    first, last = before.result.provenance, after.result.provenance
    for name in ("landmark_model", "body_model"):
        one, other = getattr(first, name), getattr(last, name)
        if one != other:
            yield name, one, other
    if _another_person(before, after):
        yield "person", "", ""


def _another_person(before: Assessed, after: Assessed) -> bool:
    """Whether the workers of one clip are two people.

    The worker of the first is looked for among the people of the second: whoever is
    most alike in time and size. Nobody is at two times of one clip, so workers who
    are never seen at once are two people, too.
    """
    one, two = before.result, after.result
    if one.clip.sha256 != two.clip.sha256 or not one.people or not two.people:
        return False
    if not one.people.persons or not two.people.persons:
        return False
    worker, other = one.people.persons[0], two.people.persons[0]
    if worker.to_s < other.from_s or other.to_s < worker.from_s:
        return True
    span = one.clip.duration_s
    return _alike(worker, two.people.persons, span) is not other


def _alike(
    worker: SeenPerson, persons: tuple[SeenPerson, ...], span_s: float
) -> SeenPerson:
    """Return who is most alike; the first of several."""

    def distance(each: SeenPerson) -> float:
        time_s = abs(each.from_s - worker.from_s) + abs(each.to_s - worker.to_s)
        seen = abs(each.seen_share - worker.seen_share)
        return time_s / span_s + seen + abs(each.height_share - worker.height_share)

    return min(persons, key=distance)
