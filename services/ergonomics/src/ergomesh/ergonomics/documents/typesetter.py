"""The door to typst: sources and data in memory, finished pages out.

Nothing of the machine enters a page: no system font, no clock, no network, no file
but the package's own templates and typeface.

::

    data.json ─characters─▶ probe.typ ─what the faces lack─▶ glyphs ─▶ letters.json
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final, Literal

import msgspec
import typst

PICTURE_PPI: Final = 200.0
"""Resolution of charts as PNG: sharp in print at their size, our choice."""

_DATA: Final = "data.json"
_LETTERS: Final = "letters.json"
_NO_LETTERS: Final = b'{"pattern": "", "shapes": {}}'
_NOBODY: Final = "\U0010fffe"
"""No character, so no face has it."""
_GLYPH: Final = re.compile(rb'"#(g\w+)"')
"""A face's letter in a page as SVG."""
_TEMPLATES: Final = "templates"
_TYPEFACE: Final = "font_source_sans_pro"


def pdf(template: str, files: Mapping[str, bytes]) -> bytes:
    """Set a template as PDF.

    Args:
        template: Name of the main template, without its ending.
        files: What the template reads, by name: ``data.json`` and pictures.
    """
    return _set(template, _with_letters(files), "pdf")[0]


def pages(
    template: str, files: Mapping[str, bytes], form: Literal["svg", "png"]
) -> tuple[bytes, ...]:
    """Set a template as one picture per page."""
    return _set(template, _with_letters(files), form)


def lacking(characters: Iterable[str]) -> frozenset[str]:
    """Return the characters that none of the faces has."""
    return _lacking(frozenset(characters))


@lru_cache(maxsize=64)
def _lacking(characters: frozenset[str]) -> frozenset[str]:
    listed = sorted(characters)
    files = {_DATA: msgspec.json.encode([_NOBODY, *listed]), _LETTERS: _NO_LETTERS}
    nobody, *pages = _set("probe", files, "svg")
    (empty,) = _GLYPH.findall(nobody)
    return frozenset(
        character
        for character, page in zip(listed, pages, strict=True)
        if empty in _GLYPH.findall(page)
    )


def _with_letters(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Add how to set the characters of the data that the faces lack."""
    said = set("".join(_texts(msgspec.json.decode(files[_DATA]))))
    missing = lacking(c for c in said if not (c.isascii() and c.isprintable()))
    if not missing:
        return {**files, _LETTERS: _NO_LETTERS}
    from ergomesh.ergonomics.documents.glyphs import letters

    return {**files, _LETTERS: msgspec.json.encode(letters(missing))}


def _texts(tree: object) -> Iterator[str]:
    """Yield every text in a JSON tree."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        yield from _texts(list(tree.values()))
    elif isinstance(tree, list):
        for each in tree:
            yield from _texts(each)


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
