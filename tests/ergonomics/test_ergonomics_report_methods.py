"""The pages of the methods that sort postures say what their results hold."""

import math
from dataclasses import replace
from datetime import date
from functools import cache

import msgspec
import numpy as np
import pytest

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Language, TaskFacts
from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.common import Common
from ergomesh.ergonomics.core.en1005_4 import assess_en1005_4
from ergomesh.ergonomics.core.facts import Facts, resolve_facts
from ergomesh.ergonomics.core.iso11226 import Iso11226Result, assess_iso11226
from ergomesh.ergonomics.core.niosh import assess_niosh
from ergomesh.ergonomics.core.niosh_result import NOTE_SENTENCES, NioshNote, Spread
from ergomesh.ergonomics.core.nv361 import assess_nv361
from ergomesh.ergonomics.core.nv361_result import Nv361Result
from ergomesh.ergonomics.core.owas import assess_owas, owas_series
from ergomesh.ergonomics.core.owas_tables import PARTS, owas_tables
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.shift import Operation, assess_shift
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.report import report_pdf
from ergomesh.ergonomics.documents.report_niosh import index_paint, spread_text
from ergomesh.ergonomics.documents.report_others import (
    VERDICT_LEVELS,
    OtherMethods,
    degrees_range,
)
from ergomesh.ergonomics.documents.report_owas import posture_words
from ergomesh.ergonomics.documents.report_series import ReportSeries, ZoneTrack
from ergomesh.ergonomics.documents.words import words_of
from ergomesh.ergonomics.documents.zone_tracks import (
    en_tracks,
    iso_tracks,
    nv361_tracks,
    owas_tracks,
)
from ergonomics.ergonomics_postures import flexed_arm, motion_of, with_gap, without
from ergonomics.ergonomics_reports import BAD, GOOD, page_texts, report_of

EN, CS = words_of(Language.ENGLISH), words_of(Language.CZECH)
LIMITS = DEFAULT_THRESHOLDS
SHORT = ("owas", "iso11226", "en1005_4", "nv361", "niosh")
WARNING = (
    "The tracked person jumps at 6.9 s, perhaps to somebody else: some scores may be "
    "of another person; cut the clip or film one worker alone."
)


def held_and_moved() -> Motion:
    """Return a body that is held bent for long, then moves an arm, with a gap."""
    arms = [flexed_arm(130.0 * (k % 10) / 9) for k in range(100)]
    motion = motion_of([BAD] * 80 + arms, joint_sd_m=0.01, pose_sd_rad=0.05)
    return with_gap(motion, 120, 130)


def facts_of(**told: object) -> Facts:
    """Return resolved facts."""
    return resolve_facts(TaskFacts(**told))[0]  # type: ignore[arg-type]  # facts by name


@cache
def iso_of(motion_name: str) -> tuple[Motion, Iso11226Result]:
    """Assess one of the motions by ISO 11226."""
    motion = held_and_moved()
    if motion_name == "hidden":
        motion = without(motion, "left_elbow")
    angles = joint_angles(motion)
    return motion, assess_iso11226(motion, angles, facts_of(), LIMITS)


@cache
def full() -> tuple[Result, ReportSeries, Nv361Result]:
    """Assess the motion by every method."""
    motion, facts = held_and_moved(), facts_of(load_kg=12.0)
    angles = joint_angles(motion)
    result, series = report_of(motion, load_kg=12.0)
    nv361 = assess_nv361(motion, angles, facts, LIMITS)
    en = assess_en1005_4(motion, angles, facts, LIMITS)
    result = msgspec.structs.replace(
        result,
        owas=assess_owas(motion, angles, facts, LIMITS),
        iso11226=assess_iso11226(motion, angles, facts, LIMITS),
        en1005_4=en,
        nv361=nv361,
        niosh=assess_niosh(motion, angles, facts, LIMITS),
    )
    common = Common.of(motion, angles, facts, LIMITS)
    tracks = (
        *owas_tracks(owas_series(motion, angles, facts, LIMITS)),
        *iso_tracks(angles, facts, common),
        *en_tracks(angles, en, common),
        *nv361_tracks(angles, facts, common),
    )
    return result, replace(series, zones=tracks), nv361


