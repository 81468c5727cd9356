"""What an assessment is handed over as: workbook, report, and its charts alone.

The libraries behind them are heavy, and loaded when they are wanted.
"""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ergomesh.ergonomics.assessment import Assessment
from ergomesh.ergonomics.pictures.subject import Shown

if TYPE_CHECKING:
    from ergomesh.ergonomics.documents.about import About
    from ergomesh.ergonomics.documents.report_series import ReportSeries, ZoneTrack

WORKBOOK_NAME: Final = "workbook.xlsx"
REPORT_NAME: Final = "report.pdf"
CHARTS_NAME: Final = "charts.zip"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Of the files in it, so that the same input gives the same bytes."""


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
    assessment: Assessment,
    shown: Shown,
    source: str | Path,
    about: "About",
) -> bytes:
    """Return ``report.pdf``.

    Args:
        assessment: Of the clip.
        shown: What it was made from, and the language.
        source: Path, or http(s) address, of the clip, for the moments' pictures.
        about: What its head says beside the measurement.

    Raises:
        OverlayError: When the clip cannot be read any more.
        SceneError: When the scene is none of ours.
    """
    from ergomesh.ergonomics.documents.report import report_pdf
    from ergomesh.ergonomics.moments import render_moments

    result = assessment.result
    return report_pdf(
        result,
        _series(assessment, shown),
        render_moments(source, shown, [m.frame for m in result.worst_moments]),
        shown.language,
        about,
    )


def charts(assessment: Assessment, shown: Shown) -> bytes:
    """Return the report's charts as SVG and PNG, zipped; arguments as above."""
    from ergomesh.ergonomics.documents import plots

    drawn = plots.charts(assessment.result, _series(assessment, shown), shown.language)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(drawn.items()):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), body)
    return packed.getvalue()


def _series(assessment: Assessment, shown: Shown) -> "ReportSeries":
    from ergomesh.ergonomics.documents.report_series import report_series

    return report_series(
        shown.clip, shown.motion, assessment.scores, _tracks(assessment)
    )


def _tracks(assessment: Assessment) -> "tuple[ZoneTrack, ...]":
    """Return the zones over time of the methods that sort postures."""
    from ergomesh.ergonomics.documents.zone_tracks import (
        en_tracks,
        iso_tracks,
        nv361_tracks,
        owas_tracks,
    )

    scores, judged = assessment.scores, assessment.result.en1005_4
    angles, facts, common = assessment.angles, scores.facts, scores.common
    return (
        *owas_tracks(scores.owas),
        *iso_tracks(angles, facts, common),
        *(en_tracks(angles, judged, common) if judged else ()),
        *nv361_tracks(angles, facts, common),
    )
