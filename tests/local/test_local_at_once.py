"""Laws of wrong options: all of them are told at once, whatever the command."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import WorkerFacts
from ergomesh.contract.mistakes import find_mistakes
from ergomesh.local import options
from ergomesh.local.asked import KIND_OF, SHORT, option_name, read_option
from ergomesh.local.at_once import all_of
from ergomesh.local.errors import LocalCode, UsageFault
from ergomesh.local.option_values import read_whole
from local.conftest import Cli

AGAIN: Final = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NOTHING: Final = "/dev/null/none"
"""No file, no folder, and none can be made there."""
WORD: Final = st.sampled_from(["", "x", "null", "en ", "\udcff", "[red]", "a\nb\x1b"])
CODES: Final = {FailureCode.INVALID_SETTINGS, *LocalCode}


def beyond(least: float, most: float) -> st.SearchStrategy[str]:
    """Draw what is no number between two."""
    below = st.floats(max_value=least, exclude_max=True)
    above = st.floats(min_value=most, exclude_min=True)
    return WORD | st.just("nan") | (below | above).map(str)


DOCUMENTS: Final = {"--language": WORD, "--faces": WORD}
FOLDERS: Final = {"--out": st.just(NOTHING)}
PLACES: Final = {
    "--url": st.sampled_from(["server:80", "http://[::1", "http://xn--/", "\udcff"]),
    "--models-dir": st.just(NOTHING),
}
WRONG: Final[Mapping[str, Mapping[str, st.SearchStrategy[str]]]] = {
    "analyze": {
        "--preset": WORD,
        "--person": st.sampled_from(["3", "400,200", "0.5,nan", "a,b@c", "\udcff"]),
        "--height": beyond(1, 2.3),
        "--neutral": st.sampled_from(["2-1", "0", "-", "nan-1", "0-inf", "\udcff"]),
        "--field-of-view": beyond(10, 150),
        "--tilt": beyond(-90, 90),
        "--roll": beyond(-180, 180),
        "--load-kg": beyond(0, 500),
        "--load-pattern": WORD,
        "--coupling": WORD,
        "--pose-workers": st.sampled_from(["0", "65", "1.5", "many", "9" * 5000]),
        **DOCUMENTS,
        **FOLDERS,
        **PLACES,
    },
    "rescore": {**DOCUMENTS, **FOLDERS, **PLACES},
    "shift": {"--language": WORD, **FOLDERS},
    "compare": {"--language": WORD, **FOLDERS},
}
"""Command → option → what must not stand behind it."""
ARGUMENTS: Final = {
    "analyze": ["none.mp4", "none.mov"],
    "rescore": ["."],
    "shift": ["none.toml"],
    "compare": ["before", "after"],
}
"""What each command needs, and is not there: a mistake each."""
NEEDED: Final = {"analyze": ["--out", "results"]}
FILE: Final = {
    "loadkg = 3": "loadkg is not",
    "load_kg = -3": "load_kg must",
    'coupling = "firm"': "coupling must",
    "height_m = 9": "height_m must",
}
"""Line of a task file → how its sentence begins."""


def mistakes_of(command: str) -> st.SearchStrategy[dict[str, str]]:
    """Draw some options of a command, each with a wrong value."""
    return st.fixed_dictionaries({}, optional=WRONG[command])


def lines_of(cli: Cli, command: str, wrong: Mapping[str, str]) -> list[str]:
    """Run a command that must be refused; return its sentences."""
    # `--option=value`: a value may begin with a dash.
    given = [f"{option}={value}" for option, value in wrong.items()]
    code, out, err = cli(command, *NEEDED.get(command, []), *given, *ARGUMENTS[command])
    assert (code, out) == (2, ""), err
    assert "Traceback" not in err
    lines = err.splitlines()
    assert all(line.rpartition(" [")[0].endswith(".") for line in lines)
    assert {line.rpartition(" [")[2].removesuffix("]") for line in lines} <= CODES
    return lines


@pytest.mark.parametrize("command", WRONG)
@AGAIN
@given(st.data())
def test_each_wrong_option_is_named_once(
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    data: st.DataObject,
) -> None:
    """Whatever is wrong together, each option and each path gets one sentence."""
    monkeypatch.chdir(tmp_path)
    wrong = data.draw(mistakes_of(command))
    lines = lines_of(cli, command, wrong)
    assert len(lines) == len(wrong) + len(ARGUMENTS[command])
    for option in wrong:
        (_,) = [each for each in lines if each.startswith((f"{option} ", f"{option}:"))]


@AGAIN
@given(st.sets(st.sampled_from(sorted(FILE)), min_size=1), mistakes_of("analyze"))
def test_file_and_options_are_told_together(
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: set[str],
    wrong: dict[str, str],
) -> None:
    """Mistakes of a task file come along with those of the options, each once."""
    monkeypatch.chdir(tmp_path)
    Path("task.toml").write_text("\n".join(file), encoding="utf-8")
    alone = lines_of(cli, "analyze", wrong)
    lines = lines_of(cli, "analyze", {"--task": "task.toml", **wrong})
    assert set(alone) < set(lines)
    assert len(lines) == len(alone) + len(file)
    for start in (FILE[line] for line in file):
        (_,) = [each for each in lines if each.startswith(f"task.toml: {start}")]


@pytest.mark.parametrize("command", ["analyze", "rescore"])
def test_a_task_file_that_is_not_there_is_told_along(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A missing task file is one mistake among the others."""
    monkeypatch.chdir(tmp_path)
    lines = lines_of(cli, command, {"--task": "none.toml", "--faces": "x"})
    assert "--task: none.toml cannot be read: No such file or directory." in lines[-2]
    assert lines[-1].startswith("--faces must be blurred or shown")


