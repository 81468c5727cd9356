"""``ergomesh shift`` from the file to the table, and all its mistakes."""

import io
import json
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader
from rich.console import Console
from typer.testing import CliRunner

from ergomesh.contract.job import Language, TaskFacts
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.facts import resolve_facts
from ergomesh.ergonomics.core.nv361 import assess_nv361
from ergomesh.ergonomics.core.nv361_result import Nv361Result
from ergomesh.ergonomics.core.shift import Operation, assess_shift
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergomesh.local.app import app
from ergomesh.local.commands import Screen
from ergomesh.local.errors import UsageFault
from ergomesh.local.shift_command import shift
from ergomesh.local.shift_table import shift_report
from ergonomics.ergonomics_postures import ARMS_DOWN, flexed_arm, motion_of

DAY = date(2026, 5, 3)
PLAN = """
shift_min = 480
[[operation]]
name = "assembly"
minutes = 100
result = ["one", "two.json"]
[[operation]]
name = "packing"
minutes = 50
result = ["two.json", "one/result.json"]
"""


def clip(raised_share: float) -> Nv361Result:
    """Assess a clip with an arm held up for a share of the time."""
    raised = round(200 * raised_share)
    poses = [flexed_arm(80)] * raised + [ARMS_DOWN] * (200 - raised)
    motion = motion_of(poses, rate_hz=10.0)
    facts, _ = resolve_facts(TaskFacts())
    return assess_nv361(motion, joint_angles(motion), facts, DEFAULT_THRESHOLDS)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Write a plan and its results: worker A with 40 % up, worker B with 60 %."""
    (tmp_path / "one").mkdir()
    whole = {"schema_version": "1", "nv361": clip(0.4), "other": [1]}
    (tmp_path / "one" / "result.json").write_bytes(msgspec.json.encode(whole))
    (tmp_path / "two.json").write_bytes(msgspec.json.encode(clip(0.6)))
    path = tmp_path / "operations.toml"
    path.write_text(PLAN)
    return path


def run(*arguments: str | Path) -> str:
    """Run the command; return what it prints."""
    result = CliRunner().invoke(
        app, ["shift", *map(str, arguments)], env={"COLUMNS": "160"}
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_table_has_the_minutes_of_both_workers(plan: Path) -> None:
    """Shares times minutes per worker, their mean, the limit and the category."""
    lines = [line for line in run(plan).splitlines() if line.startswith("Left arm")]
    (row,) = (line for line in lines if "more than 60°" in line and "static" in line)
    # A: 0.4 · 100 + 0.6 · 50 = 70; B: 0.6 · 100 + 0.4 · 50 = 80.
    assert row.split()[-6:] == ["70", "80", "75", "N", "30", "3"]


def test_json_is_the_whole_assessment(plan: Path, tmp_path: Path) -> None:
    """``--json`` prints what ``--out`` writes, and it reads back."""
    out = tmp_path / "new" / "report"
    printed = run(plan, "--json", "--out", out)
    assert json.loads(printed) == json.loads((out / "shift.json").read_text())
    result = msgspec.json.decode(printed, type=ShiftResult)
    assert result.category == 3
    exported = json.loads((out / "pp_results.json").read_text(encoding="utf-8"))
    assert exported["lhk"]["2"]["prumer_min"] == 75


def test_the_table_speaks_czech(plan: Path) -> None:
    """``--language cs`` names postures as the laboratory's form does."""
    said = run(plan, "--language", "cs")
    assert "Vzpažení paže větší než 60°" in said
    assert "Kategorie práce: 3" in said


def test_the_category_of_the_job_comes_first(plan: Path) -> None:
    """What the shift amounts to is the first line, before any posture."""
    assert run(plan).splitlines()[0].startswith("Category of the job: 3")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("category of work", "Upper arm raised by more than 60°", "240")),
        ("cs", ("kategorie práce", "Vzpažení paže větší než 60°", "240")),
    ],
)
def test_the_page_holds_operations_and_category(
    plan: Path, tmp_path: Path, language: str, said: tuple[str, ...]
) -> None:
    """shift.pdf is A4 and says what a laboratory hands over, in both languages."""
    out = tmp_path / "report"
    run(plan, "--out", out, "--language", language)
    reader = PdfReader(io.BytesIO((out / "shift.pdf").read_bytes()))
    assert [round(float(x)) for x in reader.pages[0].mediabox[2:]] == [595, 842]
    text = " ".join(" ".join(p.extract_text() for p in reader.pages).split())
    assert all(words in text for words in (*said, "assembly", "packing"))
    result = msgspec.json.decode((out / "shift.json").read_bytes(), type=ShiftResult)
    number = text.index(said[0])
    assert str(result.category) in text[:number]


