"""Laws of what may be told of where an assessment was made, and by whom."""

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.strategies import lines
from ergomesh.contract.errors import ContractError
from ergomesh.contract.job import DocumentFacts, JobSettings, parse_settings
from ergomesh.contract.lines import MAX_LINE
from ergomesh.contract.mistakes import find_mistakes

FIELDS = DocumentFacts.__struct_fields__
characters = st.characters(codec="utf-8")


@given(lines)
def test_a_line_comes_out_as_it_was_told(line: str) -> None:
    """One line of any script, and no line at all, survive the way."""
    told = JobSettings(document=DocumentFacts(workplace=line))
    assert parse_settings(msgspec.json.encode(told)) == told
    assert parse_settings(b"{}").document == DocumentFacts()


@given(characters, st.sampled_from(["{}", "a{}", "{}b", "a{}b"]))
def test_what_would_break_a_line_is_refused(character: str, around: str) -> None:
    """Control characters and line ends are refused wherever they stand."""
    told = {"workplace": around.format(character)}
    breaks = unicodedata.category(character) in {"Cc", "Zl", "Zp"}
    turns = unicodedata.bidirectional(character) in {
        *("LRE", "RLE", "PDF", "LRO", "RLO"),
        *("LRI", "RLI", "FSI", "PDI"),
    }
    assert bool(find_mistakes(told, DocumentFacts)) == (breaks or turns)


@pytest.mark.parametrize(
    "wrong", ["x" * (MAX_LINE + 1), "a\n", "\ta", "a\u0085", "a\u2028b", 7, ["x"]]
)
def test_all_that_is_no_line_is_told_at_once(wrong: object) -> None:
    """A text too long, with control characters, or none: a sentence for each field."""
    raw = msgspec.json.encode({"document": dict.fromkeys(FIELDS, wrong)})
    with pytest.raises(ContractError) as caught:
        parse_settings(raw)
    for field in FIELDS:
        wanted = f"document.{field} must be one line of 0 to {MAX_LINE} characters"
        assert wanted in str(caught.value)


def test_settings_from_before_are_still_read() -> None:
    """A job that was told nothing of documents is read as one that says nothing."""
    old = msgspec.to_builtins(JobSettings())
    del old["document"]
    assert parse_settings(msgspec.json.encode(old)) == JobSettings()
