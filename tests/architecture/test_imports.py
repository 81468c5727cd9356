"""Who may import whom: the contracts of import-linter, and that they bite."""

import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sysconfig.get_path("scripts"), "lint-imports")
PORTIONS = sorted(
    f"ergomesh.{folder.name}"
    for source in ("proto/src", "services/*/src", "deploy/*/src")
    for folder in ROOT.glob(f"{source}/ergomesh/*")
    if (folder / "__init__.py").is_file()
)
SHARED = ["ergomesh.contract", "ergomesh.runtime"]


def _settings() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings: dict[str, Any] = tomllib.loads(text)["tool"]["importlinter"]
    return settings


def _lint(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--config", str(config), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_is_allowed() -> None:
    """import-linter keeps every contract of the root pyproject.toml."""
    result = _lint(ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout


def test_no_package_is_left_out() -> None:
    """Every portion of the namespace that lies in the tree is looked at."""
    assert sorted(_settings()["root_packages"]) == PORTIONS


def test_no_service_is_left_out_of_independence() -> None:
    """Every package but the shared two stands in the independence contract."""
    contracts = _settings()["contracts"]
    (found,) = [c for c in contracts if c["type"] == "independence"]
    assert sorted(found["modules"]) == sorted(set(PORTIONS) - set(SHARED))


PLANTED = [
    # Each is an import that the tree has and that its contract would forbid.
    ("ergomesh.runtime", "ergomesh.contract"),
    ("ergomesh.runtime", "nats"),
    ("ergomesh.runtime.s3", "boto3"),
    ("ergomesh.pose", "ai_edge_litert"),
    ("ergomesh.mesh", "torch"),
    ("ergomesh.ingest", "ergomesh.runtime"),
]


@pytest.mark.parametrize(("source", "target"), PLANTED)
def test_a_forbidden_import_is_seen(tmp_path: Path, source: str, target: str) -> None:
    """The linter sees through the namespace: forbidding what is there is red."""
    config = tmp_path / "planted.toml"
    config.write_text(
        f"""
        [tool.importlinter]
        root_packages = {PORTIONS}
        include_external_packages = true
        [[tool.importlinter.contracts]]
        name = "planted"
        type = "forbidden"
        source_modules = ["{source}"]
        forbidden_modules = ["{target}"]
        """
    )
    result = _lint(config)
    assert result.returncode == 1
    assert "1 broken" in result.stdout
