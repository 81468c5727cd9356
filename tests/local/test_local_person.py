"""Laws of pointing at the worker from the command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.job import JobSettings, PersonAt
from ergomesh.gateway.reading import read_options
from ergomesh.local.commands import query_of
from ergomesh.local.errors import UsageFault
from ergomesh.local.option_values import read_person

SHARES = st.floats(0, 1)


@given(SHARES, SHARES, st.floats(0, 1e5))
def test_a_point_reads_as_it_was_written(x: float, y: float, time_s: float) -> None:
    """``X,Y@T`` is that point; without a time it is at the start."""
    assert read_person(f"{x},{y}@{time_s}") == PersonAt(x=x, y=y, time_s=time_s)
    assert read_person(f"{x},{y}") == PersonAt(x=x, y=y, time_s=0)


@pytest.mark.parametrize(
    "text", ["", "0.5", "0.5,0.5,0.5", "400,200@3", "0.5,nan", "0.5,0.5@-1", "a,b@c"]
)
def test_what_is_no_point_is_told_in_one_sentence(text: str) -> None:
    """Pixels, words and half points are refused with an example of how to write it."""
    with pytest.raises(UsageFault, match=r"0\.4,0\.5@3\.2") as caught:
        read_person(text)
    assert "\n" not in str(caught.value)


@given(st.none() | st.builds(PersonAt, x=SHARES, y=SHARES, time_s=SHARES))
def test_the_gateway_reads_what_the_command_sends(person: PersonAt | None) -> None:
    """Settings survive the way through the query, the point included."""
    settings = JobSettings(person=person)

    assert read_options(query_of(settings).items()).settings == settings
