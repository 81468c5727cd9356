"""One stack for the flow tests, with limits small enough to hit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from flow.flow_stack import RunningStack, running_stack

MODELS: Final = Path(__file__).parents[2] / "models"

LIMITS: Final = {
    "ERGOMESH_MAX_BYTES": "9000000",
    "ERGOMESH_MAX_DURATION_S": "30",
    "ERGOMESH_MAX_PIXELS": "3000000",
}


@pytest.fixture(scope="session")
def few_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder without the heavy pose model, as on a machine without npm."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "pose").mkdir()
    for name in ("lite", "full"):
        task = f"pose/pose_landmarker_{name}.task"
        (folder / task).symlink_to(MODELS / task)
    (folder / "body").symlink_to(MODELS / "body")
    return folder


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, few_models: Path
) -> Iterator[RunningStack]:
    """A running stack with two pose workers and ranges of two seconds."""
    env = {
        **LIMITS,
        "ERGOMESH_RANGE_S": "2",
        "ERGOMESH_OVERLAP_S": "0.5",
        "ERGOMESH_ACK_WAIT_S": "4",
        "ERGOMESH_BACKOFF_S": "0.2",
    }
    with running_stack(
        tmp_path_factory.mktemp("stack"),
        models_dir=few_models,
        pose_workers=2,
        env=env,
    ) as running:
        yield running
