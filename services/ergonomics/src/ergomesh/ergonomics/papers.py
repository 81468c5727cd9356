"""What an assessment is handed over as: ``workbook.xlsx`` and ``report.pdf``.

The libraries behind them are heavy, and loaded when they are wanted.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ergomesh.ergonomics.assessment import Assessment
from ergomesh.ergonomics.pictures.subject import Shown

if TYPE_CHECKING:
    from ergomesh.ergonomics.documents.report_series import ZoneTrack

WORKBOOK_NAME: Final = "workbook.xlsx"
REPORT_NAME: Final = "report.pdf"


def workbook(assessment: Assessment, shown: Shown) -> bytes:
    """Return ``workbook.xlsx``.

    Args:
        assessment: Of the clip.
        shown: What it was made from, and the language.
    """
    from ergomesh.ergonomics.workbook.book import workbook_xlsx

    return workbook_xlsx(
        assessment.result,
        shown.motion,
        assessment.angles,
        assessment.scores,
        language=shown.language,
    )


def report(
    assessment: Assessment, shown: Shown, source: str | Path, recording: str
) -> bytes:
    """Return ``report.pdf``.

    Args:
        assessment: Of the clip.
        shown: What it was made from, and the language.
        source: Path, or http(s) address, of the clip, for the moments' pictures.
        recording: The user's name of the clip.

    Raises:
        OverlayError: When the clip cannot be read any more.
        SceneError: When the scene is none of ours.
    """
    from ergomesh.ergonomics.documents.report import report_pdf
    from ergomesh.ergonomics.documents.report_parts import About
    from ergomesh.ergonomics.documents.report_series import report_series
    from ergomesh.ergonomics.moments import render_moments

    result = assessment.result
    series = report_series(
        shown.clip, shown.motion, assessment.scores, _tracks(assessment, shown)
    )
    return report_pdf(
        result,
        series,
        render_moments(source, shown, [m.frame for m in result.worst_moments]),
        shown.language,
        About(recording=recording),
    )


def _tracks(assessment: Assessment, shown: Shown) -> "tuple[ZoneTrack, ...]":
    """Return the zones over time of the methods that sort postures."""
    from ergomesh.ergonomics.documents.zone_tracks import (
        en_tracks,
        iso_tracks,
        nv361_tracks,
        owas_tracks,
    )

    scores, judged = assessment.scores, assessment.result.en1005_4
    motion, angles, facts = shown.motion, assessment.angles, scores.facts
    return (
        *owas_tracks(scores.owas),
        *iso_tracks(motion, angles, facts),
        *(en_tracks(motion, angles, judged) if judged else ()),
        *nv361_tracks(motion, angles, facts),
    )
