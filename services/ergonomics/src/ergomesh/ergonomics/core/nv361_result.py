"""What an assessment by NV 361/2007 says of one clip."""

from typing import Literal

import msgspec

Status = Literal["assessed", "partly_assessed", "not_assessed"]
"""Whether the camera told everything of an item, some of it, or nothing."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A number with what doubt leaves open."""

    low: float
    likely: float
    """At the angles as they were measured."""
    high: float


class Nv361Item(msgspec.Struct, frozen=True, kw_only=True):
    """How long one posture of the decree's table was taken."""

    key: str
    """Stable name of the item, ``arm_elevation_60_often``."""
    part: str
    """``trunk``, ``head_neck``, ``right_arm``, ``left_arm``, ``leg`` or ``other``."""
    cls: Literal["N", "PP"]
    """The table's verdict, after step 2: unacceptable, conditionally acceptable."""
    printed_cls: Literal["N", "PP"]
    """The table's verdict as printed."""
    step2: bool
    """Whether it is N where the task lasts longer than half the shift."""
    load: Literal["S", "D"]
    """Static (longer than 4 s) or dynamic."""
    name_en: str
    name_cs: str
    status: Status
    unseen: tuple[str, ...] = ()
    """What was not assessed: keys of the table's ``unseen`` words."""
    unseen_en: tuple[str, ...] = ()
    unseen_cs: tuple[str, ...] = ()
    seconds: Span | None = None
    """Time in the clip. The lower bound takes what was not seen for another posture,
    the upper bound for this one; null when nothing was seen."""
    share: Span | None = None
    """Share of time: the likely one of what was seen, bounds of the person's time."""
    observed_share: float = 0.0
    """Share of the person's time in which it could be told."""
    certain_share: float = 0.0
    """Share of the person's time in which the angle is certainly in or out."""
    longest_hold_s: float | None = None
    """The longest unbroken hold, of static postures."""
    per_min: Span | None = None
    """How often the posture was taken per minute."""


class Nv361Unlisted(msgspec.Struct, frozen=True, kw_only=True):
    """A posture that occurred, and of which the table says nothing: not classified."""

    part: str
    measure: str
    """What was measured, ``trunk_flexion``."""
    from_deg: float
    to_deg: float | None
    """Null is open."""
    load: Literal["S", "D"]
    freq: Literal["lt2", "ge2"] | None
    """Of dynamic postures: fewer than two movements a minute, or more."""
    name_en: str
    name_cs: str
    seconds: Span
    share: Span


class Nv361Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What "lying, kneeling or squatting" consists of, held or not."""

    kneeling: Span
    """Seconds."""
    squatting: Span
    lying: Span


class Nv361Result(msgspec.Struct, frozen=True, kw_only=True):
    """One clip by NV 361/2007."""

    source: str
    sha256: str
    """Digest of the table file."""
    person_s: float
    """Time with the person, which is analysed."""
    items: tuple[Nv361Item, ...]
    """Every item of the table, in its order; arm by arm."""
    unlisted: tuple[Nv361Unlisted, ...]
    """What occurred and is not classified."""
    burdened: Span
    """Seconds in any listed posture: PP and N together, each moment once."""
    burdened_share: Span
    ground: Nv361Ground | None
    """Null when the legs were not seen."""
    choices: dict[str, str | float | int]
    """The choices that the decree leaves open and this result used."""
    warnings_en: tuple[str, ...] = ()
    """One plain sentence each."""
    warnings_cs: tuple[str, ...] = ()
