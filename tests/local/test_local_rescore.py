"""Laws of ``ergomesh rescore``, against a gateway that plays parts."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.job import (
    Coupling,
    DocumentFacts,
    Faces,
    JobSettings,
    JobState,
    JobStatus,
    Language,
    TaskFacts,
    ViewFacts,
    WorkerFacts,
)
from ergomesh.gateway.problems import ProblemError
from ergomesh.gateway.reading import read_json
from ergomesh.gateway.rescoring import Rescore, rescored_settings
from ergomesh.local.errors import UsageFault
from ergomesh.local.rescore_command import (
    check_fitted,
    folder_of,
    job_of,
    rescoring,
)
from local.conftest import Cli
from local.local_gateway import FakeGateway

Clips = Callable[..., list[str]]


def test_a_result_folder_knows_its_job(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """The folder that analyze wrote is enough to score again, with a task file."""
    (clip,) = clips("good.mp4")
    first, again = tmp_path / "out", tmp_path / "again"
    code, _, err = cli("analyze", clip, "--out", str(first), "--url", gateway.url)
    assert code == 0, err
    task = tmp_path / "task.toml"
    task.write_text("load_kg = 12\n")
    code, _, err = cli(
        "rescore", str(first / "good"), "--task", str(task), "--out", str(again),
        "--language", "cs", "--url", gateway.url,
    )  # fmt: skip
    assert code == 0, err
    _, job = gateway.jobs
    assert job.name == "good rescore of job0"
    asked = msgspec.json.decode(job.body, type=Rescore)
    assert asked.task is not None
    assert asked.task.load_kg == 12
    assert asked.language is Language.CZECH
    assert (again / "result.json").is_file()
    assert job_of(str(again)).job == job.id


def test_without_a_folder_nothing_is_overwritten(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """New results go beside the old, each time into a new folder, and say where."""
    (clip,) = clips("good.mp4")
    out = tmp_path / "out"
    assert cli("analyze", clip, "--out", str(out), "--url", gateway.url)[0] == 0
    old = str(out / "good")
    for name in ("good-rescored", "good-rescored-2"):
        code, said, err = cli("rescore", old, "--url", gateway.url)
        assert code == 0, err
        assert (out / name / "result.json").is_file()
        assert f"files in {out / name}:" in said
        assert "job.json" in said


def test_a_new_folder_is_a_sibling_whatever_the_old_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder named by ``.`` has a name, and a job's results go where one is."""
    (tmp_path / "lift").mkdir()
    monkeypatch.chdir(tmp_path / "lift")
    assert folder_of(".") == tmp_path / "lift-rescored"
    monkeypatch.chdir(tmp_path)
    assert folder_of("lift/") == Path("lift-rescored")
    assert folder_of("0198-abc") == Path("job-0198-abc-rescored")


def test_a_word_that_is_neither_folder_nor_job_is_one_sentence(
    gateway: FakeGateway, cli: Cli, tmp_path: Path
) -> None:
    """A word may have meant either, so both are denied; no folder is left behind."""
    out = tmp_path / "again"
    code, _, err = cli("rescore", "job77", "--out", str(out), "--url", gateway.url)
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith("again: There is no folder job77, and no job with this id")
    assert line.endswith(" [job_not_found]")
    assert not out.exists()


def test_a_folder_whose_job_is_forgotten_is_told_as_the_gateway_does(
    gateway: FakeGateway, cli: Cli, tmp_path: Path
) -> None:
    """Who named a folder that is there is not told that there is none."""
    old = result_folder(tmp_path / "old", JobSettings())
    code, _, err = cli("rescore", str(old), "--url", gateway.url)
    assert code == 1
    assert "There is no such job." in err
    assert "folder" not in err


@pytest.mark.parametrize(
    "target", ["results/lft", "lft/", "./lft", "lift.mp4", "l" * 65]
)
def test_what_can_be_no_job_is_refused_before_anything_starts(
    gateway: FakeGateway,
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
) -> None:
    """A path without a folder is a mistake in what was typed, and named as typed."""
    monkeypatch.chdir(tmp_path)
    code, out, err = cli("rescore", target, "--url", gateway.url)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(f"There is no folder {target}: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", ["old", "./old/", "old/../old", "link"])
def test_old_results_are_not_written_over(
    gateway: FakeGateway,
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
) -> None:
    """However the old folder is named behind ``--out``, its results stay."""
    monkeypatch.chdir(tmp_path)
    old = result_folder(Path("old"), JobSettings())
    Path("link").symlink_to(old)
    before = (old / "job.json").read_bytes()
    code, _, err = cli("rescore", "old", "--out", named, "--url", gateway.url)
    assert code == 2
    (line,) = err.splitlines()
    assert line.startswith("--out: ")
    assert "old-rescored." in line
    assert (old / "job.json").read_bytes() == before
    assert gateway.jobs == []


