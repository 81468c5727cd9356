"""Where on the body the load is, and the joint angles."""

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.result import AngleSummary
from ergomesh.ergonomics.documents.blocks import (
    Bar,
    Bars,
    Beside,
    Block,
    Cell,
    Column,
    Section,
    Segment,
    Stack,
    Subtitle,
    Table,
    Text,
)
from ergomesh.ergonomics.documents.body_map import body_map
from ergomesh.ergonomics.documents.paint import HATCH, share_paint
from ergomesh.ergonomics.documents.report_parts import Matter, cells
from ergomesh.ergonomics.documents.words import Words

_SCALE_STEPS = 5


def body_section(matter: Matter) -> Section:
    """Write the page of the body map and the angles."""
    words = matter.words
    return Section(
        title=words("body.title"),
        blocks=(
            Beside(
                stacks=(
                    Stack(width=0.7, blocks=(body_map(matter.series, words),)),
                    Stack(width=0.3, blocks=_legend(words)),
                )
            ),
            Subtitle(text=words("body.angles")),
            _angle_table(matter.result.angles, words),
        ),
    )


def _legend(words: Words) -> tuple[Block, ...]:
    return (
        Subtitle(text=words("body.legend_title")),
        Text(text=words("body.legend"), small=True),
        Text(text=words("body.value_note"), small=True),
        scale(words),
    )


def scale(words: Words) -> Bars:
    """Explain the shades of loads."""
    step = 1 / _SCALE_STEPS
    names = [
        words(
            "body.scale",
            first=words.number(100 * k * step),
            last=words.percent((k + 1) * step),
        )
        for k in range(_SCALE_STEPS)
    ]
    shades = [share_paint(k / (_SCALE_STEPS - 1)) for k in range(_SCALE_STEPS)]
    rows = [*zip(names, shades, strict=True), (words("body.unseen"), HATCH)]
    return Bars(
        title="",
        bars=tuple(
            Bar(label=name, segments=(Segment(share=1.0, paint=paint),))
            for name, paint in rows
        ),
    )


def angle_name(name: str, words: Words) -> str:
    """Return an angle's name, with its side."""
    side, _, bare = name.partition("_")
    if side not in SIDES:
        return words.known(f"angle.{name}", name)
    return words(
        "angle.sided",
        angle=words.known(f"angle.{bare}", bare),
        side=words(f"side.{side}"),
    )


def _angle_table(angles: tuple[AngleSummary, ...], words: Words) -> Table:
    heads = ("angle", "min", "median", "max", "sd", "observed")
    return Table(
        columns=tuple(
            Column(
                title=words(f"body.{head}"),
                width=2.4 if head == "angle" else 1.0,
                align="left" if head == "angle" else "right",
            )
            for head in heads
        ),
        rows=tuple(_angle_row(angle, words) for angle in angles),
        small=True,
    )


def _angle_row(angle: AngleSummary, words: Words) -> tuple[Cell, ...]:
    values = (angle.min_deg, angle.median_deg, angle.max_deg, angle.median_sd_deg)
    return cells(
        angle_name(angle.name, words),
        *(words.degrees(value) for value in values),
        words.percent(angle.observed_share),
    )
