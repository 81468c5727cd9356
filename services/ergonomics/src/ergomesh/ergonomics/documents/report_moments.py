"""The worst moments as pictures, and the stretches of high load."""

from typing import Final

from ergomesh.ergonomics.core.result import Episode, Moment
from ergomesh.ergonomics.core.tables import METHODS, Method
from ergomesh.ergonomics.documents import blocks
from ergomesh.ergonomics.documents.blocks import (
    Block,
    Cell,
    Column,
    Section,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.paint import level_paint
from ergomesh.ergonomics.documents.pictures import placed
from ergomesh.ergonomics.documents.report_parts import (
    Matter,
    cells,
    level_of,
    score_text,
)
from ergomesh.ergonomics.documents.words import NO_VALUE, Words

PICTURE_MM: Final = 50.0
"""Height of a moment's pictures, so that three moments fill a page."""
EPISODES: Final = 24
"""So many stretches are listed, the longest; all are in ``result.json``."""


def moments_section(matter: Matter) -> Section:
    """Write the pages of the worst moments."""
    words = matter.words
    return Section(
        title=words("moments.title"),
        blocks=(
            *_moments(matter),
            Subtitle(text=words("moments.episodes")),
            *_episodes(matter),
        ),
    )


def _moments(matter: Matter) -> tuple[Block, ...]:
    """Return a block per moment with a picture, one table of them without any."""
    words, moments = matter.words, matter.result.worst_moments
    if not moments:
        return (Text(text=words("moments.none")),)
    apart = matter.result.provenance.thresholds.get("moment_distance_s")
    intro = Text(text=words("moments.intro", apart=words.given_number(apart)))
    if not matter.files:
        return (intro, _moment_table(moments, words))
    shown = (_moment(rank, moment, matter) for rank, moment in enumerate(moments, 1))
    return (intro, Text(text=words("moments.pictures"), small=True), *shown)


def _moment(rank: int, moment: Moment, matter: Matter) -> Block:
    words = matter.words
    time = words.clock(moment.time_s)
    pictures = (
        placed(
            matter.files,
            f"{kind}-{moment.frame}",
            words(f"moments.{kind}", time=time),
            PICTURE_MM,
        )
        for kind in ("clip", "body")
    )
    return blocks.Moment(
        title=words("moments.heading", rank=rank, time=time),
        pictures=tuple(picture for picture in pictures if picture.file),
        table=_scores(moment, words),
    )


def _moment_table(moments: tuple[Moment, ...], words: Words) -> Table:
    """Return the scores of all moments, worst first."""
    names = list(moments[0].high)
    return Table(
        columns=(
            Column(title=words("moments.rank"), width=0.3),
            Column(title=words("moments.time"), width=0.6),
            *(Column(title=what_name(name, words)) for name in names),
        ),
        rows=tuple(
            (
                *cells(str(rank), words.clock(moment.time_s)),
                *(_score_cell(moment, *_split(name), words) for name in names),
            )
            for rank, moment in enumerate(moments, 1)
        ),
    )


def what_name(what: str, words: Words) -> str:
    """Write ``reba_left`` for people."""
    method, side = _split(what)
    return words("method_side", method=method.upper(), side=words(f"side.{side}"))


def _split(what: str) -> tuple[Method, str]:
    method = next(method for method in METHODS if what.startswith(f"{method}_"))
    return method, what.removeprefix(f"{method}_")


def _scores(moment: Moment, words: Words) -> Table:
    return Table(
        columns=(
            Column(title=words("summary.method"), width=0.6),
            Column(title=words("summary.left"), width=0.9),
            Column(title=words("summary.right"), width=0.9),
            Column(title=words("moments.parts"), width=5.4),
        ),
        rows=tuple(
            (
                Cell(text=method.upper(), strong=True),
                *(
                    _score_cell(moment, method, side, words)
                    for side in ("left", "right")
                ),
                Cell(text=_parts(moment, method, words)),
            )
            for method in METHODS
            if any(name.startswith(method) for name in moment.high)
        ),
        small=True,
    )


def _score_cell(moment: Moment, method: Method, side: str, words: Words) -> Cell:
    name = f"{method}_{side}"
    likely = moment.likely.get(name)
    if likely is None:
        return Cell(text=NO_VALUE)
    text = score_text(likely, moment.low[name], moment.high[name], words)
    return Cell(text=text, paint=level_paint(level_of(method, likely)), strong=True)


def _parts(moment: Moment, method: Method, words: Words) -> str:
    found = [
        words("moments.part", part=_part_name(name, method, words), score=score)
        for name, score in moment.parts.items()
        if name.startswith(f"{method}_")
    ]
    return ", ".join(found) or words("body.unseen")


def _part_name(name: str, method: Method, words: Words) -> str:
    bare = name.removeprefix(f"{method}_")
    side, _, part = bare.partition("_")
    if side not in {"left", "right"}:
        return words(f"part.{bare}").lower()
    return words(
        "moments.part_side",
        part=words(f"part.{part}").lower(),
        side=words(f"side.{side}"),
    )


# ---- stretches


def _episodes(matter: Matter) -> tuple[Block, ...]:
    words, episodes = matter.words, matter.result.episodes
    if not episodes:
        least = matter.result.provenance.thresholds.get("episode_min_s")
        return (
            Text(text=words("moments.no_episodes", seconds=words.given_number(least))),
        )
    longest = sorted(episodes, key=lambda e: e.from_s - e.to_s)[:EPISODES]
    shown = sorted(longest, key=lambda e: (e.from_s, e.what))
    more = len(episodes) - len(shown)
    note = (Text(text=words("moments.more", count=more), small=True),) if more else ()
    return (_episode_table(shown, words), *note)


def _episode_table(episodes: list[Episode], words: Words) -> Table:
    heads = ("what", "from", "to", "lasts", "peak", "certain")
    return Table(
        columns=tuple(
            Column(
                title=words(f"moments.{head}"),
                width=1.6 if head == "what" else 1.0,
                align="left" if head == "what" else "right",
            )
            for head in heads
        ),
        rows=tuple(_episode_row(episode, words) for episode in episodes),
        small=True,
    )


def _episode_row(episode: Episode, words: Words) -> tuple[Cell, ...]:
    return (
        *cells(
            what_name(episode.what, words),
            words.clock(episode.from_s),
            words.clock(episode.to_s),
            words.seconds(episode.to_s - episode.from_s),
        ),
        Cell(text=str(episode.peak), paint=level_paint(episode.level), strong=True),
        Cell(text=words("yes" if episode.certain else "no")),
    )
