"""``report.pdf``: complete, in both languages, and honest about what is missing."""

import re
import time
from dataclasses import replace
from io import BytesIO

import msgspec
import numpy as np
import pytest
from pypdf import PdfReader

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import Language
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.series import MethodScores
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.documents.names import shortened
from ergomesh.ergonomics.documents.pictures import (
    MomentPicture,
    NoPictureError,
    picture_file,
    png_of,
)
from ergomesh.ergonomics.documents.report import report_pdf
from ergomesh.ergonomics.documents.report_parts import Matter
from ergomesh.ergonomics.documents.report_series import ReportSeries
from ergomesh.ergonomics.documents.report_summary import findings, loaded_part
from ergomesh.ergonomics.documents.words import words_of
from ergonomics.ergonomics_postures import (
    bent_elbow,
    changed,
    mirror_motion,
    motion_of,
    with_gap,
)
from ergonomics.ergonomics_reports import (
    BAD,
    GOOD,
    mixed_motion,
    page_texts,
    report_of,
)

LANGUAGES = list(Language)


def matter_of(
    result: Result, series: ReportSeries, language: Language = Language.ENGLISH
) -> Matter:
    """Return what the sections are written from."""
    return Matter(
        result=result,
        series=series,
        pictures=(),
        about=About(),
        words=words_of(language),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_is_the_summary(language: Language) -> None:
    """Page one has the three findings, every method and side, and how sure it is."""
    result, series = report_of(mixed_motion())
    first = page_texts(report_pdf(result, series, (), language))[0]
    words = words_of(language)
    for sentence in findings(matter_of(result, series, language)):
        assert sentence.replace("\N{NO-BREAK SPACE}", " ") in first.replace(
            "\N{NO-BREAK SPACE}", " "
        )
    for key in ("summary.title", "summary.levels", "summary.sure"):
        assert words(key) in first
    assert "RULA" in first
    assert "REBA" in first


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_is_there(language: Language) -> None:
    """Methods, body, moments, quality, assumptions, choices, versions, references."""
    result, series = report_of(mixed_motion())
    text = " ".join(page_texts(report_pdf(result, series, (), language)))
    words = words_of(language)
    for key in (
        *("rula.title", "reba.title", "body.title", "moments.title", "quality.title"),
        *("record.assumptions", "record.thresholds", "record.provenance"),
        "record.references",
    ):
        assert words(key) in text
    choices = result.provenance.thresholds.keys() - {"version"}
    assert all(name in text for name in choices)
    assert all(found.source[:40] in text for found in result.methods.values())
    assert result.provenance.tables["rula"].sha256 in text.replace(" ", "")


def test_czech_numbers_have_commas() -> None:
    """No number of the Czech report has a decimal point, but in names and versions."""
    result, series = report_of(mixed_motion())
    text = " ".join(page_texts(report_pdf(result, series, (), Language.CZECH)))
    for allowed in ("1.2.3", *(found.source for found in result.methods.values())):
        text = text.replace(allowed, "")
    assert not re.findall(r"(?<![\d./-])\d+\.\d+(?![\d./-])", text)


def test_same_input_gives_the_same_bytes() -> None:
    """The report knows no clock and no chance."""
    made = report_of(mixed_motion(12))
    assert report_pdf(*made) == report_pdf(*made)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "motion",
    [
        with_gap(motion_of([GOOD] * 3), 0, 3),
        motion_of([GOOD]),
        with_gap(mixed_motion(), 10, 30),
        changed(mixed_motion(6), joint_observed=np.zeros((6, 55), dtype=bool)),
    ],
    ids=["nobody", "one frame", "gap", "nothing observed"],
)
def test_a_report_of_little_is_still_a_report(
    motion: Motion, language: Language
) -> None:
    """Nobody, one frame, a gap, nothing observed: a report that says so."""
    result, series = report_of(motion)
    texts = page_texts(report_pdf(result, series, (), language))
    assert words_of(language)("summary.title") in texts[0]
    assert "nan" not in " ".join(texts).lower().split()


@pytest.mark.parametrize("name", ["x" * 300, "a b " * 80, '#$*_<\\"' * 40])
def test_a_long_name_stays_on_its_page(name: str) -> None:
    """Page one has all of a clip's name; heads of pages have its ends on one line."""
    made = report_pdf(*report_of(mixed_motion(6)), about=About(recording=name))
    first, second, *_ = PdfReader(BytesIO(made)).pages
    text = first.extract_text()
    assert max(map(len, text.split())) < 150
    assert "".join(name.split()) in "".join(text.split())
    assert shortened(name) in second.extract_text()


def test_nobody_is_said_first() -> None:
    """Without a person, page one says that nothing follows for the work."""
    result, series = report_of(with_gap(motion_of([GOOD] * 3), 0, 3))
    said = findings(matter_of(result, series))
    assert said[0] == words_of(Language.ENGLISH)("finding.nobody")