@pytest.mark.parametrize("language", list(Language))
def test_every_method_has_its_page_and_its_row(language: Language) -> None:
    """Each method has a title, a row on page one, and its source at the end."""
    result, series, nv361 = full()
    shift = assess_shift(
        [
            Operation("Stacking", 300.0, (nv361, nv361)),
            Operation("Walking", 120.0, (nv361, nv361)),
        ],
        480,
    )
    texts = page_texts(report_pdf(result, series, (), language, shift=shift))
    words = words_of(language)
    whole = " ".join(texts).replace("\N{NO-BREAK SPACE}", " ")
    for method in (*SHORT, "shift"):
        assert words(f"{method}.title") in whole
        short = words(f"{method}.short").replace("\N{NO-BREAK SPACE}", " ")
        assert short in texts[0].replace("\N{NO-BREAK SPACE}", " ")
    for source in OtherMethods.of(result, shift).sources:
        assert words_of(language).sentence(source)[:30] in whole
    assert "Stacking" in whole


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("recording", ["lift.mp4", "Xy " * 80])
@pytest.mark.parametrize("text", ["Hall 2", "žluť " * 24, "W" * 120, "装配検査" * 30])
def test_a_full_page_one_keeps_its_page(
    language: Language, recording: str, text: str
) -> None:
    """The taller the head, the fewer the warnings: page two begins with a method."""
    result, series, _ = full()
    quality = msgspec.structs.replace(result.quality, warnings=(WARNING,) * 12)
    about = About(
        recording=recording,
        workplace=text,
        assessed_by=text,
        made_on=date(2026, 11, 28),
    )
    result = msgspec.structs.replace(result, quality=quality)
    second = page_texts(report_pdf(result, series, (), language, about))[1]
    assert words_of(language)("rula.title") in second[:200]


@pytest.mark.parametrize(
    "motion",
    [with_gap(motion_of([GOOD] * 3), 0, 3), motion_of([GOOD])],
    ids=["nobody", "one frame"],
)
def test_pages_of_little_are_still_pages(motion: Motion) -> None:
    """Where nothing could be judged, each page is there and says so."""
    facts, angles = facts_of(), joint_angles(motion)
    result, series = report_of(motion)
    result = msgspec.structs.replace(
        result,
        owas=assess_owas(motion, angles, facts, LIMITS),
        iso11226=assess_iso11226(motion, angles, facts, LIMITS),
        en1005_4=assess_en1005_4(motion, angles, facts, LIMITS),
        nv361=assess_nv361(motion, angles, facts, LIMITS),
        niosh=assess_niosh(motion, angles, facts, LIMITS),
    )
    whole = " ".join(page_texts(report_pdf(result, series, (), Language.CZECH)))
    assert CS("owas.open") in whole
    assert CS("verdict.none") in whole


# ---- words


def test_everything_that_is_judged_has_a_name() -> None:
    """Items, verdicts, parts and codes all have words in both languages."""
    result, series, nv361 = full()
    assert result.iso11226
    assert result.en1005_4
    names = {item.name for item in result.iso11226.items}
    names |= {item.name for item in result.en1005_4.items}
    names |= set(result.iso11226.not_measured)
    bare = {n.removeprefix("left_").removeprefix("right_") for n in names}
    keys = {f"item.{name}" for name in bare}
    keys |= {f"verdict.{verdict}" for verdict in VERDICT_LEVELS}
    keys |= {f"en_part.{part.part}" for part in result.en1005_4.parts}
    keys |= {f"part.nv_{item.part}" for item in nv361.items}
    keys |= {f"part.{track.part}" for track in series.zones}
    keys |= {f"zone.{name}" for track in series.zones for name in track.names}
    assert keys <= EN.texts.keys()


def test_every_posture_of_owas_can_be_said() -> None:
    """Each digit of each part has words, as many as the table has codes."""
    digits = {name: len(owas_tables().words[name]) for name in PARTS}
    for name, count in digits.items():
        for code in range(1, count + 1):
            assert EN(f"owas.{name}.{code}")
            assert CS(f"owas.{name}.{code}")
    last = "".join(str(count) for count in digits.values())
    assert len(posture_words(last, EN).split(", ")) >= len(digits)


def test_every_note_of_niosh_can_be_said() -> None:
    """The report says each note in its language."""
    result, series, _ = full()
    assert result.niosh
    told = msgspec.structs.replace(result.niosh, notes=tuple(NioshNote))
    result = msgspec.structs.replace(result, niosh=told)
    whole = " ".join(page_texts(report_pdf(result, series, (), Language.CZECH)))
    for _, czech in NOTE_SENTENCES.values():
        assert czech[:20] in whole


