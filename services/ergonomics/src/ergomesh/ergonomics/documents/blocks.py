"""What a page is made of: words, numbers and shades that are ready to be set.

Every text is in the document's language and every length of a chart a share of its
width or height, so that templates only place things. Encoded as JSON, each block
says its ``kind``.
"""

import msgspec

from ergomesh.ergonomics.documents.paint import Paint


class Text(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="text"):
    """A paragraph."""

    text: str
    small: bool = False


class Lead(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="lead"):
    """Sentences that stand out, one below the other."""

    sentences: tuple[str, ...]


class Subtitle(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="subtitle"
):
    """A heading within a section."""

    text: str


class Bullets(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="bullets"
):
    """A list."""

    items: tuple[str, ...]


class KeyNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number to remember."""

    value: str
    label: str


class KeyNumbers(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="key_numbers"
):
    """Numbers to remember, side by side."""

    items: tuple[KeyNumber, ...]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a table."""

    text: str
    paint: Paint | None = None
    strong: bool = False
    sure: bool = True
    """An unsure shade is a mark beside the words, not the field's filling."""
    code: bool = False
    """Set as a name of the program."""
    span: int = 1


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table."""

    title: str
    width: float = 1.0
    """Its part of the width, against the other columns'."""
    align: str = "left"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Rows below a name of their own, which is repeated on every page, too."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="table"):
    """Rows below a head that is repeated on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    groups: tuple[Group, ...] = ()
    """Below the rows."""
    small: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="facts"):
    """Names with their values."""

    rows: tuple[tuple[str, str], ...]


class Picture(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="picture"
):
    """A picture, or its empty place."""

    file: str | None
    """Name among the files; ``None`` leaves the place empty."""
    caption: str
    height_mm: float


class Moment(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="moment"):
    """A moment of the clip: two pictures and what was found."""

    title: str
    pictures: tuple[Picture, ...]
    table: Table


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who answers for a document."""

    role: str
    name: str = ""
    """Left to be written by hand where empty."""


class SignOff(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="sign_off"
):
    """Lines to sign on, kept together on one page."""

    signers: tuple[Signer, ...]
    fields: tuple[str, ...]
    """Below each signer's lines; the first is the name."""


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks below each other, beside other stacks."""

    blocks: tuple["Block", ...]
    width: float = 1.0
    """Its part of the width, against the other stacks'."""


class Beside(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="beside"):
    """Stacks of blocks side by side."""

    stacks: tuple[Stack, ...]


def beside(*blocks: "Block") -> Beside:
    """Put single blocks side by side, equally wide."""
    return Beside(stacks=tuple(Stack(blocks=(block,)) for block in blocks))


# ---- charts


class Legend(msgspec.Struct, frozen=True, kw_only=True):
    """What a shade stands for."""

    paint: Paint
    text: str


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a bar."""

    share: float
    """Of the bar's whole length."""
    paint: Paint
    text: str = ""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar of parts, with words before and behind it."""

    label: str
    segments: tuple[Segment, ...]
    notes: tuple[str, ...] = ()
    """One per note column of the chart."""


class Bars(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="bars"):
    """Lying bars that each stand for the whole time."""

    title: str
    bars: tuple[Bar, ...]
    notes: tuple[str, ...] = ()
    """Titles of the columns behind the bars."""
    legend: tuple[Legend, ...] = ()


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A standing bar: what is sure stands below what is only likely."""

    label: str
    sure: float
    """Height as a share of the chart's."""
    likely: float
    """Height that comes on top."""
    paint: Paint
    text: str = ""


class Posts(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="posts"):
    """Standing bars side by side."""

    title: str
    posts: tuple[Post, ...]
    axis: str
    legend: tuple[Legend, ...] = ()


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A mark on an axis."""

    at: float
    """Share of the axis, from the left or from the top."""
    text: str


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A zone behind a curve."""

    top: float
    bottom: float
    """Shares of the height, from the top."""
    paint: Paint
    text: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which nothing changes."""

    start: float
    end: float
    """Shares of the width."""
    top: float | None = None
    bottom: float | None = None
    """The range, as shares of the height from the top; ``None``: nobody is there."""
    likely: float | None = None
    """The line through the range."""


class Timeline(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="timeline"
):
    """A score over the clip: range, line, zones, and below a strip of what is sure."""

    title: str
    height_mm: float
    bands: tuple[Band, ...]
    steps: tuple[Step, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    strip: tuple[Segment, ...]
    """Below the curve: what is sure, one after the other over the clip."""
    strip_name: str
    legend: tuple[Legend, ...] = ()


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """One row of zones over the clip."""

    label: str
    segments: tuple[Segment, ...]
    """One after the other; together the whole clip."""


class Strips(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="strips"):
    """Rows of zones over the clip."""

    title: str
    strips: tuple[Strip, ...]
    x_ticks: tuple[Tick, ...]
    legend: tuple[Legend, ...] = ()


class BodyPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the drawn body."""

    paint: Paint
    label: str
    value: str


class BodyMap(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="body_map"
):
    """The body from behind, its parts shaded by load; left is left."""

    title: str
    parts: dict[str, BodyPart]
    """``trunk``, ``left_upper_arm``, …"""


Chart = Bars | Posts | Timeline | Strips | BodyMap
Block = (
    Text
    | Lead
    | Subtitle
    | Bullets
    | KeyNumbers
    | Table
    | Facts
    | Picture
    | Moment
    | SignOff
    | Beside
    | Chart
)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter; it begins on a page of its own unless it follows on."""

    title: str
    source: str = ""
    """Publication, below the title."""
    blocks: tuple[Block, ...]
    new_page: bool = True


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a template sets."""

    language: str
    title: str
    subtitle: str
    meta: tuple[tuple[str, str], ...]
    """Head of page one: names with their values."""
    running: str
    """Above every later page."""
    footer: str
    """Below every page."""
    page: str
    """The word before a page's number, as in "Page 2 of 9", with both places."""
    sections: tuple[Section, ...]
