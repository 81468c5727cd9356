"""``ergomesh shift``: a shift by NV 361/2007, from the results of its operations."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from ergomesh.contract.job import DocumentFacts, Language
from ergomesh.ergonomics.core.nv361_result import Nv361Result
from ergomesh.ergonomics.core.nv361_table import nv361_table
from ergomesh.ergonomics.core.shift import Operation, assess_shift
from ergomesh.ergonomics.core.shift_export import EXPORT_NAME, encode_pp_results
from ergomesh.ergonomics.core.shift_plan import Plan, PlanError, read_plan
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.local.at_once import all_of
from ergomesh.local.commands import Screen
from ergomesh.local.errors import UsageFault
from ergomesh.local.files import OUT, check_folder, unreadable
from ergomesh.local.handing import Answer, hand_over
from ergomesh.local.option_values import read_value
from ergomesh.local.options import json_option, language_option, out_option
from ergomesh.local.shift_table import shift_report

SHIFT_NAME: Final = "shift.json"
PDF_NAME: Final = "shift.pdf"
RESULT_NAMES: Final = ("nv361.json", "result.json")
"""What a folder of results is looked through for, in this order."""

HELP: Final = """\
Assess a shift by Czech government decree 361/2007.

Reads which operations make up a shift, how long each lasts and which result of
"ergomesh analyze" shows it, of one or two workers. Prints the minutes per shift of
every posture of the decree with what doubt leaves open, the limits for the shift's
length and the category of work.

\b
operations.toml:
  shift_min = 480
  [[operation]]
  name = "Assembly"
  minutes = 300
  result = ["results/assembly_a", "results/assembly_b"]
(one result per worker, as a path from where the file lies; docs/shift.md explains it)
Before the first [[operation]] may stand, for shift.pdf alone:
  workplace = "Hall 2, line 4"
  assessed_by = "Jana Novotná"

\b
Examples:
  ergomesh shift operations.toml
  ergomesh shift operations.toml --out report
  ergomesh shift operations.toml --json

\b
Writes with --out:
  shift.pdf          operations, minutes and categories, to hand over
  shift.json         the whole assessment
  pp_results.json    the same in the form that Czech laboratories' tools read

Exit codes: 0 assessed, whatever the category; 2 mistakes in the file, its results or
the options, all of them on stderr.
"""

FileArgument = Annotated[
    Path,
    typer.Argument(metavar="OPERATIONS", help="File such as operations.toml."),
]
OutOption = Annotated[
    Path | None, out_option(f"Write {PDF_NAME}, {SHIFT_NAME} and {EXPORT_NAME} there.")
]
JsonOption = Annotated[bool, json_option(SHIFT_NAME)]
LanguageOption = Annotated[str, language_option(f"the table and {PDF_NAME}")]


class _Holder(msgspec.Struct, frozen=True):
    """What is read of ``result.json``."""

    nv361: Nv361Result | None = None


def shift(
    path: Path,
    screen: Screen,
    *,
    out: Path | None,
    as_json: bool,
    language: str,
    today: date,
) -> None:
    """Assess a shift; print it, and write it down if asked to.

    Args:
        path: The file of operations.
        screen: Where to print.
        out: Folder to write to.
        as_json: Whether to print everything, for programs.
        language: As typed.
        today: Day of the assessment, for the head of the page.

    Raises:
        UsageFault: With all mistakes of the file and the options, a line each.
    """
    (result, document), spoken, _ = all_of(
        lambda: assessed(path),
        lambda: read_value("--language", Language, language),
        lambda: check_folder(OUT, out),
    )
    encoded = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    answer = Answer(
        parts=shift_report(result, spoken),
        encoded=encoded,
        files={
            PDF_NAME: lambda: _page(result, spoken, document, today),
            SHIFT_NAME: lambda: encoded,
            EXPORT_NAME: lambda: encode_pp_results(result),
        },
    )
    hand_over(answer, screen, out=out, as_json=as_json)


def assessed(path: Path) -> tuple[ShiftResult, DocumentFacts]:
    """Read and assess a file of operations; return what its page shall say, too.

    Raises:
        UsageFault: With all mistakes, a line each.
    """
    try:
        plan, mistakes = read_plan(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error.errno or 0) from error
    except UnicodeDecodeError as error:
        msg = f"{path} is not a text file (UTF-8)."
        raise UsageFault(msg) from error
    except PlanError as error:
        msg = f"{path}: {error}"
        raise UsageFault(msg) from error
    operations, wrong = _operations(plan, path.parent)
    every = (*mistakes, *wrong)
    if every:
        raise UsageFault(*(f"{path}: {mistake}" for mistake in every))
    return assess_shift(operations, plan.shift_min), plan.document


def _operations(plan: Plan, folder: Path) -> tuple[list[Operation], list[str]]:
    """Read the results; return the operations, and a sentence for each mistake."""
    operations, mistakes = [], []
    for planned in plan.operations:
        clips = []
        for name in planned.results:
            try:
                clips.append(read_nv361(folder / Path(name).expanduser()))
            except _ResultError as error:
                mistakes.append(f"{planned.field}: result: {error}")
        operations.append(Operation(planned.name, planned.minutes, tuple(clips)))
    return operations, mistakes


class _ResultError(Exception):
    """A result cannot be used: a sentence that says why."""


def read_nv361(path: Path) -> Nv361Result:
    """Read an assessment by NV 361/2007 from a folder of results or one of its files.

    Raises:
        _ResultError: When there is none.
    """
    file = next(_candidates(path), None)
    if file is None:
        raise _ResultError(_missing(path))
    try:
        found = _decoded(file.read_bytes())
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}."
        raise _ResultError(msg) from error
    except msgspec.MsgspecError as error:
        msg = f"{file} is not a result: {error}."
        raise _ResultError(msg) from error
    if found is None:
        msg = f"{file} has no assessment by NV 361/2007; analyse its clip again."
        raise _ResultError(msg)
    if found.sha256 != nv361_table().sha256:
        msg = f"{file} was made with another table of postures; analyse its clip again."
        raise _ResultError(msg)
    return found


def _missing(path: Path) -> str:
    if path.is_dir():
        return f"the folder {path} has no {' or '.join(RESULT_NAMES)}."
    return f"there is no file or folder {path}."


def _candidates(path: Path) -> Iterator[Path]:
    paths = [path / name for name in RESULT_NAMES] if path.is_dir() else [path]
    return (file for file in paths if file.is_file())


def _decoded(raw: bytes) -> Nv361Result | None:
    """Decode an assessment, alone or within ``result.json``."""
    try:
        return msgspec.json.decode(raw, type=Nv361Result)
    except msgspec.ValidationError:
        return msgspec.json.decode(raw, type=_Holder).nv361


def _page(
    result: ShiftResult, language: Language, document: DocumentFacts, today: date
) -> bytes:
    # The typesetter is loaded only when it is asked for something.
    from ergomesh.ergonomics.documents.about import About
    from ergomesh.ergonomics.documents.shift_page import shift_pdf

    return shift_pdf(result, language, About.of(document, made_on=today))
