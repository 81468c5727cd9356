"""Laws of the words at the end: results, findings, help, errors."""

import re
import signal
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from rich.text import Text

from ergomesh.contract.job import Coupling, JobSettings, LoadPattern, TaskFacts
from ergomesh.contract.people import People, Person
from ergomesh.ergonomics.core import result as truth
from ergomesh.ergonomics.core.facts import Assumption, Origin
from ergomesh.ergonomics.core.seen_people import people_warnings
from ergomesh.local import commands
from ergomesh.local.analyze import Outcome
from ergomesh.local.commands import exit_code, invocation, query_of, welcome
from ergomesh.local.errors import (
    ClipFailed,
    GatewayError,
    Interrupted,
    LocalError,
    StackError,
    UsageFault,
)
from ergomesh.local.findings import Finding, findings_table
from ergomesh.local.orders import ClipOrder
from ergomesh.local.report import clock, outcome_report
from ergomesh.local.stack import Stack
from ergomesh.local.summary import Summary, read_summary
from ergomesh.local.views import make_console
from local.conftest import Cli
from local.local_gateway import RESULT

ORDER = ClipOrder(Path("clip.mp4"), Path("out/clip"), "[b]clip.mp4")


def text_of(summary: Summary | None) -> str:
    """Return what is printed about an outcome."""
    console = Console(width=100, markup=False, emoji=False, force_terminal=False)
    outcome = Outcome(order=ORDER, summary=summary, files=("b.csv", "a.json"))
    with console.capture() as captured:
        for part in outcome_report(outcome):
            console.print(part, soft_wrap=isinstance(part, Text))
    return captured.get()


def side(high: float | None) -> truth.SideResult:
    """Return a side as the ergonomics service writes it."""
    level = truth.LevelShare(
        level=2,
        first_score=3,
        last_score=4,
        risk="",
        share=0.4,
        seconds=4.0,
        certain_share=0.3,
        possible_share=0.9,
        likely_share=0.6,
    )
    return truth.SideResult(
        scored_share=0.8,
        level_certain_share=0.5,
        median=3.0,
        percentile_95=high,
        likely_median=3.0,
        likely_percentile_95=high,
        likely_peak=None,
        peak=None,
        score_shares=(),
        level_shares=(level,),
    )


def test_the_table_reads_what_the_ergonomics_service_writes() -> None:
    """The two sides of result.json agree on every field that is shown."""
    method = truth.MethodResult(source="x", left=side(6.0), right=side(None))
    written = truth.Result(
        clip=truth.ClipFacts(
            sha256="0" * 64,
            size=1,
            container="mp4",
            codec="h264",
            width_px=1,
            height_px=1,
            duration_s=12.0,
            frame_rate_hz=30.0,
            variable_frame_rate=False,
            frames=360,
            analysed_frames=120,
        ),
        quality=truth.Quality(
            coverage=0.5,
            person_s=6.0,
            gap_s=6.0,
            longest_gap_s=6.0,
            landmark_confidence=None,
            gravity_sd_deg=1.0,
            warnings=("Warm.",),
        ),
        methods={"rula": method},
        worst_moments=(
            truth.Moment(
                time_s=3.0,
                frame=9,
                scores={"rula_left": 6},
                low={"rula_left": 5},
                high={"rula_left": 7},
                likely={"rula_left": 6},
                parts={},
            ),
        ),
        best_moment=None,
        episodes=(),
        angles=(),
        assumptions=(
            Assumption(name="seated", value="no", origin=Origin.ASSUMED, sentence="x"),
        ),
        provenance=truth.Provenance(
            ergomesh_version="0",
            landmark_model="x",
            body_model="x",
            thresholds={},
            tables={},
        ),
        timings_s={},
    )
    summary = read_summary(truth.encode_result(written))
    assert summary.clip.analysed_frames == 120
    assert summary.quality.warnings == ("Warm.",)
    (moment,) = summary.worst_moments
    assert moment.scores == {"rula_left": 6}
    assert (moment.low, moment.high) == ({"rula_left": 5}, {"rula_left": 7})
    assert summary.assumptions[0].origin == "assumed"
    assert [name for name, _ in summary.methods["rula"].sides()] == ["left", "right"]
    assert summary.methods["rula"].left is not None
    assert summary.methods["rula"].left.level_certain_share == 0.5
    assert summary.methods["rula"].left.level_shares[0].likely_share == 0.6


