"""Page one: what a manager needs."""

from typing import Final

from ergomesh.ergonomics.core.result import SideResult
from ergomesh.ergonomics.core.tables import Method
from ergomesh.ergonomics.documents.about import head_lines
from ergomesh.ergonomics.documents.blocks import (
    Beside,
    Block,
    Bullets,
    Cell,
    Facts,
    KeyNumber,
    KeyNumbers,
    Lead,
    Section,
    Stack,
    Subtitle,
    Text,
)
from ergomesh.ergonomics.documents.body_map import PARTS, mean_load
from ergomesh.ergonomics.documents.charts_shares import level_bars
from ergomesh.ergonomics.documents.pictures import placed
from ergomesh.ergonomics.documents.report_other_rows import (
    other_rows,
    summary_table,
)
from ergomesh.ergonomics.documents.report_parts import (
    Matter,
    highest_of,
    peak_cell,
    soon_share,
)
from ergomesh.ergonomics.documents.words import NO_VALUE

SOON: Final = 3
"""Action level from which both methods ask for a change soon."""
SURE: Final = 0.8
"""Share of time with a certain level from which figures stand alone: our choice."""
PARTLY: Final = 0.3
"""Share below which only ranges are a finding: our choice."""
_WARNINGS: Final = 3
"""So many are on page one, below a head of a line or two."""
_PICTURE_MM: Final = 40.0

_Scored = tuple[Method, str, SideResult]


def summary_section(matter: Matter) -> Section:
    """Write page one."""
    words = matter.words
    return Section(
        title=words("summary.title"),
        new_page=False,
        blocks=(
            Lead(sentences=findings(matter)),
            _key_numbers(matter),
            Beside(
                stacks=(
                    Stack(
                        width=0.52,
                        blocks=(Subtitle(text=words("summary.what")), _what(matter)),
                    ),
                    Stack(width=0.48, blocks=(_picture(matter),)),
                )
            ),
            Subtitle(text=words("summary.levels")),
            *_levels(matter),
            Subtitle(text=words("summary.sure")),
            _warnings(matter),
        ),
    )


def _picture(matter: Matter) -> Block:
    words, moments = matter.words, matter.result.worst_moments
    if not moments:
        return placed({}, "", words("summary.picture"), _PICTURE_MM)
    stem, time = f"clip-{moments[0].frame}", words.clock(moments[0].time_s)
    found = placed(
        matter.files, stem, words("summary.picture_caption", time=time), _PICTURE_MM
    )
    return (
        found if found.file else placed({}, "", words("summary.picture"), _PICTURE_MM)
    )


# ---- three plain sentences


def findings(matter: Matter) -> tuple[str, str, str]:
    """Return what was found, for how long and where, and how sure it is."""
    words = matter.words
    if not any(side.likely_peak for _, _, side in matter.scored):
        return (
            words("finding.nobody"),
            words("finding.nobody_time"),
            words("finding.nobody_sure"),
        )
    return _worst(matter), _soon(matter), _sure(matter)


def worst_side(matter: Matter) -> _Scored:
    """Return the method and side with the highest level, then the longest time."""
    return max(matter.scored, key=_badness)


def _badness(scored: _Scored) -> tuple[int, float, float]:
    method, _, side = scored
    peak = side.likely_peak
    if peak is None:
        return -1, 0.0, 0.0
    return peak.level, soon_share(side, SOON), peak.score / highest_of(method)


def _worst(matter: Matter) -> str:
    words = matter.words
    method, side, found = worst_side(matter)
    peak = found.likely_peak
    if peak is None:
        return words("finding.nobody")
    sure = peak.low == peak.high == peak.score
    return words(
        "finding.worst" if sure else "finding.worst_range",
        method=method.upper(),
        side=words(f"side.{side}"),
        score=peak.score,
        low=peak.low,
        high=peak.high,
        highest=highest_of(method),
        time=words.clock(peak.time_s),
        asks=words(f"{method}.asks.{peak.level}"),
    )


def _soon(matter: Matter) -> str:
    words = matter.words
    method, side, found = max(matter.scored, key=lambda s: soon_share(s[2], SOON))
    share = soon_share(found, SOON)
    part = loaded_part(matter)
    if share == 0:
        return words("finding.calm", part=part)
    return words(
        "finding.soon",
        share=words.percent(share),
        seconds=words.seconds(share * matter.result.quality.person_s),
        method=method.upper(),
        side=words(f"side.{side}"),
        part=part,
    )