def test_a_fact_of_the_fit_is_refused_before_anything_starts(
    gateway: FakeGateway, cli: Cli, tmp_path: Path
) -> None:
    """Each such fact is a mistake that names file and key; the same fact is none."""
    task = tmp_path / "task.toml"
    task.write_text("height_m = 1.6\ntilt_deg = 3\nload_kg = 5\n")
    fitted = JobSettings(worker=WorkerFacts(height_m=1.75))
    old = result_folder(tmp_path / "old", fitted)
    asked = ("rescore", str(old), "--task", str(task), "--url", gateway.url)
    code, _, err = cli(*asked)
    assert code == 2
    height, tilt = err.splitlines()
    assert height.startswith(f"{task}: height_m went into the fit as 1.75; analyse")
    assert tilt.startswith(f"{task}: tilt_deg was left to the fit")
    task.write_text("height_m = 1.75\n")
    assert rescoring(str(old), task, told()).job == "job0"


WORKERS = st.builds(WorkerFacts, height_m=st.sampled_from([None, 1.5, 1.8]))
DEGREES = st.sampled_from([None, 10.0, 20.0])
VIEWS = st.builds(ViewFacts, **dict.fromkeys(ViewFacts.__struct_fields__, DEGREES))
SETTINGS = st.builds(JobSettings, worker=WORKERS, view=VIEWS)


@given(SETTINGS, SETTINGS)
def test_the_command_refuses_what_the_gateway_would(
    old: JobSettings, asked: JobSettings
) -> None:
    """Facts of the fit are refused here exactly where the gateway refuses them."""
    refused: tuple[list[str], ...] = ([], [])
    try:
        rescored_settings(old, Rescore(worker=asked.worker, view=asked.view))
    except ProblemError as problem:
        refused[0].extend(each.field.rpartition(".")[2] for each in problem.errors)
    try:
        check_fitted(Path("t"), old, asked)
    except UsageFault as fault:
        refused[1].extend(line.split()[1] for line in fault.lines)
    assert refused[0] == refused[1]


@pytest.mark.parametrize("raw", [None, b"", b"{}", b"[1"])
def test_a_folder_without_a_job_is_told(tmp_path: Path, raw: bytes | None) -> None:
    """A folder that does not say whose result it holds needs the job's id."""
    if raw is not None:
        (tmp_path / "job.json").write_bytes(raw)
    with pytest.raises(UsageFault, match=r"has no readable job\.json"):
        job_of(str(tmp_path))
    assert job_of("0198-abc").job == "0198-abc"


def result_folder(folder: Path, settings: JobSettings) -> Path:
    """Make a folder that knows its job; what else analyze writes is not needed."""
    status = JobStatus(
        tenant="local",
        job="job0",
        state=JobState.COMPLETED,
        source_name="old.mp4",
        settings=settings,
        created_at="2026-01-01T00:00:00Z",
    )
    folder.mkdir()
    (folder / "job.json").write_bytes(msgspec.json.encode(status))
    return folder


def told(*, overlay: bool = False, **options: str) -> dict[str, str | bool | None]:
    """Return the options as the command gives them."""
    names = ("language", "faces", "workplace", "assessed_by")
    return {"overlay": overlay, **dict.fromkeys(names), **options}


def test_the_gateway_reads_what_the_command_sends(tmp_path: Path) -> None:
    """Facts survive the way, and what was not told is left out."""
    nothing = rescoring("job0", None, told())
    assert msgspec.json.decode(nothing.body) == {"overlay": False}
    path = tmp_path / "task.toml"
    path.write_text('coupling = "fair"\nheight_m = 1.8\n')
    asked = rescoring("job0", path, told(overlay=True, faces="shown"))
    assert read_json(asked.body, Rescore) == Rescore(
        task=TaskFacts(coupling=Coupling.FAIR),
        worker=WorkerFacts(height_m=1.8),
        overlay=True,
        faces=Faces.SHOWN,
    )


def test_what_documents_say_is_sent_as_it_was_typed(tmp_path: Path) -> None:
    """Options override the file, a text of digits is a text, an empty one is sent."""
    path = tmp_path / "task.toml"
    path.write_text('workplace = "Hall 2"\nassessed_by = "J. Doe"\n')
    asked = rescoring("job0", path, told(workplace="0042", assessed_by=""))
    document = DocumentFacts(workplace="0042", assessed_by="")
    assert read_json(asked.body, Rescore) == Rescore(document=document)