def test_a_result_of_another_form_is_an_error_in_words() -> None:
    """A file that is no result is not shown as an empty one."""
    with pytest.raises(GatewayError, match="form that this version does not know"):
        read_summary(b'{"clip": {}}')


def test_names_with_brackets_are_printed_as_they_are() -> None:
    """A file name is never taken for markup."""
    printed = text_of(read_summary(msgspec.json.encode(RESULT)))
    assert printed.startswith("[b]clip.mp4  1:02.5 long")
    assert "files in out/clip: a.json, b.csv, job.json" in printed


def test_a_warning_names_what_is_typed_here() -> None:
    """The warning of a rival, as the service words it, names the option to set."""
    persons = tuple(
        Person(
            number=number,
            from_s=0.5,
            to_s=9.0,
            seen_share=0.8,
            height_share=0.5,
            sightings=(),
        )
        for number in (1, 2)
    )
    (warning,) = people_warnings(People(chosen_by="", persons=persons), asked=False)
    raw = {**RESULT, "quality": {"coverage": 1.0, "warnings": [warning]}}
    printed = text_of(read_summary(msgspec.json.encode(raw)))
    assert "--person X,Y@T" in printed
    assert "setting" not in printed


def test_a_method_without_sides_or_scores_leaves_no_holes() -> None:
    """Nothing scored means no table, and the warnings still come."""
    raw = {**RESULT, "methods": {}, "worst_moments": [], "best_moment": None}
    printed = text_of(read_summary(msgspec.json.encode(raw)))
    assert "moment" not in printed
    assert "time at level" not in printed
    assert "warning: The feet [are] out of view." in printed
    assert text_of(None) == ""


def test_a_time_in_the_clip_rounds_like_a_clock() -> None:
    """Tenths carry into seconds and minutes."""
    assert [clock(t) for t in (0.0, 9.96, 59.94, 59.96, 61.25, 3600.0)] == [
        "0:00.0",
        "0:10.0",
        "0:59.9",
        "1:00.0",
        "1:01.2",
        "60:00.0",
    ]


def test_settings_become_the_query_that_the_gateway_reads() -> None:
    """What was told is sent, in the gateway's words; the rest is left out."""
    facts = TaskFacts(
        load_kg=2.5,
        load_pattern=LoadPattern.SHOCK,
        coupling=Coupling.FAIR,
        arms_supported=False,
    )
    assert query_of(JobSettings(task=facts)) == {
        "preset": "balanced",
        "overlay": "true",
        "load_kg": "2.5",
        "load_pattern": "shock",
        "coupling": "fair",
        "arms_supported": "false",
        "language": "en",
        "faces": "blurred",
    }
    names = set(query_of(JobSettings(task=TaskFacts())))
    assert names == {"preset", "overlay", "language", "faces"}


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([None, None], 0),
        ([None, ClipFailed("no_person", "x")], 1),
        ([GatewayError("x"), ClipFailed("no_person", "x"), None], 3),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_error(
    errors: list[LocalError | None], code: int
) -> None:
    """One failed clip is 1; a gateway that went away is 3."""
    assert exit_code([Outcome(order=ORDER, error=error) for error in errors]) == code


def test_every_kind_of_error_has_its_exit_code() -> None:
    """The codes are public."""
    assert UsageFault("x").exit_code == 2
    assert StackError("x").exit_code == GatewayError("x").exit_code == 3
    assert Interrupted(signal.SIGINT).exit_code == 130
    assert Interrupted(signal.SIGTERM).exit_code == 143
    assert str(ClipFailed("no_person", "Nobody.")) == "Nobody. [no_person]"


def test_every_command_explains_itself_with_an_example(cli: Cli) -> None:
    """Help teaches: options, exit codes, and lines to copy."""
    code, out, _ = cli("--help")
    assert code == 0
    names = [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line]
    assert names == [
        "up", "analyze", "rescore", "shift", "compare", "doctor", "status", "down"
    ]  # fmt: skip
    for name in names:
        code, out, _ = cli(name, "--help")
        assert code == 0
        assert "Exit codes:" in out
        assert ("--data-dir" in out) is (name not in {"shift", "compare"})
    _, out, _ = cli("analyze", "-h")
    facts = {"--load-kg", "--load-pattern", "--coupling", "--arms-supported"}
    choices = {"--preset", "--seated", "--standing", "--no-overlay", "--out", "--url"}
    places = {"--data-dir", "--models-dir", "--pose-workers"}
    assert {o for o in facts | choices | places if o not in out} == set()
    assert "  ergomesh analyze clip.mp4 --out results\n" in out