def loaded_part(matter: Matter) -> str:
    """Return the name of the part with the highest mean load."""
    words = matter.words
    loads = {part: mean_load(matter.series, part) for part in PARTS}
    known = {part: load for part, load in loads.items() if load is not None}
    if not known:
        return words("finding.part_unknown")
    worst = max(known, key=lambda part: known[part])
    side, _, bare = worst.partition("_")
    if side not in {"left", "right"}:
        return words(f"part.{worst}").lower()
    return words(
        "finding.part_side",
        part=words(f"part.{bare}").lower(),
        side=words(f"side.{side}"),
    )


def _sure(matter: Matter) -> str:
    words = matter.words
    shares = [side.level_certain_share for _, _, side in matter.scored]
    said = words.share_range(min(shares), max(shares))
    if max(shares) == 0:
        return words("finding.never")
    kind = (
        "sure"
        if min(shares) >= SURE
        else "partly"
        if max(shares) >= PARTLY
        else "unsure"
    )
    return words(f"finding.{kind}", share=said)


# ---- numbers


def _key_numbers(matter: Matter) -> KeyNumbers:
    words, quality = matter.words, matter.result.quality
    sides = [side for _, _, side in matter.scored]
    certain = [side.level_certain_share for side in sides]
    soon = max((soon_share(side, SOON) for side in sides), default=0.0)
    values = {
        "person": words.seconds(quality.person_s),
        "coverage": words.percent(quality.coverage),
        "soon": words.percent(soon),
        "certain": words.share_range(min(certain, default=0), max(certain, default=0)),
    }
    return KeyNumbers(
        items=tuple(
            KeyNumber(value=value, label=words(f"summary.numbers_{name}"))
            for name, value in values.items()
        )
    )


def _what(matter: Matter) -> Facts:
    words, result = matter.words, matter.result
    clip = result.clip
    chosen = result.people.chosen_by if result.people else ""
    rows = (
        ("clip_length", words.seconds(clip.duration_s)),
        (
            "clip_picture",
            words(
                "summary.clip_form",
                width=clip.width_px,
                height=clip.height_px,
                rate=words.number(clip.frame_rate_hz, 0),
            ),
        ),
        (
            "analysed",
            words(
                "summary.analysed_of", analysed=clip.analysed_frames, frames=clip.frames
            ),
        ),
        ("worker", words.sentence(chosen)),
        ("methods", _method_names(matter)),
        (
            "vertical",
            words(
                "summary.vertical_known",
                sd=words.number(result.quality.gravity_sd_deg, 1),
            ),
        ),
    )
    return Facts(
        rows=tuple((words(f"summary.{name}"), text) for name, text in rows if text)
    )


def _method_names(matter: Matter) -> str:
    scored = (method.upper() for method in matter.result.methods)
    others = (matter.words(f"{name}.short") for name in matter.others.used)
    return ", ".join((*scored, *others))


def _levels(matter: Matter) -> tuple[Block, ...]:
    words, methods = matter.words, matter.result.methods
    scored = dict.fromkeys(method for method, _, _ in matter.scored)
    rows = (
        *(_level_row(method, matter) for method in scored),
        *other_rows(matter.others, words),
    )
    bars = (
        (level_bars(methods, words, title=words("scores.levels_title")),)
        if methods
        else ()
    )
    note = Text(text=words("summary.likely_note"), small=True)
    return (summary_table(rows, words), note, *bars)


def _level_row(method: Method, matter: Matter) -> tuple[Cell, ...]:
    words, found = matter.words, matter.result.methods[method]
    peaks = [found.left.likely_peak, found.right.likely_peak]
    worst = max((peak.level for peak in peaks if peak), default=None)
    meaning = "" if worst is None else words(f"{method}.action.{worst}")
    return (
        Cell(text=method.upper(), strong=True),
        Cell(text=NO_VALUE),
        *(peak_cell(method, peak, words) for peak in peaks),
        Cell(text=meaning),
    )


def _warnings(matter: Matter) -> Bullets:
    words, warnings = matter.words, matter.result.quality.warnings
    if not warnings:
        return Bullets(items=(words("summary.no_warning"),))
    count = max(1, _WARNINGS - (head_lines(matter.about) - 1) // 2)
    shown = [words.sentence(warning) for warning in warnings[:count]]
    more = len(warnings) - count
    rest = [words("summary.more_warnings", count=more)] if more > 0 else []
    return Bullets(items=(*shown, *rest))
