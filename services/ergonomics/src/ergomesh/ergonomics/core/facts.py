"""What no video shows: the facts used, and a list of everything assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import msgspec

from ergomesh.contract.job import Coupling, LoadPattern, TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.activity import Activity


class Origin(StrEnum):
    """Where an input comes from."""

    GIVEN = "given"
    """The user said so."""
    ASSUMED = "assumed"
    """Nobody said so; this is the default."""
    MEASURED = "measured"
    """Nobody said so; the motion shows it."""


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """An input of the scores that was not measured."""

    name: str
    value: str
    origin: Origin
    sentence: str
    """What it means for the scores, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything not measured, resolved."""

    load_kg: float
    load_pattern: LoadPattern
    coupling: Coupling
    arms_supported: bool
    seated: bool
    static_or_repeated: bool
    """Held for over a minute or repeated over four times a minute: what was told."""
    shoulder_raised: bool
    gravity_assisted: bool
    """REBA: the posture of the upper arm is helped by gravity."""
    rapid_or_unstable: bool
    """REBA: rapid large changes of posture, or an unstable base."""
    trunk_supported: bool
    """ISO 11226, EN 1005-4, NV 361: the whole trunk leans on something."""
    head_supported: bool
    """Likewise the whole head."""
    long_use: bool
    """One person does this for more than half a shift."""
    lifts_per_min: float | None
    """NIOSH: how often a load is lifted; ``None`` is counted in the clip."""
    lifting_h: float
    """NIOSH: hours of lifting in a shift."""
    control_at_destination: bool
    """NIOSH: the load is placed with care."""
    measured: Mapping[str, Activity] | None = None
    """Side, or :data:`MIDDLE` → whether its arm, or trunk, neck and legs, are held or
    repeat, as the motion shows it."""
    static_told: bool = False
    """Whether ``static_or_repeated`` was told; else the motion shows it."""
    seated_told: bool = False
    """Whether the user said if the worker sits; else the motion shows it."""

    def active(self, part: str) -> Activity:
        """Return whether an arm (by side), or :data:`MIDDLE`, is held or repeats.

        What was told needs no showing.
        """
        if self.static_told or self.measured is None:
            return Activity.certain(self.static_or_repeated)
        return self.measured[part]


MIDDLE: Final = "middle"
"""Trunk, neck and legs, beside the sides."""
REPEATED: Final = "static_or_repeated"
SEATED: Final = "seated"
"""Names of the facts that the motion shows."""
LITTLE: Final = 0.05
"""A share of the time that does not count."""

_DEFAULTS: Final = TaskFacts(
    load_kg=0.0,
    load_pattern=LoadPattern.INTERMITTENT,
    coupling=Coupling.GOOD,
    arms_supported=False,
    seated=False,
    trunk_supported=False,
    head_supported=False,
    shoulder_raised=False,
    gravity_assisted=False,
    rapid_or_unstable=False,
    long_use=False,
    lifts_per_min=None,
    lifting_h=8.0,
    control_at_destination=False,
)

_SENTENCES: Final[Mapping[str, str]] = {
    "load_kg": "The mass handled decides RULA's force and REBA's load score.",
    "load_pattern": "How the force acts decides RULA's force score; a shock adds 1 "
    "in REBA.",
    "coupling": "The grip adds 0 (good) to 3 (unacceptable) in REBA.",
    "arms_supported": "A supported arm lowers the upper arm's score by 1.",
    "seated": "Sitting decides the scores of the legs. Who is told to sit has a "
    "supported back when upright (RULA). One camera seldom settles it: tell it.",
    "static_or_repeated": "A posture held over a minute or repeated over four times a "
    "minute adds 1 to RULA's muscle use and to REBA's activity. The motion shows it, "
    "unless the load pattern says so; where the clip is too short to tell, the score's "
    "bounds hold both.",
    "shoulder_raised": "A raised shoulder would add 1 to the upper arm's score. One "
    "camera cannot tell it from a raised arm.",
    "gravity_assisted": "An upper arm held by gravity would lose 1 in REBA.",
    "rapid_or_unstable": "Rapid large changes of posture or an unstable base would "
    "add 1 to REBA's activity.",
    "trunk_supported": "A trunk that leans on something may be bent for longer (ISO "
    "11226, EN 1005-4, NV 361/2007).",
    "head_supported": "So may a head that leans on something.",
    "long_use": "Where one person does this for more than half a shift, some rare "
    "movements are no longer acceptable (EN 1005-4, NV 361/2007).",
    "lifts_per_min": "How often is lifted lowers the recommended weight (NIOSH).",
    "lifting_h": "So does for how long (NIOSH).",
    "control_at_destination": "A load that is placed with care is judged at its "
    "destination, too (NIOSH).",
}


_UNMEASURED: Final = (
    Assumption(
        name="upper_arm_rotated",
        value="no",
        origin=Origin.ASSUMED,
        sentence="A rotated upper arm would add 1 in REBA unless it is abducted, too.",
    ),
    Assumption(
        name="forearm_rotation",
        value="mid-range where it cannot be seen",
        origin=Origin.ASSUMED,
        sentence="Where the hand is seen but its rotation is not, as with a straight "
        "elbow, the score takes mid-range and its upper bound the end of range.",
    ),
)
"""What the pictures leave open in part."""


def resolve_facts(task: TaskFacts) -> tuple[Facts, tuple[Assumption, ...]]:
    """Fill in defaults for what the user did not tell, and list them all.

    Args:
        task: The user's facts; ``None`` means not told.
    """
    told = msgspec.structs.asdict(task)
    given = {name for name, value in told.items() if value is not None}
    values = msgspec.structs.asdict(_DEFAULTS) | {name: told[name] for name in given}
    repeated = values["load_pattern"] is LoadPattern.STATIC_OR_REPEATED
    values[REPEATED] = repeated if task.static_or_repeated is None else told[REPEATED]
    if repeated:
        given.add(REPEATED)
    listed = tuple(_assumption(name, values[name], given) for name in _SENTENCES)
    facts = Facts(
        **values, static_told=REPEATED in given, seated_told=task.seated is not None
    )
    return facts, (*listed, *_UNMEASURED)


def with_measured(
    facts: Facts,
    assumptions: tuple[Assumption, ...],
    measured: Mapping[str, Activity],
) -> tuple[Facts, tuple[Assumption, ...]]:
    """Let the motion say what is held or repeats, unless it was told.

    Args:
        facts: As told and assumed.
        assumptions: Theirs.
        measured: Of :attr:`Facts.measured`.
    """
    if facts.static_told:
        return facts, assumptions
    parts = {f"{side} arm": measured[side] for side in SIDES}
    parts["trunk, neck or legs"] = measured[MIDDLE]
    said = msgspec.structs.replace(
        next(a for a in assumptions if a.name == REPEATED),
        value=", ".join(f"{name} {active}" for name, active in parts.items()),
        origin=Origin.MEASURED,
    )
    listed = tuple(said if a.name == REPEATED else a for a in assumptions)
    return replace(facts, measured=measured), listed


def with_seat(
    facts: Facts,
    assumptions: tuple[Assumption, ...],
    *,
    seen_share: float,
    open_share: float,
) -> tuple[Assumption, ...]:
    """Say what the motion shows of sitting, unless it was told.

    Args:
        facts: As told and assumed.
        assumptions: Theirs.
        seen_share: Share of the person's time in which the worker is seen to sit.
        open_share: Share in which it is not settled.
    """
    if facts.seated_told:
        return assumptions
    value = "perhaps no" if open_share > LITTLE else "no"
    if seen_share > LITTLE:
        value = "yes" if seen_share >= 1 - LITTLE else "part of the time"
    return tuple(
        msgspec.structs.replace(a, value=value, origin=Origin.MEASURED)
        if a.name == SEATED
        else a
        for a in assumptions
    )


def _assumption(name: str, value: object, given: set[str]) -> Assumption:
    return Assumption(
        name=name,
        value=_plain(value),
        origin=Origin.GIVEN if name in given else Origin.ASSUMED,
        sentence=_SENTENCES[name],
    )


def _plain(value: object) -> str:
    """Write a value for people: yes, no, a number, a word."""
    if value is None:
        return "counted in the clip"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
