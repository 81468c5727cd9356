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
from ergomesh.local.commands import Screen
from ergomesh.local.errors import UsageFault
from ergomesh.local.files import write_folder
from ergomesh.local.options import choice, words

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

Exit codes: 0 compared, 2 a folder cannot be used (why is on stderr).
"""

BeforeArgument = Annotated[
    Path, typer.Argument(metavar="BEFORE", help="Folder of a result.")
]
AfterArgument = Annotated[
    Path, typer.Argument(metavar="AFTER", help="Folder of the other result.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help=f"Write {JSON_NAME} and {PDF_NAME} there.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=f"Print {JSON_NAME} instead of the table.")
]
LanguageOption = Annotated[
    Language,
    typer.Option(
        parser=choice(Language, "language"),
        metavar=words(Language),
        help="Of the table and the page.",
    ),
]

_STYLES: Final = {Verdict.LOWER: "green", Verdict.HIGHER: "red", Verdict.OPEN: "dim"}


def compare(
    before: Path,
    after: Path,
    screen: Screen,
    *,
    out: Path | None,
    as_json: bool,
    language: Language,
) -> None:
    """Compare two results; print the differences, and write them if asked to.

    Raises:
        UsageFault: When a folder holds no result that can be compared, or takes none.
    """
    found = compared(before, after)
    encoded = encode_comparison(found)
    if out is not None:
        write_folder(out, {JSON_NAME: encoded, PDF_NAME: _page(found, language)})
    if as_json:
        screen.out.file.write(encoded.decode())
    else:
        for part in comparison_report(found, language):
            screen.out.print(part, soft_wrap=isinstance(part, Text))
    if out is not None:
        screen.tell(f"wrote {JSON_NAME} and {PDF_NAME} into {out}")


def compared(before: Path, after: Path) -> Comparison:
    """Read two folders and compare them.

    Raises:
        UsageFault: With one sentence that names the folder or file.
    """
    try:
        return compare_results(_read(before), _read(after))
    except CompareError as error:
        raise UsageFault(str(error)) from error


def _read(folder: Path) -> Assessed:
    """Read the files of a folder that are there.

    Raises:
        UsageFault: When there is no such folder, or a file cannot be read.
    """
    if not folder.is_dir():
        msg = f"There is no folder {folder}; name one that ergomesh analyze wrote."
        raise UsageFault(msg)
    paths = [folder / name for name in (RESULT_FILE, *FRAME_FILES)]
    try:
        files = {path.name: path.read_bytes() for path in paths if path.is_file()}
    except OSError as error:
        msg = f"{error.filename} cannot be read: {error.strerror}."
        raise UsageFault(msg) from error
    return read_assessed(str(folder), files)


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
