import hashlib
import io
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fetch
from body_file import npz_bytes
from model_registry import ITEMS, read_registry

CLIP = b"a clip"
NETWORK = b"a network"
Run = Callable[..., int]


def wheel(folder: Path) -> Path:
    """Write a small wheel that pip takes, with a clip inside."""
    path = folder / "tinyclip-1.0-py3-none-any.whl"
    info = "tinyclip-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tinyclip/clip.mp4", CLIP)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinyclip\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def fake_npm(folder: Path) -> Path:
    """Write a package and an ``npm`` that packs it into ``--pack-destination``."""
    packed = folder / "tiny-pose-1.0.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        info = tarfile.TarInfo("package/net.tflite")
        info.size = len(NETWORK)
        archive.addfile(info, io.BytesIO(NETWORK))
    npm = folder / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\nfor last; do :; done\ncp "{packed}" "$last"\n')
    npm.chmod(0o755)
    return packed


def registry_text(wheel_sha256: str, clip_sha256: str, npm_sha256: str) -> str:
    """Return a registry of one wheel and one npm package."""
    network_sha256 = hashlib.sha256(NETWORK).hexdigest()
    return f"""
[[package]]
id = "w"
kind = "wheel"
name = "tinyclip"
version = "1.0"
file = "tinyclip-1.0-py3-none-any.whl"
megabytes = 0
sha256 = "{wheel_sha256}"
licence = "CC0-1.0"

[[package]]
id = "n"
kind = "npm"
name = "@tiny/pose"
version = "1.0"
file = "tiny-pose-1.0.tgz"
megabytes = 0
sha256 = "{npm_sha256}"
licence = "CC0-1.0"

[[model]]
name = "clip"
item = "clip"
version = "1.0"
file = "clips/clip.mp4"
recipe = "copy"
sha256 = "{clip_sha256}"
licence = "CC0-1.0"
command = "python models/fetch.py --only clip"
without = "there is no clip"
part = [{{package = "w", member = "tinyclip/clip.mp4"}}]

[[model]]
name = "net"
item = "pose"
version = "1.0"
file = "pose/net.tflite"
recipe = "copy"
sha256 = "{network_sha256}"
licence = "CC0-1.0"
command = "python models/fetch.py --only pose"
without = "the preset fast is unavailable"
part = [{{package = "n", member = "package/net.tflite"}}]
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only index and holds the only npm."""
    folder = tmp_path / "packages"
    folder.mkdir()
    digest = {
        kind: hashlib.sha256(make(folder).read_bytes()).hexdigest()
        for kind, make in (("wheel", wheel), ("npm", fake_npm))
    }
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    clip = hashlib.sha256(CLIP).hexdigest()
    (folder / "registry.toml").write_text(
        registry_text(digest["wheel"], clip, digest["npm"])
    )
    monkeypatch.setattr(fetch, "MODELS_DIR", folder)
    return folder


@pytest.fixture
def run(packages: Path, tmp_path: Path) -> Run:
    """Run the command on a models folder of the test's own."""
    return lambda *options: fetch.main(
        ["--models-dir", str(tmp_path / "models"), *options]
    )


def written(tmp_path: Path) -> dict[str, bytes]:
    """Return every file below the models folder."""
    models = tmp_path / "models"
    return {
        str(path.relative_to(models)): path.read_bytes()
        for path in models.rglob("*")
        if path.is_file()
    }


EVERYTHING = {"clips/clip.mp4": CLIP, "pose/net.tflite": NETWORK}


def test_everything_is_fetched_once(run: Run, packages: Path, tmp_path: Path) -> None:
    """The first run brings all files; the second needs no package any more."""
    assert run() == 0
    assert written(tmp_path) == EVERYTHING
    (packages / "tinyclip-1.0-py3-none-any.whl").unlink()
    (packages / "bin" / "npm").unlink()

    assert run() == 0

    assert written(tmp_path) == EVERYTHING


def test_only_what_is_asked_for_is_fetched(run: Run, tmp_path: Path) -> None:
    """``--only`` brings its item and nothing else."""
    assert run("--only", "pose") == 0
    assert written(tmp_path) == {"pose/net.tflite": NETWORK}


