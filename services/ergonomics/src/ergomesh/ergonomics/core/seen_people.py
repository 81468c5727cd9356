"""Who is in the clip beside the worker, and when that is worth a warning."""

from collections.abc import Iterator
from typing import Final

from ergomesh.contract.people import People, Person
from ergomesh.ergonomics.core.result import PeopleFacts, SeenPerson

RIVAL: Final = 0.25
"""Time x area, over the worker's, from which somebody may be the worker as well (our
choice; so many are followed in every picture, too)."""


def people_facts(people: People) -> PeopleFacts:
    """Return what the result says of the people in a clip."""
    return PeopleFacts(
        chosen_by=people.chosen_by,
        others=max(len(people.persons) - 1, 0),
        persons=tuple(
            SeenPerson(
                number=person.number,
                from_s=person.from_s,
                to_s=person.to_s,
                seen_share=person.seen_share,
                height_share=person.height_share,
            )
            for person in people.persons
        ),
    )


def people_warnings(people: People, *, asked: bool) -> Iterator[str]:
    """Warn of others who may be the worker.

    Args:
        people: Everybody in the clip.
        asked: Whether the user pointed at the worker.
    """
    if asked or not people.persons:
        return
    worker, *others = people.persons
    rivals = [each for each in others if _weight(each) >= RIVAL * _weight(worker)]
    if rivals:
        when = ", ".join(f"{each.from_s:.1f}-{each.to_s:.1f} s" for each in rivals)
        who, verb = (
            ("One other person", "is") if len(rivals) == 1 else ("Others", "are")
        )
        yield (
            f"{who} {verb} seen nearly as long and as large ({when}) and left out; "
            "if the wrong one was chosen, point at the worker (setting 'person')."
        )


def _weight(person: Person) -> float:
    return person.seen_share * person.height_share**2