def test_a_range_of_angles_has_its_ends() -> None:
    """Open ends are below or above; a closed range names the unit once."""
    assert degrees_range(None, 20.0, EN) == "<20°"
    assert degrees_range(60.0, None, EN) == ">60°"
    assert degrees_range(-10.0, 10.0, CS) == "\N{MINUS SIGN}10 až 10°"
    assert "°" not in degrees_range(None, None, EN)


def test_beyond_every_limit_is_the_darkest() -> None:
    """A lifting index without an end is shaded as the worst, and written so."""
    beyond = Spread(low=2.0, median=None, high=None)
    worst = Spread(low=50.0, median=50.0, high=50.0)
    assert index_paint(beyond) == index_paint(worst)
    assert spread_text(beyond, EN) == "∞ (2.0\N{EN DASH}∞)"
    fine = Spread(low=0.4, median=0.5, high=0.6)
    assert index_paint(fine) != index_paint(worst)


# ---- strips against the results


def iso_tracks_of(motion: Motion) -> tuple[ZoneTrack, ...]:
    """Return the strips of ISO 11226."""
    return iso_tracks(joint_angles(motion), facts_of(), common_of(motion))


def common_of(motion: Motion) -> Common:
    """Return what the strips share with the methods."""
    return Common.of(motion, joint_angles(motion), facts_of(), LIMITS)


def seconds_in(track: ZoneTrack, motion: Motion, zone: str) -> float:
    """Return the time a strip shows a zone, each frame its share of a second."""
    spans = np.gradient(motion.time_s)
    return float(spans[track.zone == track.names.index(zone)].sum())


@pytest.mark.parametrize("motion_name", ["seen", "hidden"])
def test_iso_strips_agree_with_the_table(motion_name: str) -> None:
    """A strip shows each verdict as long as the result says it was held."""
    motion, result = iso_of(motion_name)
    items = {item.name: item for item in result.items}
    for track in iso_tracks_of(motion):
        item = items[track.part]
        for verdict in ("acceptable", "holding_time", "not_recommended"):
            held = sum(z.static.seconds for z in item.zones if z.verdict == verdict)
            assert seconds_in(track, motion, verdict) == pytest.approx(held, abs=0.11)
        moving = seconds_in(track, motion, "moving")
        assert moving == pytest.approx(item.moving_s, abs=0.11)


def test_hidden_parts_are_unknown_in_strips() -> None:
    """What was not observed is in no zone of a strip."""
    motion, _ = iso_of("hidden")
    tracks = {t.part: t for t in iso_tracks_of(motion)}
    assert (tracks["left_upper_arm_elevation"].zone == -1).all()
    assert not (tracks["right_upper_arm_elevation"].zone == -1).all()


def test_owas_strips_are_its_bounds() -> None:
    """The strips show the category where determined, and both bounds."""
    motion = held_and_moved()
    series = owas_series(motion, joint_angles(motion), facts_of(), LIMITS)
    value, low, high = owas_tracks(series)
    known = value.zone >= 0
    assert known.any()
    assert (low.zone[known] <= value.zone[known]).all()
    assert (value.zone[known] <= high.zone[known]).all()
    assert (value.zone[~known] == -1).all()


def test_nv_strips_show_as_much_as_the_items_say() -> None:
    """An arm's strip is unacceptable as long as its unacceptable items together."""
    motion = held_and_moved()
    angles = joint_angles(motion)
    found = assess_nv361(motion, angles, facts_of(), LIMITS)
    tracks = {t.part: t for t in nv361_tracks(angles, facts_of(), common_of(motion))}
    for side in SIDES:
        held = [
            item.seconds.likely
            for item in found.items
            if item.part == f"{side}_arm" and item.cls == "N" and item.seconds
        ]
        shown = seconds_in(tracks[f"nv_{side}_arm"], motion, "n")
        assert max(held) - 0.11 <= shown <= sum(held) + 0.11


def test_en_strips_use_the_verdicts_of_the_result() -> None:
    """A strip is not acceptable only where the result has such a zone."""
    motion = held_and_moved()
    angles = joint_angles(motion)
    found = assess_en1005_4(motion, angles, facts_of(), LIMITS)
    verdicts = {i.name: {z.verdict for z in i.zones} for i in found.items}
    for track in en_tracks(angles, found, common_of(motion)):
        shown = {track.names[zone] for zone in np.unique(track.zone) if zone >= 0}
        assert shown <= verdicts[track.part]
        assert math.isfinite(seconds_in(track, motion, "acceptable"))
