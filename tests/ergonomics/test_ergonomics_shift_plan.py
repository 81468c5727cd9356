"""``operations.toml``: what is read of it, and every mistake by its field."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.job import DocumentFacts
from ergomesh.ergonomics.core.shift_plan import PlanError, read_plan

GOOD = """
shift_min = 480
[[operation]]
name = "assembly"
minutes = 300.5
result = ["a", "b"]
[[operation]]
name = "packing"
minutes = 120
result = ["c", "d/result.json"]
"""


def mistakes(text: str) -> tuple[str, ...]:
    """Return the mistakes of a file."""
    return read_plan(text)[1]


def test_a_file_without_mistakes_is_read_whole() -> None:
    """Shift, operations, minutes and results of both workers come out as written."""
    plan, wrong = read_plan(GOOD)
    assert wrong == ()
    assert plan.shift_min == 480
    assert [(o.name, o.minutes, o.results) for o in plan.operations] == [
        ("assembly", 300.5, ("a", "b")),
        ("packing", 120.0, ("c", "d/result.json")),
    ]


def test_the_page_may_say_where_and_by_whom() -> None:
    """Workplace and assessor come out as written, and are nothing if left out."""
    said = 'workplace = "Žďár, 装配"\nassessed_by = "J. Doe"'
    plan, wrong = read_plan(said + GOOD)
    assert wrong == ()
    assert plan.document == DocumentFacts(workplace="Žďár, 装配", assessed_by="J. Doe")
    assert read_plan(GOOD)[0].document == DocumentFacts()


def test_one_worker_needs_no_list() -> None:
    """A single result may stand without brackets."""
    plan, wrong = read_plan(
        'shift_min = 300\n[[operation]]\nname = "x"\nminutes = 1\nresult = "a"'
    )
    assert wrong == ()
    assert plan.operations[0].results == ("a",)


MISTAKES = [
    ("shift_min = 480", "", "shift_min is missing"),
    ("= 480", '= 480\nworkplace = "a\\nb"', "workplace must be one line"),
    ("= 480", "= 480\nassessed_by = 1979-05-27", "assessed_by must be one line"),
    ("= 480", '= "long"', "shift_min must be a whole number of minutes"),
    ("= 480", "= 480.0", "shift_min must be a whole number of minutes"),
    ("= 480", "= true", "shift_min must be a whole number of minutes"),
    ("= 480", "= -5", "shift_min must be a whole number of minutes"),
    ("= 480", "= 1441", "shift_min must be a whole number of minutes"),
    ("shift_min = 480", "shift_min = 480\nshfit = 1", "shfit: this key is not known"),
    ('"assembly"', '" "', "operation 1: name must be a text"),
    ('"assembly"', "7", "operation 1: name must be a text"),
    ("minutes = 120", "", "operation 2: minutes is missing"),
    ("= 120", "= 0", "operation 2: minutes must be a number above 0"),
    ("= 120", "= -3", "operation 2: minutes must be a number above 0"),
    ("= 120", "= nan", "operation 2: minutes must be a number above 0"),
    ("= 120", "= inf", "operation 2: minutes must be a number above 0"),
    ("= 120", f"= {10**400}", "operation 2: minutes must be a number above 0"),
    ("= 120", "= true", "operation 2: minutes must be a number above 0"),
    ("= 120", '= "2 h"', "operation 2: minutes must be a number above 0"),
    ("= 120", "= 179.6", "minutes: the operations last 300.5 + 179.6 = 480.1 min"),
    ('["a", "b"]', '["a", "b", "c"]', "operation 1: result must be the folder"),
    ('["a", "b"]', "[]", "operation 1: result must be the folder"),
    ('["a", "b"]', "[1]", "operation 1: result must be the folder"),
    ('["a", "b"]', '""', "operation 1: result must be the folder"),
    ('["a", "b"]', '"a"', "operation 2: result shows two workers"),
    ("minutes = 120", "minutes = 120\nhours = 2", "operation 2: hours: this key"),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_is_one_sentence_that_names_its_field(
    old: str, new: str, expected: str
) -> None:
    """Each mistake alone gives one sentence, which begins with its field."""
    assert old in GOOD
    (found,) = mistakes(GOOD.replace(old, new, 1))
    assert found.startswith(expected)
    assert found.endswith((".", "?"))
    assert "\n" not in found


def test_a_shift_without_limits_is_a_mistake() -> None:
    """A shift shorter than the decree's table knows is one, from both sides."""
    short = 'shift_min = {}\n[[operation]]\nname = "x"\nminutes = 1\nresult = "a"'
    assert mistakes(short.format(240)) == ()
    (found,) = mistakes(short.format(239))
    assert found.startswith("shift_min: the decree has no limits")


def test_the_shift_may_be_filled_exactly() -> None:
    """Operations may last as long as the shift, not longer."""
    assert mistakes(GOOD.replace("120", "179.5")) == ()


def test_all_mistakes_are_told_at_once() -> None:
    """Mistakes in different places do not hide each other."""
    text = GOOD.replace("= 480", "= 100").replace('"assembly"', "1")
    text = text.replace("= 120", '= "x"').replace('["a", "b"]', "3")
    found = mistakes(text)
    assert len(found) == 5
    fields = ("shift_min", "operation 1: name", "operation 1: result", "operation 2: m")
    for field in (*fields, "minutes:"):
        assert sum(text.startswith(field) for text in found) == 1


@pytest.mark.parametrize(
    "text", ["", "operation = []", "operation = 3", "operation = [3]"]
)
def test_a_file_without_operations_says_how_to_begin(text: str) -> None:
    """Without an operation, the sentence shows the line that begins one."""
    found = mistakes(f"shift_min = 480\n{text}")
    assert len(found) == 1
    assert "[[operation]]" in found[0]


def test_the_page_shows_a_file_that_works() -> None:
    """The example of ``docs/shift.md`` has no mistakes."""
    page = Path(__file__).parents[2] / "docs" / "shift.md"
    _, _, rest = page.read_text(encoding="utf-8").partition("```toml\n")
    plan, wrong = read_plan(textwrap.dedent(rest.partition("```")[0]))
    assert wrong == ()
    assert len(plan.operations) == 2


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_what_toml_cannot_hold_is_one_sentence(text: str) -> None:
    """Lists too deep and numbers too long to be read are refused in words."""
    with pytest.raises(PlanError, match=r"^The file is not valid TOML: ") as caught:
        read_plan(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """Whatever stands in the file, there is a plan with mistakes, or a sentence."""
    try:
        _, found = read_plan(text)
    except PlanError as error:
        (sentence,) = error.mistakes
        assert sentence.startswith("The file is not valid TOML")
    else:
        assert found
