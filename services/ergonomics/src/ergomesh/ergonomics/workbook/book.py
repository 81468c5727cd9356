"""One result, every sheet: :func:`workbook_xlsx`."""

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.scores import Scores
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ergomesh.ergonomics.workbook.cells import Sheet
from ergomesh.ergonomics.workbook.frames import frames_of
from ergomesh.ergonomics.workbook.sheet_basis import basis_sheet
from ergomesh.ergonomics.workbook.sheet_classes import classes_sheet
from ergomesh.ergonomics.workbook.sheet_frames import angles_sheet, scores_sheet
from ergomesh.ergonomics.workbook.sheet_holds import holds_sheet
from ergomesh.ergonomics.workbook.sheet_nv361 import nv361_sheet
from ergomesh.ergonomics.workbook.sheet_summary import summary_sheet
from ergomesh.ergonomics.workbook.words import workbook_words
from ergomesh.ergonomics.workbook.xlsx import to_xlsx


def workbook_xlsx(
    result: Result,
    motion: Motion,
    angles: Angles,
    scores: Scores,
    *,
    language: Language = Language.ENGLISH,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> bytes:
    """Return ``workbook.xlsx``; the same inputs give the same bytes.

    Args:
        result: Of the frames below.
        motion: T ≥ 1 analysed frames.
        angles: Of the same frames.
        scores: Of the same frames.
        language: Of titles and headers.
        thresholds: The choices the result was made with.
    """
    words = workbook_words(language)
    sheets = workbook_sheets(
        result,
        motion,
        angles,
        scores,
        language=language,
        thresholds=thresholds,
    )
    footer = (
        f"ergomesh {result.provenance.ergomesh_version} · {result.clip.sha256[:12]}"
    )
    return to_xlsx(sheets, title=words("title.workbook"), footer=footer)


def workbook_sheets(
    result: Result,
    motion: Motion,
    angles: Angles,
    scores: Scores,
    *,
    language: Language,
    thresholds: Thresholds,
) -> tuple[Sheet, ...]:
    """Return the sheets as values; arguments as :func:`workbook_xlsx`."""
    words = workbook_words(language)
    frames = frames_of(motion, angles, scores, result.clip.duration_s)
    return (
        summary_sheet(result, frames, words),
        classes_sheet(result, frames, thresholds, words),
        holds_sheet(result, frames, thresholds, words),
        *(() if result.nv361 is None else (nv361_sheet(result.nv361, words),)),
        angles_sheet(frames, words),
        scores_sheet(frames, words),
        basis_sheet(result, words),
    )
