"""Laws of ``--task task.toml``: what is read, what is refused, who overrides."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import (
    Coupling,
    DocumentFacts,
    Faces,
    JobSettings,
    Language,
    LoadPattern,
    TaskFacts,
)
from ergomesh.gateway.reading import read_options
from ergomesh.local.asked import merged_settings, settings_asked
from ergomesh.local.commands import query_of
from ergomesh.local.errors import UsageFault
from ergomesh.local.helptexts import ANALYZE
from ergomesh.local.task_file import PART_OF, read_task_file

GUIDE = Path(__file__).parents[2] / "docs" / "task-facts.md"
LINE = "one line of 0 to 120 characters, no control characters among them"
AGAIN = settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def task_file(folder: Path, text: str) -> Path:
    """Write a task file."""
    path = folder / "task.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusals(folder: Path, text: str) -> list[str]:
    """Return the sentences with which a task file is refused."""
    path = task_file(folder, text)
    with pytest.raises(UsageFault) as caught:
        read_task_file(path)
    code = f" [{FailureCode.INVALID_SETTINGS}]"
    lines = caught.value.lines
    assert all(line.startswith(f"{path}: ") and line.endswith(code) for line in lines)
    return [line.removeprefix(f"{path}: ").removesuffix(code) for line in lines]


def toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else f'"{value}"'


FACTS = st.builds(
    TaskFacts,
    load_kg=st.none() | st.floats(0, 500),
    load_pattern=st.none() | st.sampled_from(LoadPattern),
    coupling=st.none() | st.sampled_from(Coupling),
    lifts_per_min=st.none() | st.floats(0, 60),
    lifting_h=st.none() | st.floats(0.1, 8),
    **{
        name: st.none() | st.booleans()
        for name, kind in TaskFacts.__annotations__.items()
        if kind == (bool | None)
    },
)


@AGAIN
@given(FACTS)
def test_facts_survive_the_way_to_the_gateway(tmp_path: Path, facts: TaskFacts) -> None:
    """What stands in the file is what the gateway reads, whichever facts are told."""
    told = {k: v for k, v in msgspec.structs.asdict(facts).items() if v is not None}
    path = task_file(tmp_path, "\n".join(f"{k} = {toml(v)}" for k, v in told.items()))
    chosen = settings_asked(path, {})
    assert chosen == JobSettings(task=facts)
    assert read_options(query_of(chosen).items()).settings == chosen


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """An unknown key, a negative load, an unknown grip, a text: one sentence each."""
    said = refusals(
        tmp_path,
        'loadkg = 3\nload_kg = -3\ncoupling = "firm"\nseated = "yes"\nheight_m = 9\n'
        'workplace = "a\\nb"\nassessed_by = 7\n',
    )
    unknown, *others = said
    assert unknown.startswith("loadkg is not one of load_kg, load_pattern, ")
    assert others == [
        "load_kg must be a number from 0 to 500, not -3.",
        'coupling must be good, fair, poor or unacceptable, not "firm".',
        'seated must be true or false, not "yes".',
        "height_m must be a number from 1 to 2.3, not 9.",
        f'workplace must be {LINE}, not "a\\nb".',
        f"assessed_by must be {LINE}, not 7.",
    ]


@pytest.mark.parametrize("value", ["nan", "inf", "-0.5", "500.5", "1979-05-27", "[1]"])
def test_what_is_no_mass_is_refused(tmp_path: Path, value: str) -> None:
    """Numbers beyond the bounds, and whatever else TOML has, are no mass."""
    (said,) = refusals(tmp_path, f"load_kg = {value}")
    assert said.startswith("load_kg must be a number from 0 to 500, not ")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_wrong_value_is_told_as_it_was_written(tmp_path: Path, value: str) -> None:
    """What is no number to JSON still has its name in the sentence."""
    (said,) = refusals(tmp_path, f"load_kg = {value}")
    assert said == f"load_kg must be a number from 0 to 500, not {value}."


def test_a_strange_key_stays_on_its_line(tmp_path: Path) -> None:
    """Line ends and control characters in a key do not reach the terminal."""
    (said,) = refusals(tmp_path, r'"a\nb\u001b[31m" = 3')
    assert said.startswith(r'"a\nb\u001b[31m" is not one of load_kg, ')


def test_fields_that_need_each_other_are_told(tmp_path: Path) -> None:
    """Half a neutral posture is refused under the name of its field."""
    (half,) = refusals(tmp_path, "neutral_start_s = 1")
    assert half.startswith("neutral_start_s and neutral_end_s need each other")
    (turned,) = refusals(tmp_path, "neutral_start_s = 2\nneutral_end_s = 1")
    assert turned.startswith("neutral_end_s must be after neutral_start_s")


@pytest.mark.parametrize(
    "raw",
    [
        b"load_kg = ",
        b"\xff\xfe",
        b"a = " + b"[" * 5000,
        b"load_kg = " + b"9" * 5000,
        b"load_kg = 1\n" * 2,
    ],
)
def test_what_is_no_toml_is_one_sentence(tmp_path: Path, raw: bytes) -> None:
    """Whatever lies in the file, the user gets a sentence with its name."""
    path = tmp_path / "task.toml"
    path.write_bytes(raw)
    with pytest.raises(UsageFault, match=r"task\.toml is not valid TOML") as caught:
        read_task_file(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """A file that is not there is told by its name."""
    with pytest.raises(UsageFault, match=r"none\.toml cannot be read: No such file"):
        read_task_file(tmp_path / "none.toml")


def test_options_override_the_file(tmp_path: Path) -> None:
    """What is typed counts; what is not typed comes from the file."""
    path = task_file(tmp_path, 'load_kg = 5\nseated = true\ncoupling = "poor"')
    options: dict[str, str | bool | None] = {
        "load_kg": "12",
        "seated": False,
        "coupling": None,
        "height": "1.8",
        "language": "cs",
        "faces": "shown",
    }
    chosen = settings_asked(path, options)
    assert chosen.task == TaskFacts(load_kg=12.0, seated=False, coupling=Coupling.POOR)
    assert chosen.worker.height_m == 1.8
    assert (chosen.language, chosen.faces) == (Language.CZECH, Faces.SHOWN)


@pytest.mark.parametrize("text", ["Žďár, hala 2", "組立", "0042", "1e3", "nan", "null"])
def test_what_documents_say_survives_the_way(tmp_path: Path, text: str) -> None:
    """A text is the same from an option, from the file, and for the gateway."""
    said = JobSettings(document=DocumentFacts(workplace=text, assessed_by=text))
    path = task_file(tmp_path, f'workplace = "{text}"\nassessed_by = "x"')
    chosen = settings_asked(path, {"workplace": None, "assessed_by": text})
    assert chosen == said
    assert read_options(query_of(chosen).items()).settings == said


@pytest.mark.parametrize("wrong", ["a\nb", "x" * 121, "\x1b[31m", "\udce9"])
def test_an_option_that_is_no_line_is_one_sentence(wrong: str) -> None:
    """What cannot be printed on a line is refused by the option's name, on one line."""
    with pytest.raises(UsageFault, match="--assessed-by must be one line of 0 to 120"):
        settings_asked(None, {"assessed_by": wrong})


def test_an_option_that_spoils_the_file_is_told(tmp_path: Path) -> None:
    """File and options are each fine, but not together."""
    path = task_file(tmp_path, "neutral_start_s = 2\nneutral_end_s = 3")
    with pytest.raises(UsageFault, match="neutral_end_s must be after"):
        merged_settings(read_task_file(path), {"neutral_end_s": 1.0})


def test_without_a_file_nothing_is_told() -> None:
    """No file and no options are the default settings."""
    assert settings_asked(None, {"load_kg": None}) == JobSettings()


def test_no_key_has_two_meanings() -> None:
    """Every field that a task file may hold has a name of its own."""
    chosen = JobSettings()
    kinds = [chosen.task, chosen.worker, chosen.view, chosen.document]
    names = [name for kind in kinds for name in kind.__struct_fields__]
    assert sorted(names) == sorted(PART_OF)
    assert len(set(names)) == len(names)


def test_help_and_guide_teach_every_fact() -> None:
    """``--help`` and the guide name each key there is."""
    guide = GUIDE.read_text(encoding="utf-8")
    for name in PART_OF:
        assert name in ANALYZE, name
        assert f"`{name}`" in guide, name
