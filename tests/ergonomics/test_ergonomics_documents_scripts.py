"""Users' texts in any script: every character is set, or marked, and nothing breaks."""

import re

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.contract.job import Language
from ergomesh.ergonomics.documents import typesetter
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.blocks import Document, Section, Text
from ergomesh.ergonomics.documents.glyphs import ABOVE_PX, BELOW_PX, _drawn, shape
from ergomesh.ergonomics.documents.names import LONGEST, breakable, shortened
from ergomesh.ergonomics.documents.report import report_pdf
from ergomesh.ergonomics.documents.shift_page import shift_pdf
from ergomesh.ergonomics.documents.words import words_of
from ergonomics.ergonomics_reports import mixed_motion, page_texts, report_of, shift_of

FACES = "Kč ř Œ ß — a Ωμέγα Подъём Việt"
"""What the report's own faces have."""
EASTERN = "搬运箱子吊り上げ作業들어올리기"
"""What they lack and OpenCV's has."""
NOWHERE = "ไ😀👷ᚠ\x01\x08\ufdd0"
"""What neither has, or nobody can draw."""
some_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def document(text: str) -> dict[str, bytes]:
    """Return a document that says a text wherever users' texts stand."""
    said = breakable(text)
    made = Document(
        language="en",
        title="",
        subtitle=said,
        meta=(("", said),),
        running=shortened(text),
        footer="",
        page="{page}",
        sections=(Section(title="", blocks=(Text(text=text),)),),
    )
    return {"data.json": msgspec.json.encode(made)}


def empty_box() -> bytes:
    """Return what a page holds where a face draws its empty box."""
    sources = {"data.json": b'["\\udbff\\udffe"]', "letters.json": b'{"shapes": {}}'}
    (page,) = typesetter._set("probe", sources, "svg")
    (glyph,) = typesetter._GLYPH.findall(page)
    return bytes(glyph)


@settings(deadline=None, max_examples=60)
@given(some_text)
def test_no_character_is_an_empty_box(text: str) -> None:
    """Whatever a user writes, it is set, and no face draws its empty box for it."""
    box = empty_box()
    for page in typesetter.pages("report", document(text), "svg"):
        assert box not in page


@pytest.mark.parametrize("text", [FACES, EASTERN, NOWHERE])
def test_faces_lack_what_they_draw_as_a_box(text: str) -> None:
    """The faces have what Europe writes; the rest is drawn, or else marked."""
    lacking = typesetter.lacking(text)
    assert lacking == (set() if text == FACES else set(text))
    drawn = {character for character in lacking if shape(character).path}
    assert drawn == (set(text) if text == EASTERN else set())


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(EASTERN + "箱龍龜々ー한글"))
def test_an_outline_filled_is_the_letter(character: str) -> None:
    """Tracing loses nothing of a letter that could be seen."""
    drawn, width_px = _drawn(character)
    found = shape(character)
    assert found.box == (width_px, ABOVE_PX + BELOW_PX)
    rings = [
        np.array([point.split() for point in ring.split("L")], np.float64).astype(int)
        for ring in re.findall(r"M([^Z]+)Z", found.path)
    ]
    filled = cv2.fillPoly(np.zeros_like(drawn), rings, 255)
    differ = (filled > 0) != (drawn > 127)
    assert differ.sum() < 0.05 * (drawn > 127).sum()


@settings(deadline=None)
@given(st.characters(exclude_categories=["Cs"]), st.characters(categories=["Lo"]))
def test_marks_tell_characters_apart(one: str, other: str) -> None:
    """Two characters that are only marked have different marks."""
    assert (one == other) == (shape(one).code == shape(other).code)


@pytest.mark.parametrize("other", ["箱", "ไ", "\x02"])
def test_what_is_lacking_is_visible(other: str) -> None:
    """A page with a drawn or marked character looks unlike that of any other."""
    pages = {
        typesetter.pages("report", document(f"a{character}b"), "png")
        for character in ("", other, "子", "😀", "\x01")
    }
    assert len(pages) == 5


@pytest.mark.parametrize("language", list(Language))
def test_documents_of_any_script_keep_their_pages(language: Language) -> None:
    """A long name that is all drawn or all marked takes no page more."""
    for name in (EASTERN * 6, NOWHERE * 10, "ع" * 80, "\u202e.mp4\t\n箱"):
        about = About(recording=name, workplace=name[:12], assessed_by=name[:6])
        made = report_pdf(*report_of(mixed_motion(6)), (), language, about)
        assert words_of(language)("rula.title") in page_texts(made)[1]
        assert len(page_texts(shift_pdf(shift_of(name, "b"), language))) == 2


@given(some_text)
def test_a_short_name_stays_and_a_long_one_keeps_its_ends(name: str) -> None:
    """A page's head has a name on one line, within its room, however wide it is."""
    line = re.sub(r"\s", " ", name)
    short, many = shortened(name), shortened(name * 20)
    assert short == line or "…" in short
    width = sum(2 if character >= "\u0900" else 1 for character in many)
    assert width <= LONGEST + 1
    first, _, last = many.partition("…")
    assert line == "" or ((line * 20).startswith(first) and (line * 20).endswith(last))
    assert breakable(name).replace("\u200b", "") == line.replace("\u200b", "")