def test_a_changed_file_is_fetched_again(run: Run, tmp_path: Path) -> None:
    """A file that isn't what the registry names is replaced."""
    run()
    (tmp_path / "models/clips/clip.mp4").write_bytes(b"half a cl")

    assert run("--check") == 1
    assert run() == 0

    assert written(tmp_path) == EVERYTHING
    assert run("--check") == 0


def test_checking_changes_nothing(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--check`` on an empty folder names every file and fetches none."""
    assert run("--check") == 1
    assert written(tmp_path) == {}
    said = capsys.readouterr().out
    assert "clips/clip.mp4  missing: there is no clip" in said
    assert "pose/net.tflite  missing: the preset fast is unavailable" in said


def test_without_npm_the_rest_is_fetched(
    run: Run,
    packages: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where npm is missing, the loss is told by the preset's name, and no error."""
    monkeypatch.setenv("PATH", str(packages))

    assert run() == 0

    assert written(tmp_path) == {"clips/clip.mp4": CLIP}
    assert "npm is not installed: the preset fast is unavailable" in (
        capsys.readouterr().out
    )


def test_a_wrong_package_is_not_used(
    run: Run, packages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A download with another SHA-256 fails by name and leaves no file."""
    with zipfile.ZipFile(packages / "tinyclip-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("tinyclip/evil.py", "")

    assert run() == 1

    assert written(tmp_path) == {"pose/net.tflite": NETWORK}
    assert "tinyclip-1.0-py3-none-any.whl is not the file" in capsys.readouterr().err


def test_a_failed_download_is_one_sentence(
    run: Run, packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package that pip can't find ends in one line that says what to do."""
    (packages / "tinyclip-1.0-py3-none-any.whl").unlink()

    assert run("--only", "clip") == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "tinyclip 1.0 could not be downloaded; check the network" in said


def test_a_wrong_result_is_not_kept(
    run: Run, packages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model whose SHA-256 isn't the registry's is not written."""
    path = packages / "registry.toml"
    right = hashlib.sha256(CLIP).hexdigest()
    path.write_text(path.read_text().replace(right, "0" * 64))

    assert run("--only", "clip") == 1

    assert written(tmp_path) == {}
    assert "clips/clip.mp4 came out with SHA-256" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the target can't be written, the sentence names it."""
    (tmp_path / "models").write_text("in the way")

    assert run("--only", "clip") == 1

    assert "clips/clip.mp4 can't be written" in capsys.readouterr().err


def test_an_interrupted_write_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between writing and renaming leaves neither file nor half file."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)

    assert run("--only", "clip") == 130

    assert written(tmp_path) == {}


def test_a_body_built_elsewhere_counts_by_its_recipe(tmp_path: Path) -> None:
    """A body of the right recipe version is there; another version or file is not."""
    registry = read_registry((fetch.MODELS_DIR / "registry.toml").read_bytes())
    (model,) = (m for m in registry.model if m.recipe == "free_body")
    path = tmp_path / model.file
    path.parent.mkdir()
    states = []
    for data in (
        npz_bytes({"version": np.array(model.version), "other": np.ones(3)}),
        npz_bytes({"version": np.array("0")}),
        npz_bytes({"f": np.ones(3)}),
        b"no zip",
    ):
        path.write_bytes(data)
        states.append(fetch.is_there(model, tmp_path))

    assert states == [True, False, False, False]


def test_all_there_takes_less_than_a_second(model_paths: dict[str, Path]) -> None:
    """With every real model in place the command is done in a moment."""
    command = [sys.executable, str(Path(fetch.__file__))]
    durations_s = []
    for _ in range(2):
        start = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        durations_s.append(time.monotonic() - start)
        assert done.stdout == f"All {len(model_paths)} model files are there.\n"

    assert min(durations_s) < 1.0


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` names every item, an example, and where SMPL-X goes."""
    with pytest.raises(SystemExit, match="0"):
        fetch.main(["--help"])

    said = capsys.readouterr().out
    for word in (*ITEMS, "--check", "examples", "SMPLX_NEUTRAL.npz"):
        assert word in said
