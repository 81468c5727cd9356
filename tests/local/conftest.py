"""Fixtures of the one-machine tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ergomesh.local.app import run_app
from local.local_gateway import FakeGateway, fake_gateway

COPIES = 100_000
"""Repetitions of the name in a clip file."""
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """A gateway that plays a part for each clip name."""
    with fake_gateway() as fake:
        yield fake


@pytest.fixture
def clips(tmp_path: Path) -> Callable[..., list[str]]:
    """A maker of small clip files; their content is their name."""

    def make(*names: str) -> list[str]:
        folder = tmp_path / "clips"
        paths = [folder / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(path.name.encode() * COPIES)
        return [str(path) for path in paths]

    return make


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Cli:
    """The command line in this process: (exit code, stdout, stderr)."""
    monkeypatch.setenv("ERGOMESH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")

    def invoke(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ergomesh", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_app()
        code = ended.value.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out, printed.err

    return invoke
