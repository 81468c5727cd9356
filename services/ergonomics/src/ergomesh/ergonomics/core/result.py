"""``result.json``: what an assessment says, with what it rests on.

Times are seconds from the clip's first picture. A *share of time* weighs each frame
with the time it stands for.
"""

from typing import Any, Final

import msgspec

from ergomesh.contract.errors import UndecodableError
from ergomesh.contract.fit import FitReport
from ergomesh.ergonomics.core.en1005_4 import En1005Result
from ergomesh.ergonomics.core.facts import Assumption
from ergomesh.ergonomics.core.iso11226 import Iso11226Result
from ergomesh.ergonomics.core.niosh_result import NioshResult
from ergomesh.ergonomics.core.nv361_result import Nv361Result
from ergomesh.ergonomics.core.owas import OwasResult

SCHEMA_VERSION: Final = "1"
"""Version of the form of ``result.json``; a field never changes its meaning."""

DIGITS: Final = 4
MONEY_DIGITS: Final = 8
MONEY: Final = "_usd"
"""What the names of amounts of money have in them."""


class ClipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The clip, as a viewer sees it."""

    sha256: str
    size: int
    """Bytes."""
    container: str
    codec: str
    width_px: int
    height_px: int
    duration_s: float
    frame_rate_hz: float
    variable_frame_rate: bool
    frames: int
    analysed_frames: int


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the result can be trusted."""

    coverage: float
    """Share of the analysed frames in which the person was found."""
    person_s: float
    """Time with the person; every share below is of this time."""
    gap_s: float
    """Time without; it is in no share, median or percentile."""
    longest_gap_s: float
    landmark_confidence: float | None
    """Mean visibility of the landmarks, 0…1; null when not known."""
    gravity_sd_deg: float
    """Standard deviation of the vertical."""
    warnings: tuple[str, ...]
    """One plain sentence each."""


class SeenPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the clip."""

    number: int
    """1 is the worker."""
    from_s: float
    to_s: float
    seen_share: float
    """Share of the clip's looks in which the person was found."""
    height_share: float
    """Median height as a share of the picture's."""


class PeopleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Who was taken for the worker, and who was left out."""

    chosen_by: str
    """Why number 1 is the worker: one sentence."""
    others: int
    """How many people were left out."""
    persons: tuple[SeenPerson, ...]
    """Number 1 first."""


class ScoreShare(msgspec.Struct, frozen=True, kw_only=True):
    """How long a final score was held."""

    score: int
    share: float
    """Of the time with a determinable score."""
    seconds: float


class LevelShare(msgspec.Struct, frozen=True, kw_only=True):
    """How long an action level was held."""

    level: int
    first_score: int
    last_score: int
    risk: str
    """The method's own word; empty where it has none."""
    share: float
    """Of the time with a determinable score."""
    seconds: float
    certain_share: float
    """Of the person's time: both bounds of the score ask for this level."""
    possible_share: float
    """Of the person's time: this level lies between the bounds."""
    likely_share: float
    """Of the person's time: the likely score asks for this level."""


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The highest score, at its first frame."""

    score: int
    low: int
    high: int
    level: int
    time_s: float
    frame: int
    """Index of the source frame."""


class SideResult(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one side of the body."""

    scored_share: float
    """Share of the person's time in which the score is determinable."""
    level_certain_share: float
    """Share of the person's time in which both bounds ask for the same action."""
    median: float | None
    """Over time; null when nothing could be scored."""
    percentile_95: float | None
    likely_median: float | None
    """Over time, of the likely score: that of the fitted body, observed or not. Null
    without a person."""
    likely_percentile_95: float | None
    likely_peak: Peak | None
    """The highest likely score."""
    peak: Peak | None
    score_shares: tuple[ScoreShare, ...]
    level_shares: tuple[LevelShare, ...]


