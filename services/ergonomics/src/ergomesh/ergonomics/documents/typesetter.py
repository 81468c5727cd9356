"""The door to typst: sources and data in memory, finished pages out.

Nothing of the machine enters a page: no system font, no clock, no network, no file
but the package's own templates and typeface.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

import typst

PICTURE_PPI: Final = 200.0
"""Resolution of charts as PNG: sharp in print at their size, our choice."""

_TEMPLATES: Final = "templates"
_TYPEFACE: Final = "font_source_sans_pro"


def pdf(template: str, files: Mapping[str, bytes]) -> bytes:
    """Set a template as PDF.

    Args:
        template: Name of the main template, without its ending.
        files: What the template reads, by name: data and pictures.
    """
    return _set(template, files, "pdf")[0]


def pages(
    template: str, files: Mapping[str, bytes], form: Literal["svg", "png"]
) -> tuple[bytes, ...]:
    """Set a template as one picture per page."""
    return _set(template, files, form)


def _set(
    template: str, files: Mapping[str, bytes], form: Literal["pdf", "svg", "png"]
) -> tuple[bytes, ...]:
    made: bytes | list[bytes] = typst.compile(  # type: ignore[call-overload]  # its stubs know no files by name and no pages
        _sources(template, files),
        format=form,
        ppi=PICTURE_PPI,
        font_paths=_fonts(),
        ignore_system_fonts=True,
    )
    return (made,) if isinstance(made, bytes) else tuple(made)


def _sources(template: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    known = _templates()
    return {"main": known[f"{template}.typ"], **known, **files}


@cache
def _templates() -> Mapping[str, bytes]:
    folder = resources.files(__package__) / _TEMPLATES
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@cache
def _fonts() -> typst.Fonts:
    folder = resources.files(_TYPEFACE) / "files"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])