def test_the_version_is_told(cli: Cli) -> None:
    """``--version`` needs no command."""
    code, out, _ = cli("--version")
    assert code == 0
    assert out.startswith("ergomesh ")


def test_no_help_line_is_cut_or_wrapped_within_an_example(cli: Cli) -> None:
    """Lines to copy stay whole on a terminal of 80 columns."""
    for name in ("up", "analyze", "doctor"):
        _, out, _ = cli(name, "--help")
        examples = out.split("Examples:")[1].split("\n\n")[0].splitlines()
        assert all(line.strip().startswith("ergomesh") for line in examples if line)


def test_the_first_curl_lines_name_the_address() -> None:
    """What ``up`` prints can be copied."""
    url = "http://127.0.0.1:8080"
    said = welcome(url, "nats://127.0.0.1:4222", "bin/ergomesh")
    assert f"'{url}/v1/jobs?name=clip.mp4&preset=fast'" in said
    assert said.count(url) == 6
    assert "  events          nats://127.0.0.1:4222\n" in said
    assert f"documentation at {url}/docs\n" in said
    assert f" bin/ergomesh analyze clip.mp4 --out results --url {url}\n" in said


def test_commands_are_suggested_as_this_one_was_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The name alone if the shell finds it, else the path, else the module."""
    program = tmp_path / "my bin" / "ergomesh"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert invocation(".venv/bin/ergomesh") == ".venv/bin/ergomesh"
    assert invocation(str(program)) == f"'{program}'"
    assert invocation("/x/__main__.py").endswith(" -m ergomesh.local")
    monkeypatch.setenv("PATH", str(program.parent))
    assert invocation(str(program)) == "ergomesh"


def test_nothing_is_said_to_have_ended_that_never_ran(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that fails says why, and nothing about what runs."""

    async def broken(_: Stack) -> None:
        msg = "No start."
        raise StackError(msg)

    monkeypatch.setattr(Stack, "start", broken)
    monkeypatch.setattr("ergomesh.local.stack.find_program", Path)
    code, _, err = cli("up")
    assert (code, err.splitlines()[-1]) == (3, "No start.")
    assert "nothing runs" not in err


def test_help_promises_only_files_that_there_are(cli: Cli) -> None:
    """Every file of a result is named, and no other."""
    _, out, _ = cli("analyze", "--help")
    written = out.split("Writes into")[1].split("Exit codes")[0]
    assert set(re.findall(r"\w+\.\w{3,4}\b", written)) == {
        "result.json", "angles.csv", "scores.csv", "motion.npz", "scene.glb",
        "overlay.mp4", "clip.json", "landmarks.npz", "fit.json", "people.json",
        "report.pdf", "workbook.xlsx", "charts.zip", "job.json",
    }  # fmt: skip
    assert "web page" not in "".join(cli(name, "-h")[1] for name in ("up", "status"))


def test_no_line_is_wrapped_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Paths in tables stay whole where nobody can widen the window."""
    path = "/x" * 300
    make_console().print(findings_table([Finding("one", ok=True, detail=path)]))
    assert path in capsys.readouterr().out


def test_a_fault_of_ours_ends_in_a_sentence_and_a_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Users never see a traceback; developers find it in the log."""

    def broken(*_: object) -> None:
        msg = "inner secret"
        raise RuntimeError(msg)

    monkeypatch.setattr(commands, "down", broken)
    code, _, err = cli("down")
    assert code == 70
    log = tmp_path / "data/logs/ergomesh.log"
    assert "Traceback" not in err
    assert str(log) in err
    assert "RuntimeError: inner secret" in log.read_text()


def test_status_and_down_without_a_stack_say_so(cli: Cli, tmp_path: Path) -> None:
    """Nothing running is an answer, not an error of ``down``."""
    code, out, err = cli("status")
    assert (code, out) == (1, "")
    assert f"nothing runs on {tmp_path / 'data'}" in err
    assert cli("down")[0] == 0


def test_consoles_do_not_interpret_what_they_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Brackets and colons in a name stay what they are."""
    make_console().print("[red]x :smile: 12")
    make_console(stderr=True).print("[link=x]y")
    printed = capsys.readouterr()
    assert printed.out == "[red]x :smile: 12\n"
    assert printed.err == "[link=x]y\n"
