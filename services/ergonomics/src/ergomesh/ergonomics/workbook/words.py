"""What a workbook says: its own ``words_<language>.toml`` beside the documents'."""

import tomllib
from functools import cache
from importlib import resources

from ergomesh.contract.job import Language
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.tables import METHODS
from ergomesh.ergonomics.documents.words import Words, words_of
from ergomesh.ergonomics.workbook.frames import READINGS


@cache
def workbook_words(language: Language) -> Words:
    """Return the texts of a language, read once per process.

    A key is ``<section>.<name>``; sentences of a result are said as in the report.
    """
    general = words_of(language)
    texts = {**general.texts, **own_texts(language)}
    return Words(language, texts, general.patterns)


def own_texts(language: Language, package: str = __package__) -> dict[str, str]:
    """Return what only one kind of document says: its ``words_<language>.toml``.

    Args:
        language: Of the texts.
        package: Where the file is.
    """
    file = resources.files(package) / f"words_{language}.toml"
    tree = tomllib.loads(file.read_text("utf-8"))
    return {
        f"{section}.{name}": text
        for section, texts in tree.items()
        for name, text in texts.items()
    }


def sided(name: str) -> tuple[str, str]:
    """Split the side off a name.

    >>> sided("left_elbow_flexion"), sided("trunk_twist")
    (('left', 'elbow_flexion'), ('', 'trunk_twist'))
    """
    side, _, rest = name.partition("_")
    return (side, rest) if side in SIDES else ("", name)


def spoken(words: Words, section: str, name: str) -> str:
    """Return a name of the program in words: the plain name where there are none."""
    side, plain = sided(name)
    said = words.known(f"{section}.{plain}", plain.replace("_", " "))
    return f"{said}, {words(f'side.{side}')}" if side else said


def score_title(words: Words, column: str) -> str:
    """Return the header of a column of scores: "REBA, left, at most".

    Args:
        words: The language.
        column: Of ``scores.csv``: ``reba_left_high``, ``rula_left_wrist``.
    """
    method = next((m for m in METHODS if column.startswith(f"{m}_")), "")
    name = column.removeprefix(f"{method}_") if method else column
    bound = next((b for b in READINGS if name.endswith(f"_{b}") or name == b), "")
    name = name.removesuffix(bound).removesuffix("_")
    parts = (
        method.upper(),
        words(f"side.{name}") if name in SIDES else spoken(words, "score", name),
        words(f"bound.{bound}") if bound else "",
    )
    return ", ".join(part for part in parts if part)