def test_mistakes_of_a_plan_are_told_with_the_options(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shift's file and its options are read together, too."""
    monkeypatch.chdir(tmp_path)
    Path("none.toml").write_text("shift_min = 0\nspeed = 1\n", encoding="utf-8")
    *of_file, language = lines_of(cli, "shift", {"--language": "de"})
    assert len(of_file) > 1
    assert all(line.startswith("none.toml: ") for line in of_file)
    assert language == '--language must be en or cs, not "de". [invalid_settings]'


def test_a_folder_that_is_wrong_twice_is_told_once(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sentence is not repeated."""
    monkeypatch.chdir(tmp_path)
    code, _, err = cli("compare", "none", "none")
    assert (code, len(err.splitlines())) == (2, 1)


def test_the_data_folder_is_looked_at_where_it_is_used(cli: Cli) -> None:
    """Without an address the data folder must be usable; with one it is not asked."""
    folder = {"--data-dir": NOTHING}
    own = lines_of(cli, "analyze", folder)
    there = lines_of(cli, "analyze", {**folder, "--url": "http://server:8080"})
    assert own[-1].startswith("--data-dir: the folder ")
    assert own[:-1] == there


def test_up_reads_all_at_once(cli: Cli) -> None:
    """What runs the stack is read like the rest."""
    wrong = ["--http-port=0", "--pose-workers=x", f"--models-dir={NOTHING}"]
    code, _, err = cli("up", *wrong)
    assert code == 2
    assert len(err.splitlines()) == len(wrong)


def fails(*sentences: str) -> Callable[[], int]:
    """Return a reading that makes mistakes, or one that makes none."""

    def reading() -> int:
        if sentences:
            raise UsageFault(*sentences)
        return 1

    return reading


@given(st.lists(st.lists(st.text(), max_size=3), max_size=5))
def test_every_reading_is_done(sentences: list[list[str]]) -> None:
    """All values come back, or all mistakes, in their order and each once."""
    readings = [fails(*each) for each in sentences]
    said = dict.fromkeys(sentence for each in sentences for sentence in each)
    if not said:
        assert all_of(*readings) == (1,) * len(readings)
        return
    with pytest.raises(UsageFault) as caught:
        all_of(*readings)
    assert caught.value.lines == tuple(f"{each} [invalid_settings]" for each in said)


@given(st.integers(-5, 70), st.integers(0, 10), st.integers(0, 60))
def test_a_whole_number_is_read_within_its_bounds(
    number: int, least: int, span: int
) -> None:
    """A number is itself within its bounds, and refused beyond them."""
    read = partial(read_whole, "--x", least, least + span)
    if least <= number <= least + span:
        assert read(str(number)) == number
    else:
        with pytest.raises(UsageFault, match=f"from {least} to {least + span}, not"):
            read(str(number))


@given(st.floats(), st.sampled_from(["+", "", "0"]))
def test_an_option_takes_what_the_contract_takes(height: float, sign: str) -> None:
    """A number is refused behind an option exactly when it is in a task file."""
    text = f"{sign}{height}" if height >= 0 else str(height)
    wrong = find_mistakes({"height_m": height}, WorkerFacts)
    if not wrong:
        assert read_option("height", text) == {"height_m": height}
        return
    with pytest.raises(UsageFault, match=r"--height must be a number from 1 to 2\.3"):
        read_option("height", text)


def test_every_option_has_its_field() -> None:
    """Options that leave out the unit stand for fields that there are."""
    assert set(SHORT.values()) <= set(KIND_OF)
    assert option_name("field_of_view") == "--field-of-view"
    assert 1 <= options.POSE_WORKERS <= options.MOST_POSE_WORKERS
