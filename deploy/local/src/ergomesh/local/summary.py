"""What the table at the end needs of ``result.json`` (pure).

Only the fields that are shown; whatever else the file holds is passed over, so a
newer gateway does not break an older command line.
"""

from collections.abc import Iterator

import msgspec

from ergomesh.contract.skeleton import SIDES
from ergomesh.local.errors import GatewayError


class LevelShare(msgspec.Struct, frozen=True):
    """How long an action level was held."""

    level: int
    likely_share: float
    """Of the person's time: the likely score asks for the level, 0…1."""
    first_score: int
    last_score: int
    certain_share: float = 0.0
    """Of the person's time: the level whatever the doubt, 0…1."""
    possible_share: float = 1.0
    """Of the person's time: the level is not ruled out, 0…1."""


class SideResult(msgspec.Struct, frozen=True):
    """One method on one side."""

    scored_share: float = 0.0
    """Of the person's time, 0…1."""
    level_certain_share: float | None = None
    """Of the person's time: both bounds ask for the same action, 0…1."""
    likely_percentile_95: float | None = None
    """Of the likely score over the person's time."""
    level_shares: tuple[LevelShare, ...] = ()


class MethodResult(msgspec.Struct, frozen=True):
    """One method; a side that it does not tell apart is missing."""

    left: SideResult | None = None
    right: SideResult | None = None

    def sides(self) -> Iterator[tuple[str, SideResult]]:
        """Iterate over the sides that there are."""
        for side in SIDES:
            found: SideResult | None = getattr(self, side)
            if found is not None:
                yield side, found


class Moment(msgspec.Struct, frozen=True):
    """A frame worth looking at."""

    time_s: float
    scores: dict[str, int] = {}
    """``reba_left`` → score, where determinable."""
    low: dict[str, int] = {}
    """``reba_left`` → lowest score that doubt leaves open."""
    high: dict[str, int] = {}
    """``reba_left`` → highest score that doubt leaves open."""


class Assumption(msgspec.Struct, frozen=True):
    """An input that was not measured."""

    name: str
    value: str
    origin: str
    """``given`` or ``assumed``."""


class Quality(msgspec.Struct, frozen=True):
    """How far the result can be trusted."""

    coverage: float
    """Share of the analysed frames with the person, 0…1."""
    warnings: tuple[str, ...] = ()


class ClipFacts(msgspec.Struct, frozen=True):
    """The clip."""

    duration_s: float
    analysed_frames: int


class Summary(msgspec.Struct, frozen=True):
    """What is shown of ``result.json``."""

    clip: ClipFacts
    quality: Quality
    methods: dict[str, MethodResult] = {}
    worst_moments: tuple[Moment, ...] = ()
    best_moment: Moment | None = None
    assumptions: tuple[Assumption, ...] = ()


def read_summary(raw: bytes) -> Summary:
    """Decode ``result.json``.

    Raises:
        GatewayError: When it has another form.
    """
    try:
        return msgspec.json.decode(raw, type=Summary)
    except msgspec.MsgspecError as error:
        msg = f"The result has a form that this version does not know: {error}."
        raise GatewayError(msg) from error
