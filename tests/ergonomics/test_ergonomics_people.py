"""Laws of telling who is in the clip beside the worker."""

import pytest

from ergomesh.contract.people import People, Person
from ergomesh.ergonomics.core.seen_people import (
    RIVAL,
    people_facts,
    people_warnings,
)


def person(number: int, seen_share: float, height_share: float) -> Person:
    """Return somebody."""
    return Person(
        number=number,
        from_s=0.5,
        to_s=9.0,
        seen_share=seen_share,
        height_share=height_share,
        sightings=(),
    )


def people(*others: tuple[float, float]) -> People:
    """Return a worker of half the picture's height, and others."""
    return People(
        chosen_by="Because.",
        persons=(
            person(1, 0.8, 0.5),
            *(person(k + 2, *each) for k, each in enumerate(others)),
        ),
    )


@pytest.mark.parametrize("part", [0.5, 0.9, 1.1, 2.0])
def test_a_rival_is_warned_of(part: float) -> None:
    """A warning comes exactly when somebody's time x area reaches the limit."""
    told = list(people_warnings(people((0.8 * RIVAL * part, 0.5)), asked=False))

    assert bool(told) == (part > 1)
    assert all("0.5-9.0 s" in each and "point at" in each for each in told)


def test_who_was_pointed_at_needs_no_warning() -> None:
    """After the user's own choice nobody is warned of."""
    assert not list(people_warnings(people((0.9, 0.9)), asked=True))
    assert not list(people_warnings(People(chosen_by="", persons=()), asked=False))


def test_everybody_left_out_is_counted() -> None:
    """The result names the worker first, why, and how many were left out."""
    facts = people_facts(people((0.1, 0.1), (0.2, 0.1)))

    assert facts.others == 2
    assert [each.number for each in facts.persons] == [1, 2, 3]
    assert facts.chosen_by == "Because."
