"""``ergomesh compare``: before and after, from the folders of two results."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from ergomesh.contract.job import Language
from ergomesh.ergonomics.comparison.said import (
    MARKS,
    cautions,
    caveats,
    changed,
    comparison_words,
    estimated,
    findings,
    listed,
    quantity,
    reading,
)
from ergomesh.ergonomics.core.compare import (
    Assessed,
    CompareError,
    Comparison,
    Difference,
    Verdict,
    encode_comparison,
)
from ergomesh.ergonomics.core.compare_read import (
    FRAME_FILES,
    RESULT_FILE,
    read_assessed,
)
from ergomesh.ergonomics.core.compare_results import compare as compare_results
from ergomesh.ergonomics.documents.words import Words
from ergomesh.local.at_once import all_of
from ergomesh.local.commands import Screen
from ergomesh.local.errors import LocalCode, UsageFault
from ergomesh.local.files import OUT, check_folder, unreadable
from ergomesh.local.handing import Answer, hand_over
from ergomesh.local.option_values import read_value
from ergomesh.local.options import json_option, language_option, out_option

JSON_NAME: Final = "comparison.json"
PDF_NAME: Final = "comparison.pdf"

HELP: Final = """\
Compare two results: before and after a change of the work.

Says for every method, side and body part what changed, and whether the change is
certain: whether the ranges that doubt about the angles leaves open are apart. Two
results of the same motion (ergomesh rescore) share that doubt, so their differences
come from the facts alone. Warns when models or the person differ.

\b
Examples:
  ergomesh compare results/before results/after
  ergomesh compare results/before results/after --out results/change
  ergomesh compare results/before results/after --json

\b
Reads result.json, scores.csv and angles.csv of each folder. Writes with --out:
  comparison.json    every difference, with its range
  comparison.pdf     the same on a page

Exit codes: 0 compared, 2 a folder or an option cannot be used (every mistake is on
stderr).
"""

BeforeArgument = Annotated[
    Path, typer.Argument(metavar="BEFORE", help="Folder of a result.")
]
AfterArgument = Annotated[
    Path, typer.Argument(metavar="AFTER", help="Folder of the other result.")
]
OutOption = Annotated[
    Path | None, out_option(f"Write {JSON_NAME} and {PDF_NAME} there.")
]
JsonOption = Annotated[bool, json_option(JSON_NAME)]
LanguageOption = Annotated[str, language_option("the table and the page")]

_STYLES: Final = {Verdict.LOWER: "green", Verdict.HIGHER: "red", Verdict.OPEN: "dim"}


def compare(
    before: Path,
    after: Path,
    screen: Screen,
    *,
    out: Path | None,
    as_json: bool,
    language: str,
) -> None:
    """Compare two results; print the differences, and write them if asked to.

    Raises:
        UsageFault: With every folder that cannot be used, and every wrong option.
    """
    found, spoken, _ = all_of(
        lambda: compared(before, after),
        lambda: read_value("--language", Language, language),
        lambda: check_folder(OUT, out),
    )
    encoded = encode_comparison(found)
    answer = Answer(
        parts=comparison_report(found, spoken),
        encoded=encoded,
        files={JSON_NAME: lambda: encoded, PDF_NAME: lambda: _page(found, spoken)},
    )
    hand_over(answer, screen, out=out, as_json=as_json)


def compared(before: Path, after: Path) -> Comparison:
    """Read two folders and compare them.

    Raises:
        UsageFault: With a sentence for each folder that cannot be used.
    """
    first, last = all_of(lambda: read_folder(before), lambda: read_folder(after))
    try:
        return compare_results(first, last)
    except CompareError as error:
        raise UsageFault(str(error)) from error


def read_folder(folder: Path) -> Assessed:
    """Read the result that lies in a folder.

    Raises:
        UsageFault: With one sentence that names the folder or file.
    """
    if not folder.is_dir():
        msg = f"There is no folder {folder}; name one that ergomesh analyze wrote."
        raise UsageFault(msg, code=LocalCode.FILE_UNREADABLE)
    paths = [folder / name for name in (RESULT_FILE, *FRAME_FILES)]
    try:
        files = {path.name: path.read_bytes() for path in paths if path.is_file()}
        return read_assessed(str(folder), files)
    except OSError as error:
        raise unreadable(Path(error.filename), error.errno or 0) from error
    except CompareError as error:
        raise UsageFault(str(error), code=LocalCode.FILE_UNREADABLE) from error


def _page(found: Comparison, language: Language) -> bytes:
    # The typesetter is loaded only when it is asked for something.
    from ergomesh.ergonomics.comparison.page import comparison_pdf

    return comparison_pdf(found, language)


def comparison_report(found: Comparison, language: Language) -> Iterator[Text | Table]:
    """Yield what is printed, from top to bottom."""
    said = comparison_words(language)
    for sentence in findings(said, found):
        yield Text(sentence, style="bold")
    for sentence in cautions(said, found):
        yield Text(f"! {sentence}", style="yellow")
    rows = listed(found)
    yield _table(rows, said) if rows else Text(said("caveat.unchanged"))
    yield Text(reading(said, found), style="dim")
    for sentence in caveats(said, found):
        yield Text(sentence)


def _table(rows: Iterable[Difference], said: Words) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(said("head.quantity"))
    table.add_column(said("head.side"))
    for name in ("before", "after", "change"):
        table.add_column(said(f"head.{name}"), justify="right")
    table.add_column(said("head.verdict"))
    for each in rows:
        table.add_row(*_row(each, said), style=_STYLES[each.verdict])
    return table


def _row(each: Difference, said: Words) -> tuple[str, ...]:
    name = quantity(said, each)
    mark = MARKS[each.verdict]
    return (
        f"{said(f'method.{each.method}')}: {name}",
        said(f"side.{each.side}") if each.side != "middle" else "",
        estimated(said, each, each.before),
        estimated(said, each, each.after),
        changed(said, each),
        f"{mark} {said(f'verdict.{each.verdict}')}".strip(),
    )