@pytest.mark.parametrize("method", ["rula", "reba"])
def test_one_method_makes_one_page(method: str) -> None:
    """A result of one method mentions no score of the other."""
    result, series = report_of(mixed_motion(12))
    other = {"rula": "reba", "reba": "rula"}[method]
    result = msgspec.structs.replace(
        result,
        methods={method: result.methods[method]},
        worst_moments=(),
        episodes=(),
    )
    series = replace(
        series, methods={m: s for m, s in series.methods.items() if m == method}
    )
    text = " ".join(page_texts(report_pdf(result, series)))
    words = words_of(Language.ENGLISH)
    assert words(f"{method}.title") in text
    assert words(f"{other}.title") not in text


def test_findings_name_the_worse_side() -> None:
    """The mirrored worker's report says right where the worker's says left."""
    motion = motion_of([BAD] * 3)
    said = findings(matter_of(*report_of(motion)))
    mirrored = findings(matter_of(*report_of(mirror_motion(motion))))
    swapped = said[0].replace("left", "?").replace("right", "left")
    assert mirrored[0] == swapped.replace("?", "right")


def test_a_calm_clip_is_called_calm() -> None:
    """Where nothing asks for a change soon, the second sentence says that."""
    result, series = report_of(motion_of([bent_elbow(80)] * 5))
    matter = matter_of(result, series)
    assert findings(matter)[1] == matter.words("finding.calm", part=loaded_part(matter))


def test_doubt_is_in_the_third_sentence() -> None:
    """A sure body gets a plain sentence, an unsure one a caution."""
    sure, series = report_of(
        motion_of([GOOD] * 5, joint_sd_m=1e-6, pose_sd_rad=4e-6),
        static_or_repeated=False,
    )
    unsure, _ = report_of(motion_of([GOOD] * 5, joint_sd_m=0.1, pose_sd_rad=0.5))
    assert "as they stand" in findings(matter_of(sure, series))[2]
    assert "take the ranges" in findings(matter_of(unsure, series))[2]


# ---- pictures


def test_pictures_are_beside_their_moment() -> None:
    """Arrays and encoded pictures are embedded: two per moment, one on page one."""
    result, series = report_of(mixed_motion())
    grey = np.full((90, 160, 3), 128, np.uint8)
    pictures = [
        MomentPicture(frame=moment.frame, clip=grey + k, body=png_of(grey - k - 1))
        for k, moment in enumerate(result.worst_moments)
    ]
    without = report_pdf(result, series)
    made = report_pdf(result, series, pictures)
    assert images(made) >= 2 * len(pictures) + 1
    assert images(without) == 0
    first = page_texts(made)[0]
    assert words_of(Language.ENGLISH)("summary.picture") not in first


def images(pdf: bytes) -> int:
    """Return how many pictures are drawn, page by page."""
    reader = PdfReader(BytesIO(pdf))
    return sum(len(page.images) for page in reader.pages)


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_pictures_keep_their_shape(ending: str) -> None:
    """The size of an encoded picture is read from its own header."""
    cv2 = pytest.importorskip("cv2")
    tall = np.random.default_rng(2).integers(0, 256, (70, 30, 3), dtype=np.uint8)
    raw = cv2.imencode(ending, tall)[1].tobytes()
    assert b'width="30" height="70"' in picture_file(raw)


def test_png_keeps_every_pixel() -> None:
    """Reading a written PNG gives the array back."""
    cv2 = pytest.importorskip("cv2")
    rgb = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    read = cv2.imdecode(np.frombuffer(png_of(rgb), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(read[..., ::-1], rgb)


def test_what_is_no_picture_is_refused() -> None:
    """Foreign bytes and flat arrays are an error that says so."""
    with pytest.raises(NoPictureError, match="neither PNG"):
        picture_file(b"plain words")
    with pytest.raises(NoPictureError, match="cut short"):
        picture_file(png_of(np.zeros((4, 4, 3), np.uint8))[:12])
    with pytest.raises(NoPictureError, match="cut short"):
        picture_file(b"\xff\xd8\xff\xe0\x00\x10")
    with pytest.raises(NoPictureError, match="must be"):
        png_of(np.zeros((4, 4), np.uint8))


# ---- size and speed


def test_five_minutes_take_less_than_five_seconds() -> None:
    """The report of 4500 frames is made within the issue's 5 s."""
    result, series = report_of(mixed_motion(450))
    long = replace(
        series,
        time_s=np.arange(4500) / 15,
        duration_s=300.0,
        present=np.tile(series.present, 10),
        methods={m: tenfold(found) for m, found in series.methods.items()},
    )
    started_s = time.perf_counter()
    report_pdf(result, long)
    assert time.perf_counter() - started_s < 5


def tenfold(found: MethodScores) -> MethodScores:
    """Repeat a method's scores ten times."""
    sides = {
        side: replace(s, **{f: np.tile(getattr(s, f), 10) for f in s.__slots__})
        for side, s in found.sides.items()
    }
    parts = {k: np.tile(v, 10) for k, v in found.parts.items()}
    return replace(found, sides=sides, parts=parts)