class MethodResult(msgspec.Struct, frozen=True, kw_only=True):
    """One method."""

    source: str
    """Publication."""
    left: SideResult
    right: SideResult


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A frame worth looking at."""

    time_s: float
    frame: int
    """Index of the source frame."""
    scores: dict[str, int]
    """``reba_left`` → score, where determinable."""
    low: dict[str, int]
    """``reba_left`` → lower bound."""
    high: dict[str, int]
    """``reba_left`` → upper bound."""
    likely: dict[str, int]
    """``reba_left`` → likely score, determinable or not."""
    parts: dict[str, int]
    """``reba_trunk`` → part score, where determinable."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time at a high action level."""

    what: str
    """Method and side, ``reba_left``."""
    from_s: float
    to_s: float
    peak: int
    """Highest likely score within."""
    level: int
    """Its action level."""
    certain: bool
    """Whether it is certain all the while: even the lower bound asks for action
    soon."""


class AngleZone(msgspec.Struct, frozen=True, kw_only=True):
    """A range of an angle; null is an open end."""

    from_deg: float | None
    to_deg: float | None
    share: float
    """Of the time in which the angle was observed."""


class AngleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One joint angle over the clip."""

    name: str
    min_deg: float | None
    median_deg: float | None
    max_deg: float | None
    median_sd_deg: float | None
    observed_share: float
    """Of the person's time."""
    zones: tuple[AngleZone, ...] = ()
    """Where a method has bands for this angle: the time in each."""


class TableSource(msgspec.Struct, frozen=True, kw_only=True):
    """Which printed tables were used."""

    source: str
    sha256: str
    """Digest of the table file."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What made this result."""

    ergomesh_version: str
    landmark_model: str
    body_model: str
    thresholds: dict[str, str | float | int]
    """Every implementation choice, with its version."""
    tables: dict[str, TableSource]
    """By method."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of ``result.json``."""

    schema_version: str = SCHEMA_VERSION
    clip: ClipFacts
    quality: Quality
    people: PeopleFacts | None = None
    """Who is in the clip; null when not known."""
    fit: FitReport | None = None
    """How the body fit went; null when not known."""
    methods: dict[str, MethodResult]
    """``rula`` and ``reba``."""
    owas: OwasResult | None = None
    iso11226: Iso11226Result | None = None
    en1005_4: En1005Result | None = None
    nv361: Nv361Result | None = None
    """Czech decree 361/2007: minutes in the clip; the shift is ``ergomesh shift``."""
    niosh: NioshResult | None = None
    worst_moments: tuple[Moment, ...]
    """Worst first."""
    best_moment: Moment | None
    episodes: tuple[Episode, ...]
    """In the order of time."""
    angles: tuple[AngleSummary, ...]
    assumptions: tuple[Assumption, ...]
    """Every input that was assumed or typed in."""
    provenance: Provenance
    timings_s: dict[str, float]
    """Stage → seconds of work."""
    costs_usd: dict[str, float] = {}
    """Stage → what rented machines cost, US dollars; a stage that rented none, or at
    an unknown price, is missing. How it comes about is in ``fit``."""


def encode_result(result: Result) -> bytes:
    """Encode as ``result.json``, indented for people."""
    plain = _rounded(msgspec.to_builtins(result))
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"


def _rounded(value: Any, digits: int = DIGITS) -> Any:
    """Round every number to four decimals: more would only look exact.

    Money keeps eight: a second of a rented GPU costs 0.0002 dollars.
    """
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, dict):
        return {
            key: _rounded(entry, MONEY_DIGITS if MONEY in key else digits)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [_rounded(entry, digits) for entry in value]
    return value


def decode_result(raw: bytes) -> Result:
    """Decode ``result.json``.

    Raises:
        UndecodableError: When the bytes do not have its form.
    """
    try:
        return msgspec.json.decode(raw, type=Result)
    except msgspec.MsgspecError as error:
        msg = f"result.json does not follow its schema: {error}"
        raise UndecodableError(msg) from error
