"""Laws of ``ergomesh compare``: folders in, a table, a file and a page out."""

import io
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Language, TaskFacts
from ergomesh.ergonomics.comparison.page import (
    MOST_LISTED,
    comparison_document,
    comparison_pdf,
)
from ergomesh.ergonomics.comparison.said import comparison_words, quantity
from ergomesh.ergonomics.core.compare import Changed, Comparison, Difference
from ergomesh.ergonomics.core.compare_read import read_assessed
from ergomesh.ergonomics.core.compare_results import compare
from ergomesh.ergonomics.documents.blocks import Table
from ergomesh.ergonomics.workbook.words import own_texts
from ergonomics.ergonomics_folders import drawn_motion, files_of, raised
from local.conftest import Cli


def folder_of(motion: Motion, folder: Path, task: TaskFacts | None = None) -> str:
    """Write the files of a motion's result."""
    folder.mkdir()
    for name, body in files_of(motion, task).items():
        (folder / name).write_bytes(body)
    return str(folder)


@pytest.fixture
def before(tmp_path: Path) -> str:
    """A result with a raised left arm."""
    return folder_of(raised([110.0] * 6), tmp_path / "before")


@pytest.fixture
def after(tmp_path: Path) -> str:
    """A result with hanging arms."""
    return folder_of(raised([0.0] * 6), tmp_path / "after")


