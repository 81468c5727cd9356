"""What docs/benchmarks.md says of what is recognised in pictures (pure)."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from bench.accuracy import recognised_compare as compare
from bench.accuracy.recognised_compare import Beside, Range, Tally
from bench.accuracy.report import percent, table
from ergomesh.ergonomics.core.owas_codes import CATEGORIES

MARK: Final = "<!-- recognition_bench -->"

Clips = Sequence[Beside]
Cells = tuple[str, ...]

_HOW: Final = """\
`make bench-recognition` fits the kept landmarks of {clips} rendered clips again and \
assesses fit and exact motion with the same code, with nothing told but a pace of one \
lift a minute; {kept_out} clips are kept out: of motions or cameras that nothing was \
tuned on. {shelf}

An answer is *settled* where the assessment gives one; where it may be either, it \
stays open. Bounds are right where they hold the exact category. Counted are frames in \
which the person is found, {seen} of all. Who sits is known from the motion's script; \
on the exact motions the rule settles {settled} of the frames, {right} of them \
rightly."""

_STALE: Final = (
    "The landmarks of {stale} are of older pose code than today's; the fit and the "
    "assessment are today's."
)
_CURRENT: Final = "All landmarks are of today's pose code."
_LIFTS: Final = (
    "A lift is found where one overlaps it in time. Errors are found minus exact, at "
    "the origin: median (least … most)."
)


def section(clips: Clips, *, stale: int) -> str:
    """Return the text between the marks.

    Args:
        clips: Every clip.
        stale: Of how many of them the landmarks are of older pose code.
    """
    return "\n\n".join(
        (
            _how(clips, stale),
            _frame_table(clips),
            _LIFTS,
            _lift_table(clips),
            _motion_table(clips),
            _no_lifts(clips),
        )
    )


def _how(clips: Clips, stale: int) -> str:
    rule = compare.sitting(clips, seated=True, exact=True)
    rule += compare.sitting(clips, seated=False, exact=True)
    return _HOW.format(
        clips=len(clips),
        kept_out=len(_parts(clips)["kept out"]),
        shelf=_STALE.format(stale=_of(stale, len(clips))) if stale else _CURRENT,
        seen=_percent(compare.seen_share(clips)),
        settled=_percent(rule.settled_share),
        right=_percent(rule.right_share),
    )


def _of(some: int, every: int) -> str:
    return "all" if some == every else f"{some} of {every} clips"


def _parts(clips: Clips) -> dict[str, Clips]:
    return {"kept out": [clip for clip in clips if clip.kept_out], "all": clips}


_QUESTIONS: Final[Mapping[str, Callable[[Clips], Tally]]] = {
    "sitting, of seated work": partial(compare.sitting, seated=True),
    "sitting, of other work": partial(compare.sitting, seated=False),
    **{
        f"OWAS {name}": partial(compare.answers, name=name)
        for name in (*compare.CODES, compare.CATEGORY)
    },
    "OWAS category, bounds of any width": partial(compare.bounds, widest=CATEGORIES),
    "bounds that leave some category out": partial(
        compare.bounds, widest=CATEGORIES - 1
    ),
    "bounds of one category": partial(compare.bounds, widest=1),
}
"""What is asked of every frame → how it is counted."""


def _frame_table(clips: Clips) -> str:
    parts = _parts(clips)
    head = ("frames", "settled", "right where settled")
    rows = [
        (name, *(cell for part in parts.values() for cell in _tally_cells(ask(part))))
        for name, ask in _QUESTIONS.items()
    ]
    return table(
        ("recognised", *(f"{part}: {name}" for part in parts for name in head)), rows
    )


def _tally_cells(tally: Tally) -> Cells:
    shares = (tally.settled_share, tally.right_share)
    return (str(tally.frames), *(_percent(share) for share in shares))


def _percent(share: float) -> str:
    """Write a share in percent; no 100 % where something is amiss."""
    return "> 99%" if share < 1 and percent(share) == "100%" else percent(share)


def _lift_table(clips: Clips) -> str:
    parts = _parts(clips)
    columns = [_lift_cells(part) for part in parts.values()]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    return table(("lifts", *parts), rows)


def _lift_cells(clips: Clips) -> dict[str, str]:
    lifted = compare.lifts(clips)
    where = compare.extra_clips(clips)
    ratios = compare.limit_ratios(lifted)
    return {
        "exact lifts": str(lifted.exact),
        "found": str(len(lifted.pairs)),
        "missed": str(len(lifted.missed)),
        "found, but no lift": f"{len(lifted.extra)}{_named(where)}",
        "H, error, cm": _range(compare.errors(lifted, "H"), 0),
        "V, error, cm": _range(compare.errors(lifted, "V"), 0),
        "D, error, cm": _range(compare.errors(lifted, "D"), 0),
        "A, error, °": _range(compare.errors(lifted, "A"), 0),
        "recommended weight limit, found / exact": _range(ratios, 2),
        "exact limit within the found bounds": _share(
            compare.limits_held(lifted), ratios.count
        ),
    }


def _named(where: Mapping[str, int]) -> str:
    named = ", ".join(f"{_plain(name)} ({count})" for name, count in where.items())
    return f"; clips: {named}" if named else ""


def _range(found: Range, digits: int) -> str:
    if not found.count:
        return ""
    middle, low, high = (
        f"{value:.{digits}f}" for value in (found.median, found.low, found.high)
    )
    return f"{middle} ({low} … {high})"


def _share(share: float, count: int) -> str:
    return f"{_percent(share)} of {count}" if count else ""


def _motion_table(clips: Clips) -> str:
    rows = [
        (_plain(name), *_motion_cells(members))
        for name, members in compare.by_motion(clips).items()
        if _lifts_at_all(members)
    ]
    head = ("motion, all its clips", "clips", "exact lifts", "found", "missed", "extra")
    return table(head, rows)


def _motion_cells(clips: Clips) -> Cells:
    lifted = compare.lifts(clips)
    counts = (lifted.pairs, lifted.missed, lifted.extra)
    return (str(len(clips)), str(lifted.exact), *(str(len(some)) for some in counts))


def _lifts_at_all(clips: Clips) -> bool:
    return any(clip.found.lifts or clip.exact.lifts for clip in clips)


def _no_lifts(clips: Clips) -> str:
    none = [
        _plain(name)
        for name, members in compare.by_motion(clips).items()
        if not _lifts_at_all(members)
    ]
    return f"No lift, and none found: {', '.join(none) or 'nowhere'}."


def _plain(motion: str) -> str:
    return motion.replace("_", " ")
