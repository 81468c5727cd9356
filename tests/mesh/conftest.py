"""A made-up body and motions, shared by the tests of the mesh service."""

import pytest

from ergomesh.mesh.core.body import BodyModel
from mesh.mesh_synthetic import Scene, make_scene, synthetic_body


@pytest.fixture(scope="session")
def body(tmp_path_factory: pytest.TempPathFactory) -> BodyModel:
    """A symmetric body in SMPL-X format, read from a file."""
    return synthetic_body(tmp_path_factory.mktemp("body"))


@pytest.fixture(scope="session")
def scene(body: BodyModel) -> Scene:
    """Four seconds of motion as MediaPipe would see it."""
    return make_scene(body, seed=0, frames=60)