def test_the_table_names_what_certainly_changed(
    cli: Cli, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lowered arm is printed as certainly lower; what never was is not printed."""
    monkeypatch.setenv("COLUMNS", "160")
    code, out, err = cli("compare", before, after)
    assert (code, err) == (0, "")
    lines = [line for line in out.splitlines() if "beyond 90°" in line]
    assert lines
    assert all(" left " in x and "certainly lower" in x for x in lines)
    assert "no certain difference" in out


def test_the_files_hold_the_same_comparison(
    cli: Cli, before: str, after: str, tmp_path: Path
) -> None:
    """comparison.json is what --json prints, and a page of PDF lies beside it."""
    out = tmp_path / "new" / "change"
    code, _, err = cli("compare", before, after, "--out", str(out), "--language", "cs")
    assert code == 0
    assert str(out) in err.replace("\n", "")
    written = (out / "comparison.json").read_bytes()
    found = msgspec.json.decode(written, type=Comparison)
    assert (found.before.label, found.after.label) == (before, after)
    assert (out / "comparison.pdf").read_bytes().startswith(b"%PDF")
    code, printed, _ = cli("compare", before, after, "--json")
    assert (code, printed.encode()) == (0, written)


def test_czech_is_spoken_too(cli: Cli, before: str, after: str) -> None:
    """The table is in the language that was asked for."""
    _, out, _ = cli("compare", before, after, "--language", "cs")
    assert "jistě nižší" in " ".join(out.split())


def test_a_rescore_is_compared_by_its_facts(cli: Cli, tmp_path: Path) -> None:
    """Of the same motion only what the facts changed is printed, and it is certain."""
    motion = drawn_motion(1)
    light = folder_of(motion, tmp_path / "light")
    heavy = folder_of(motion, tmp_path / "heavy", TaskFacts(load_kg=12.0))
    code, out, err = cli("compare", light, heavy)
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "of the same motion" in said
    assert "Elbow" not in said
    assert "\N{UPWARDS ARROW} certainly" in said
    _, out, _ = cli("compare", light, light)
    assert "nothing changed" in " ".join(out.split())


@pytest.mark.parametrize("language", list(Language))
def test_other_models_are_warned_of_on_screen_and_page(
    cli: Cli, tmp_path: Path, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of preset is told where the differences are read, the page still one."""
    monkeypatch.chdir(tmp_path)
    folders = []
    for name, seed in (("one", 1), ("two", 2)):
        folder = folder_of(drawn_motion(seed), Path(name))
        file = Path(folder, "result.json")
        file.write_text(
            file.read_text().replace("landmarks of a test", f"landmarks {name}")
        )
        folders.append(folder)
    out = Path("out")
    asked = ("--out", str(out), "--language", str(language))
    _, printed, _ = cli("compare", *folders, *asked)
    found = msgspec.json.decode((out / "comparison.json").read_bytes(), type=Comparison)
    (warning,) = comparison_words(language).pick(found.warnings_en, found.warnings_cs)
    assert warning in " ".join(printed.split())
    (page,) = PdfReader(out / "comparison.pdf").pages
    assert "landmarks one" in " ".join(page.extract_text().split())


def test_a_missing_folder_is_one_sentence(cli: Cli, before: str) -> None:
    """A folder that is not there, or holds no result, is named on stderr."""
    code, out, err = cli("compare", before, f"{before}/none")
    assert (code, out) == (2, "")
    assert f"There is no folder {before}/none" in err.replace("\n", "")
    Path(before, "result.json").unlink()
    code, _, err = cli("compare", before, before)
    assert code == 2
    assert "has no result.json" in err.replace("\n", " ")


def test_another_schema_is_one_sentence(cli: Cli, before: str, after: str) -> None:
    """A result of another form names its version and says what to do."""
    Path(after, "result.json").write_bytes(b'{"schema_version": "9"}')
    code, _, err = cli("compare", before, after)
    assert code == 2
    assert "has version 9 of its form" in err.replace("\n", " ")


def test_an_unwritable_folder_is_one_sentence(
    cli: Cli, before: str, after: str
) -> None:
    """A file in the way of the output folder is named, without a traceback."""
    code, _, err = cli("compare", before, after, "--out", f"{before}/result.json")
    assert code == 2
    assert "--out: the folder" in err


def found_difference() -> tuple[Difference, ...]:
    """Compare two drawn works."""
    one, two = (read_assessed(str(k), files_of(drawn_motion(k))) for k in (1, 2))
    return compare(one, two).differences


@pytest.mark.parametrize("language", list(Language))
def test_every_quantity_has_words(language: Language) -> None:
    """Each is said in the language, apart from every other, never as code."""
    words = comparison_words(language)
    said = {(d.method, d.side, quantity(words, d)) for d in found_difference()}
    assert len(said) == len(found_difference())
    assert not any("_" in text for _, _, text in said)


def test_both_languages_say_the_same() -> None:
    """A text that exists in one language exists in the other."""
    package = "ergomesh.ergonomics.comparison"
    english, czech = (own_texts(language, package) for language in Language)
    assert english.keys() == czech.keys()


def test_the_page_shows_left_beside_right() -> None:
    """Each quantity of both sides is one row with three cells a side."""
    one, two = (read_assessed(str(k), files_of(drawn_motion(k))) for k in (1, 2))
    page = comparison_document(compare(one, two), Language.ENGLISH)
    (section,) = page.sections
    tables = [b for b in section.blocks if isinstance(b, Table)]
    assert {len(table.columns) for table in tables} == {7, 4}
    rows = [(t, row) for t in tables for group in t.groups for row in group.rows]
    assert rows
    assert all(len(row) == len(table.columns) for table, row in rows)


@pytest.mark.parametrize("language", list(Language))
def test_it_is_one_page(language: Language) -> None:
    """Everything fits one page, every time the same, and its text can be read."""
    one, two = (read_assessed(f"k{k}", files_of(drawn_motion(k))) for k in (1, 2))
    found = compare(one, two)
    raw = comparison_pdf(found, language)
    assert raw == comparison_pdf(found, language)
    (page,) = PdfReader(io.BytesIO(raw)).pages
    assert "RULA" in page.extract_text()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("many", [1, 6, 7, 30])
def test_however_much_differs_it_is_one_page(language: Language, many: int) -> None:
    """Of many facts and choices the page names the first and counts the others."""
    one, two = (read_assessed(f"k{k}", files_of(drawn_motion(k))) for k in (1, 2))
    words = comparison_words(language)
    names = [f"fact number {k}" for k in range(many)]
    changes = tuple(Changed(name=n, before="", after="some words") for n in names)
    warned = ("A plain sentence that is long enough for a line and a bit. " * 2,) * 2
    found = msgspec.structs.replace(
        compare(one, two),
        facts=changes,
        choices=changes,
        warnings_en=warned,
        warnings_cs=warned,
    )
    (page,) = PdfReader(io.BytesIO(comparison_pdf(found, language))).pages
    said = " ".join(page.extract_text().split())
    assert said.count(names[0]) == 2
    more = words("caveat.more", count=many - MOST_LISTED)
    assert said.count(more) == (2 if many > MOST_LISTED else 0)
