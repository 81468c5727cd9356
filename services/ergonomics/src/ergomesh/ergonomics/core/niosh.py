"""The revised NIOSH lifting equation on the lifts of a motion.

Where the hands are is measured (``lifts``, ``niosh_geometry``); load, grip, pace and
duration are the user's facts. Without a load there is a recommended weight limit and
no lifting index. Each lift of a clip is a task of its own with an equal share of the
frequency, so that lifts that are all alike have the composite index of one of them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import Coupling
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.body import person_present
from ergomesh.ergonomics.core.facts import Facts
from ergomesh.ergonomics.core.holding import MINUTE_S, frame_seconds
from ergomesh.ergonomics.core.lifts import Move, Moves, find_moves
from ergomesh.ergonomics.core.niosh_equation import (
    GRIPS,
    Hold,
    Multipliers,
    Pace,
    composite_index,
    lifting_index,
    multipliers,
)
from ergomesh.ergonomics.core.niosh_geometry import Ends, ends_of
from ergomesh.ergonomics.core.niosh_result import (
    Lift,
    LiftEnd,
    NioshNote,
    NioshResult,
    Spread,
)
from ergomesh.ergonomics.core.niosh_tables import NioshTables, niosh_tables
from ergomesh.ergonomics.core.thresholds import Thresholds
from ergomesh.ergonomics.core.timeline import rank_of

COUNTING_S: Final = 15 * MINUTE_S
"""Time over which the manual counts lifts (NIOSH 94-110, lifting frequency)."""
LOW_OBSERVED: Final = 0.5
"""Share of time with the hands told below which the result says so; our choice."""

_ENDS: Final = ("origin", "destination")
_NAMES: Final = {
    "HM": "horizontal",
    "VM": "vertical",
    "DM": "distance",
    "AM": "asymmetry",
    "FM": "frequency",
    "CM": "coupling",
}
_CHOICES: Final = (
    "lift_min_m",
    "lift_hands_apart_m",
    "lift_hands_uneven_m",
    "lift_grip_change_m",
    "lift_still_m_s",
    "lift_rest_s",
    "lift_sd_m",
    "lift_sd_factor",
    "lift_direction",
    "lift_count_s",
    "lift_count_min",
    "niosh_between_rows",
    "niosh_sagittal",
    "niosh_ankle_height_m",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """L lifts with their limits; (L, 2, 1 + draws) arrays."""

    moves: tuple[Move, ...]
    ends: Ends
    factors: Multipliers
    independent_kg: FloatArray
    limit_kg: FloatArray
    decides: list[int]
    """Of each lift, which end counts."""
    probability: float
    """Share of the errors between two bounds."""
    load_kg: float | None


def assess_niosh(
    motion: Motion, angles: Angles, facts: Facts, thresholds: Thresholds
) -> NioshResult:
    """Find the lifts of a motion and judge each, and all of them together.

    Args:
        motion: T frames; NaN in gaps.
        angles: Not needed: lengths are; here for the methods' common form.
        facts: Load, grip, pace, duration, control.
        thresholds: Every choice.
    """
    del angles
    tables = niosh_tables()
    moves = find_moves(motion, thresholds)
    counted = tuple(
        m for m in moves.found if m.up or thresholds.lift_direction == "both"
    )
    spans = frame_seconds(motion.time_s)
    observed_s = float(spans[moves.told].sum())
    person_s = float(spans[person_present(motion)].sum())
    per_min = _per_min(facts, motion.time_s, counted, observed_s, thresholds)
    pace = Pace(
        per_min=per_min or 0.0,
        hours=facts.lifting_h,
        between_rows=thresholds.niosh_between_rows,
    )
    judged = _judged(motion, counted, facts, pace, thresholds)
    limit, index = _composite(judged, pace, tables)
    level = None if index is None else _level(index.median, tables)
    share = observed_s / person_s if person_s > 0 else 0.0
    return NioshResult(
        source=tables.source,
        lifts=tuple(_lift(judged, motion, k) for k in range(len(counted))),
        lowered=len(moves.found) - len(counted),
        observed_s=observed_s,
        observed_share=share,
        load_kg=judged.load_kg,
        coupling=GRIPS[facts.coupling],
        lifts_per_min=per_min,
        frequency_counted=facts.lifts_per_min is None,
        lifting_h=facts.lifting_h,
        control_at_destination=facts.control_at_destination,
        limit_kg=limit,
        lifting_index=index,
        level=level,
        level_text="" if level is None else tables.levels[level].text,
        level_certain=per_min is not None
        and index is not None
        and _level(index.low, tables) == _level(index.high, tables),
        notes=_notes(judged, facts, moves, pace=per_min, told=(observed_s, share)),
        choices=_choices(thresholds),
    )


def _choices(thresholds: Thresholds) -> dict[str, str | float]:
    every = thresholds.to_dict()
    return {name: every[name] for name in _CHOICES}


def _per_min(
    facts: Facts,
    time_s: FloatArray,
    moves: tuple[Move, ...],
    observed_s: float,
    thresholds: Thresholds,
) -> float | None:
    """Return the lifts per minute that were told, or else those of the clip."""
    if facts.lifts_per_min is not None:
        return facts.lifts_per_min
    if observed_s >= thresholds.lift_count_s:
        return len(moves) * MINUTE_S / observed_s
    if len(moves) < thresholds.lift_count_min:
        return None
    between_s = float(time_s[moves[-1].first] - time_s[moves[0].first])
    return (len(moves) - 1) * MINUTE_S / between_s


def _judged(
    motion: Motion,
    moves: tuple[Move, ...],
    facts: Facts,
    pace: Pace,
    thresholds: Thresholds,
) -> _Judged:
    tables = niosh_tables()
    ends = ends_of(motion, moves, thresholds)
    factors = multipliers(
        ends.hold, pace, facts.coupling, tables=tables, constants=tables.metric
    )
    limit = factors.limit(tables.metric)
    stricter = limit[:, 1, 0] < limit[:, 0, 0]
    later = stricter & ends.told[:, 1] & facts.control_at_destination
    return _Judged(
        moves=moves,
        ends=ends,
        factors=factors,
        independent_kg=factors.independent(tables.metric),
        limit_kg=limit,
        decides=[int(end) for end in later],
        probability=thresholds.interval_probability,
        load_kg=facts.load_kg if facts.load_kg > 0 else None,
    )


def _composite(
    judged: _Judged, pace: Pace, tables: NioshTables
) -> tuple[Spread | None, Spread | None]:
    """Return the weight at which the composite index is 1, and the index."""
    known = [k for k, end in enumerate(judged.decides) if judged.ends.told[k, end]]
    if not known:
        return None, None
    ends = [judged.decides[k] for k in known]
    high = judged.ends.hold.high(tables.metric)[known, ends]
    per_kg = composite_index(
        lifting_index(1.0, judged.independent_kg[known, ends]), high, pace, tables
    )
    limit = np.where(np.isfinite(per_kg), 1.0 / per_kg, 0.0)
    if judged.load_kg is None:
        return _spread(limit, judged.probability), None
    index = judged.load_kg * per_kg
    return _spread(limit, judged.probability), _spread(index, judged.probability)


def _spread(drawn: FloatArray, probability: float) -> Spread:
    """Return the bounds of a number; infinite ones are null.

    Args:
        drawn: (1 + draws,) as measured, then with errors.
        probability: Share of the errors between the bounds.
    """
    tail = (1 - probability) / 2
    measured, errors = float(drawn[0]), np.sort(drawn[1:])
    low, high = (
        float(errors[rank_of(share, len(errors))]) for share in (tail, 1 - tail)
    )
    return Spread(
        low=_finite(min(low, measured)),
        median=_finite(measured),
        high=_finite(max(high, measured)),
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _level(index: float | None, tables: NioshTables) -> int:
    return tables.level_of(np.inf if index is None else index)


def _lift(judged: _Judged, motion: Motion, k: int) -> Lift:
    move, end = judged.moves[k], judged.decides[k]
    told = bool(judged.ends.told[k, end])
    limit = judged.limit_kg[k, end]
    index = None
    if told and judged.load_kg is not None:
        index = _spread(lifting_index(judged.load_kg, limit), judged.probability)
    return Lift(
        from_s=float(motion.time_s[move.first]),
        to_s=float(motion.time_s[move.last]),
        up=move.up,
        origin=_end(judged, motion, k, 0),
        destination=_end(judged, motion, k, 1),
        decides=_ENDS[end],
        limit_kg=_spread(limit, judged.probability) if told else None,
        lifting_index=index,
    )


def _end(judged: _Judged, motion: Motion, k: int, end: int) -> LiftEnd:
    move, told = judged.moves[k], bool(judged.ends.told[k, end])
    row = move.last if end else move.first

    def spread(drawn: FloatArray) -> Spread | None:
        return _spread(drawn[k, end], judged.probability) if told else None

    hold: Hold = judged.ends.hold
    return LiftEnd(
        time_s=float(motion.time_s[row]),
        frame=int(motion.frame[row]),
        horizontal_cm=spread(hold.horizontal),
        vertical_cm=spread(hold.vertical),
        distance_cm=spread(hold.distance),
        asymmetry_deg=spread(hold.asymmetry_deg),
        multipliers={
            short: float(getattr(judged.factors, name)[k, end, 0])
            for short, name in _NAMES.items()
            if told
        },
        independent_limit_kg=spread(judged.independent_kg),
        limit_kg=spread(judged.limit_kg),
    )


def _notes(
    judged: _Judged,
    facts: Facts,
    moves: Moves,
    *,
    pace: float | None,
    told: tuple[float, float],
) -> tuple[NioshNote, ...]:
    """Return what a reader should know.

    Args:
        judged: The lifts.
        facts: As told or assumed.
        moves: Every way up and down.
        pace: Lifts per minute, if known.
        told: Time in which the hands are told, seconds, and its share.
    """
    observed_s, share = told
    lifts = bool(judged.moves)
    counted = facts.lifts_per_min is None and lifts and pace is not None
    ends = [judged.ends.told[k, end] for k, end in enumerate(judged.decides)]
    holds = {
        NioshNote.NO_LIFTS: not lifts,
        NioshNote.LOAD_NOT_TOLD: lifts and judged.load_kg is None,
        NioshNote.FREQUENCY_COUNTED: counted,
        NioshNote.SHORT_CLIP: counted and observed_s < COUNTING_S,
        NioshNote.PACE_NOT_KNOWN: lifts and pace is None,
        NioshNote.LOWERING_NOT_COUNTED: len(moves.found) > len(judged.moves),
        NioshNote.ENDS_NOT_OBSERVED: not all(ends),
        NioshNote.HANDS_NOT_OBSERVED: share < LOW_OBSERVED,
        NioshNote.HANDS_ARE_ESTIMATED: _in_doubt(judged),
        NioshNote.NO_SUCH_GRIP: facts.coupling is Coupling.UNACCEPTABLE,
        NioshNote.SEATED: facts.seated,
    }
    return tuple(note for note, true in holds.items() if true)


def _in_doubt(judged: _Judged) -> bool:
    """Whether errors change any limit."""
    return bool((judged.limit_kg != judged.limit_kg[..., :1]).any())
