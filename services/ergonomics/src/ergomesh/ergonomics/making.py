"""The files that are made after the scores: the documents and the overlay."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ergomesh.ergonomics.assessment import Assessment
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.papers import (
    CHARTS_NAME,
    REPORT_NAME,
    WORKBOOK_NAME,
    charts,
    report,
    workbook,
)
from ergomesh.ergonomics.pictures.subject import Shown

OVERLAY_NAME: Final = "overlay.mp4"
DOCUMENTS: Final = (WORKBOOK_NAME, CHARTS_NAME, REPORT_NAME)
"""The quickest first."""

Tick = Callable[[float], None]
"""Is told the share done, 0…1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All that the files of one job are made of."""

    assessment: Assessment
    shown: Shown
    source: str
    """Path, or http(s) address, of the clip."""
    about: About
    """What documents say beside the measurement."""


def make(order: Order, name: str, path: Path, tick: Tick) -> None:
    """Make one file.

    Args:
        order: What it is made of.
        name: One of ``DOCUMENTS``, or ``OVERLAY_NAME``.
        path: Where to write it.
        tick: Called while the overlay is drawn.

    Raises:
        OverlayError: When the clip cannot be read any more.
        OSError: When the file cannot be written.
    """
    if name == OVERLAY_NAME:
        from ergomesh.ergonomics.overlay import render_overlay

        render_overlay(order.source, order.shown, path, progress=tick)
    else:
        path.write_bytes(_document(order, name))


def _document(order: Order, name: str) -> bytes:
    assessment, shown = order.assessment, order.shown
    if name == WORKBOOK_NAME:
        return workbook(assessment, shown)
    if name == CHARTS_NAME:
        return charts(assessment, shown)
    return report(assessment, shown, order.source, order.about)