def test_the_page_says_day_workplace_and_assessor(plan: Path, tmp_path: Path) -> None:
    """shift.pdf says the day it is told and what the file says; nothing else does."""
    told = 'workplace = "Žďár, hala 2"\nassessed_by = "J. Nový"\n'
    made = {}
    for name, text in (("told", told + PLAN), ("untold", PLAN)):
        plan.write_text(text, encoding="utf-8")
        out = tmp_path / name
        screen = Screen(Console(quiet=True), Console(quiet=True))
        shift(plan, screen, out=out, as_json=False, language="cs", today=DAY)
        made[name] = {path.name: path.read_bytes() for path in out.iterdir()}
    pages = PdfReader(io.BytesIO(made["told"].pop("shift.pdf"))).pages
    first, *_, last = (" ".join(page.extract_text().split()) for page in pages)
    for said in ("Žďár, hala 2", "J. Nový", "3. května 2026"):
        assert said in first.replace("\N{NO-BREAK SPACE}", " ")
    assert "J. Nový" in last.rpartition("Podpisy")[2]
    made["untold"].pop("shift.pdf")
    assert made["told"] == made["untold"]


def test_the_command_knows_what_day_it_is(plan: Path, tmp_path: Path) -> None:
    """The day in shift.pdf is that of the machine's clock."""
    before = datetime.now().astimezone().year
    run(plan, "--out", tmp_path / "report")
    after = datetime.now().astimezone().year
    page = PdfReader(tmp_path / "report" / "shift.pdf").pages[0].extract_text()
    assert "Date of assessment" in page
    assert any(str(year) in page for year in (before, after))


def doubtful(count: int) -> ShiftResult:
    """Return a shift with postures in doubt."""
    result = assess_shift([Operation("work", 480, (clip(0.5),))], 480)
    doubts = tuple(f"posture {k} in doubt" for k in range(count))
    return msgspec.structs.replace(result, doubts_en=doubts, warnings_en=())


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (1, 1), (5, 5), (6, 1)])
def test_doubts_are_spelled_out_while_they_are_few(count: int, lines: int) -> None:
    """Up to five doubts get a line each; more are counted, for the table has them."""
    parts = [str(part) for part in shift_report(doubtful(count), Language.ENGLISH)]
    found = [text for text in parts if text.startswith("! ")]
    assert len(found) == lines
    if count > lines:
        assert f"minutes of {count} postures" in found[0]


def test_all_mistakes_of_plan_and_results_come_at_once(
    plan: Path, tmp_path: Path
) -> None:
    """Wrong fields, missing, foreign and broken results each get a line."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "old.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    other = msgspec.structs.replace(clip(0.1), sha256="0" * 64)
    (tmp_path / "other.json").write_bytes(msgspec.json.encode(other))
    wrong = 'workplace = "a\\tb"\nassessed_by = 7'
    names = ["nowhere", "empty", "old.json", "broken.json", "other.json"]
    entries = [
        f'[[operation]]\nname = "{name}"\nminutes = 10\nresult = "{name}"'
        for name in names
    ]
    plan.write_text("\n".join(["shift_min = 480", "speed = 3", wrong, *entries]))
    with pytest.raises(UsageFault) as caught:
        run(plan)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3 + len(names)
    expected = ["speed", "workplace must be one line", "assessed_by must be one line"]
    expected += ["no file or folder", "has no nv361.json or result.json"]
    expected += ["no assessment by NV 361/2007", "is not a result", "another table"]
    for line, words in zip(lines, expected, strict=True):
        assert words in line
        assert line.startswith(str(plan))
    assert all("result" in line for line in lines[3:])


SHIFT = '[[operation]]\nname = "x"\nresult = "two.json"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"shift_min = 480\n{SHIFT}minutes = 600", "the operation lasts 600 min,"),
        (f'shift_min = 480\n{SHIFT}minutes = "ten"', 'above 0, not "ten".'),
        (f"shift_min = 480\n{SHIFT}minutes = true", "above 0, not true."),
        (f"shift_min = 480\n{SHIFT}minutes = nan", "above 0, not nan."),
        (f"shift_min = -5\n{SHIFT}minutes = 1", "from 1 to 1440, not -5."),
        (f'shift_min = "ten"\n{SHIFT}minutes = 1', 'from 1 to 1440, not "ten".'),
        (f"shift_min = 0x{'f' * 5000}\n{SHIFT}minutes = 1", "not one so long."),
    ],
)
def test_a_wrong_time_is_repeated_as_it_was_typed(
    plan: Path, text: str, said: str
) -> None:
    """A sentence tells both bounds, and a value as other sentences do."""
    plan.write_text(text)
    with pytest.raises(UsageFault) as caught:
        run(plan)
    (line,) = caught.value.lines
    assert said in line


@pytest.mark.parametrize(
    ("body", "words"),
    [(None, "cannot be read"), (b"\xff\xfe", "not a text file"), (b"=", "valid TOML")],
)
def test_a_file_that_is_none_is_said_so(
    tmp_path: Path, body: bytes | None, words: str
) -> None:
    """A missing file, one that is no text and one that is no TOML get a sentence."""
    path = tmp_path / "operations.toml"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(UsageFault, match=words) as caught:
        run(path)
    assert str(path) in str(caught.value)


def test_an_output_folder_that_takes_no_files_is_said_so(
    plan: Path, tmp_path: Path
) -> None:
    """A folder that cannot be made is a mistake of ``--out``."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageFault, match="--out: the folder"):
        run(plan, "--out", tmp_path / "file" / "deeper")
