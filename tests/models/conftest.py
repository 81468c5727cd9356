"""The real models, as ``make setup`` leaves them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_registry import Model, Registry, read_registry

MODELS_DIR = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="session")
def registry_toml() -> str:
    """The real registry as text."""
    return (MODELS_DIR / "registry.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def registry(registry_toml: str) -> Registry:
    """The real registry."""
    return read_registry(registry_toml.encode())


@pytest.fixture(scope="session")
def model_paths(registry: Registry) -> dict[str, Path]:
    """Where each model of the registry lies; all of them are there."""
    return {model.name: _present(model) for model in registry.model}


@pytest.fixture(scope="session")
def body_path(model_paths: dict[str, Path]) -> Path:
    """The free body's file."""
    return model_paths["ergomesh_free_body"]


@pytest.fixture(scope="session")
def body(body_path: Path) -> dict[str, NDArray[Any]]:
    """The free body's arrays, read as our loader reads them; don't change them."""
    with np.load(body_path, allow_pickle=False) as arrays:
        return dict(arrays)


def _present(model: Model) -> Path:
    """Return a model's path; fail with what to do if it isn't there."""
    path = MODELS_DIR / model.file
    if not path.is_file():
        pytest.fail(f"{path} is missing: run `make setup` first.")
    return path
