"""What the NIOSH lifting equation says of a clip: part of ``result.json``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A number, and the bounds of where it lies."""

    low: float | None
    """Lower bound; null: beyond every limit (only of a lifting index)."""
    median: float | None
    """At the measured posture, the middle of its errors; null likewise."""
    high: float | None
    """Upper bound; null likewise."""


class LiftEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A lift at its origin or destination."""

    time_s: float
    frame: int
    """Index of the source frame."""
    horizontal_cm: Spread | None
    """H, from the ankles' midpoint to the hands'; null: not observable."""
    vertical_cm: Spread | None
    """V, of the hands above the floor; null likewise."""
    distance_cm: Spread | None
    """D, how far the load is moved up or down; null likewise."""
    asymmetry_deg: Spread | None
    """A, from straight ahead to the hands; null likewise."""
    multipliers: dict[str, float]
    """HM, VM, DM, AM, FM, CM at the measured posture; empty: not observable."""
    independent_limit_kg: Spread | None
    """FIRWL: the limit of rare lifts; null: not observable."""
    limit_kg: Spread | None
    """RWL, if all lifts were like this one; null: not observable."""


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """One lift."""

    from_s: float
    to_s: float
    up: bool
    """False: a load is lowered."""
    origin: LiftEnd
    destination: LiftEnd
    decides: str
    """The end whose limit counts, ``origin`` or ``destination``."""
    limit_kg: Spread | None
    """RWL of that end, if all lifts were like this one; null: not observable."""
    lifting_index: Spread | None
    """LI; null: not observable, or no load was told."""


class NioshNote(StrEnum):
    """What a reader should know; stable, with a sentence in each language."""

    NO_LIFTS = "no_lifts"
    LOAD_NOT_TOLD = "load_not_told"
    FREQUENCY_COUNTED = "frequency_counted"
    SHORT_CLIP = "short_clip"
    PACE_NOT_KNOWN = "pace_not_known"
    LOWERING_NOT_COUNTED = "lowering_not_counted"
    ENDS_NOT_OBSERVED = "ends_not_observed"
    HANDS_NOT_OBSERVED = "hands_not_observed"
    HANDS_ARE_ESTIMATED = "hands_are_estimated"
    NO_SUCH_GRIP = "no_such_grip"
    SEATED = "seated"


NOTE_SENTENCES: Final[Mapping[NioshNote, tuple[str, str]]] = {
    NioshNote.NO_LIFTS: (
        "No lift with both hands was found in the clip.",
        "V záznamu nebylo nalezeno žádné zvedání oběma rukama.",
    ),
    NioshNote.LOAD_NOT_TOLD: (
        "No load was told (load_kg), so there are limits, but no lifting index.",
        (
            "Hmotnost břemene nebyla zadána (load_kg), proto jsou uvedeny jen limity, "
            "nikoli index zvedání."
        ),
    ),
    NioshNote.FREQUENCY_COUNTED: (
        (
            "How often is lifted was counted in the clip; tell lifts_per_min if the "
            "clip does not show the usual pace."
        ),
        (
            "Četnost zvedání byla spočtena ze záznamu; zadejte lifts_per_min, pokud "
            "záznam neukazuje obvyklé tempo."
        ),
    ),
    NioshNote.SHORT_CLIP: (
        "The clip is shorter than the 15 minutes over which NIOSH counts lifts.",
        "Záznam je kratší než 15 minut, za které NIOSH četnost zvedání počítá.",
    ),
    NioshNote.PACE_NOT_KNOWN: (
        (
            "So few lifts in a short clip tell no pace: the limits are those of at "
            "most one lift in five minutes, and lower for more; tell lifts_per_min."
        ),
        (
            "Tak málo zvednutí v krátkém záznamu neříká nic o tempu: limity platí pro "
            "nejvýše jedno za pět minut a při častějším jsou nižší; zadejte "
            "lifts_per_min."
        ),
    ),
    NioshNote.LOWERING_NOT_COUNTED: (
        (
            "Ways down of both hands were seen and not counted: a picture does not "
            "tell lowering a load from reaching down for one."
        ),
        (
            "Pohyby obou rukou dolů se nezapočítaly: ze záznamu nelze rozlišit "
            "pokládání břemene od sahání pro ně."
        ),
    ),
    NioshNote.ENDS_NOT_OBSERVED: (
        (
            "Some lifts begin or end where hands or feet are not seen well enough; "
            "they have no limit and are left out of the composite index."
        ),
        (
            "Některá zvednutí začínají nebo končí tam, kde nejsou dobře vidět ruce "
            "nebo nohy; nemají limit a do souhrnného indexu nevstupují."
        ),
    ),
    NioshNote.HANDS_NOT_OBSERVED: (
        (
            "In more than half of the time the hands are not seen well enough to tell "
            "whether something is lifted."
        ),
        (
            "Více než polovinu času nejsou ruce vidět tak dobře, aby bylo zvedání "
            "rozpoznatelné."
        ),
    ),
    NioshNote.HANDS_ARE_ESTIMATED: (
        (
            "From one camera hands tend to be found too near to the body, and limits "
            "too high: where a limit decides anything, measure H and V on the spot."
        ),
        (
            "Z jedné kamery vycházejí ruce spíše příliš blízko tělu a limity příliš "
            "vysoké: kde na limitu záleží, změřte H a V na místě."
        ),
    ),
    NioshNote.NO_SUCH_GRIP: (
        "NIOSH has no grip worse than poor; an unacceptable one counts as poor.",
        "NIOSH nezná horší úchop než špatný; nepřijatelný se počítá jako špatný.",
    ),
    NioshNote.SEATED: (
        "The equation does not cover lifting while seated.",
        "Rovnice neplatí pro zvedání vsedě.",
    ),
}
"""Note → its sentence in English and in Czech."""


class NioshResult(msgspec.Struct, frozen=True, kw_only=True):
    """The revised NIOSH lifting equation over a clip."""

    source: str
    """Publication."""
    lifts: tuple[Lift, ...]
    """In the order of time."""
    lowered: int
    """How many ways down of both hands were seen and not counted."""
    observed_s: float
    """Time in which the hands are seen well enough to tell."""
    observed_share: float
    """Of the person's time."""
    load_kg: float | None
    """As told; null: not told."""
    coupling: str
    """The equation's word for the grip."""
    lifts_per_min: float | None
    """Null: not told, and the clip does not tell either."""
    frequency_counted: bool
    """Whether the clip was counted, for want of the fact."""
    lifting_h: float
    """Hours of lifting in a shift."""
    control_at_destination: bool
    """Whether the destination counts, too."""
    limit_kg: Spread | None
    """The weight at which the composite lifting index is 1; null: no lift with one."""
    lifting_index: Spread | None
    """The composite lifting index (CLI) of all lifts; null: no load told, or no lift.
    A null within it is beyond every limit."""
    level: int | None
    """0 goal, 1 raised risk for some, 2 for many; null without an index."""
    level_text: str
    """The method's own words for it; empty without an index."""
    level_certain: bool
    """Whether both bounds of the index have this level."""
    notes: tuple[NioshNote, ...]
    """What a reader should know."""
    choices: dict[str, str | float]
    """The choices that the method leaves open, by name of the threshold."""
