"""Laws of ``ergomesh rescore``, against a gateway that plays parts."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ergomesh.contract.job import (
    Coupling,
    DocumentFacts,
    Faces,
    Language,
    TaskFacts,
    WorkerFacts,
)
from ergomesh.gateway.reading import read_json
from ergomesh.gateway.rescoring import Rescore
from ergomesh.local.errors import UsageFault
from ergomesh.local.rescore_command import folder_of, job_of, rescoring
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
    assert job_of(str(again)) == job.id


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


def test_a_job_nobody_knows_is_one_sentence(
    gateway: FakeGateway, cli: Cli, tmp_path: Path
) -> None:
    """The gateway's refusal is printed, and no folder is left behind."""
    out = tmp_path / "again"
    code, _, err = cli("rescore", "job77", "--out", str(out), "--url", gateway.url)
    assert code == 1
    assert "There is no such job." in err
    assert not out.exists()


@pytest.mark.parametrize("raw", [None, b"", b"{}", b"[1"])
def test_a_folder_without_a_job_is_told(tmp_path: Path, raw: bytes | None) -> None:
    """A folder that does not say whose result it holds needs the job's id."""
    if raw is not None:
        (tmp_path / "job.json").write_bytes(raw)
    with pytest.raises(UsageFault, match=r"has no readable job\.json"):
        job_of(str(tmp_path))
    assert job_of("0198-abc") == "0198-abc"


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
