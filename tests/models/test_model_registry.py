import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from body_file import content_sha256
from model_registry import ITEMS, Registry, RegistryError, read_registry
from package_shelf import sha256_of


def test_each_file_is_the_one_in_the_registry(
    registry: Registry, model_paths: dict[str, Path]
) -> None:
    """Every model on disk that doesn't hang on a compressor has its SHA-256."""
    exact = [model for model in registry.model if not model.content_sha256]

    assert {m.name: sha256_of(model_paths[m.name]) for m in exact} == {
        m.name: m.sha256 for m in exact
    }
    assert {m.item for m in exact} == {"pose", "clip"}


def test_the_free_body_is_the_one_in_the_registry(
    registry: Registry, body: dict[str, NDArray[np.generic]]
) -> None:
    """The body built here has the numbers of the reference build, to the last bit."""
    (model,) = (m for m in registry.model if m.item == "body")

    assert content_sha256(body) == model.content_sha256
    assert str(body["version"]) == model.version


def test_the_registry_says_everything_of_everything(registry: Registry) -> None:
    """No field that a reader asks for is empty, and every item has a model."""
    for model in registry.model:
        assert all(
            (model.licence, model.version, model.command, model.without, model.part)
        )
    for package in registry.package:
        assert all((package.licence, package.version, package.file))
    digests = [p.sha256 for p in registry.package] + [m.sha256 for m in registry.model]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert {model.item for model in registry.model} == set(ITEMS)


def test_the_registry_names_no_host(registry: Registry) -> None:
    """Origins are package names and members, never an address."""
    assert b"://" not in msgspec.json.encode(registry)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("package = [", "can't be read"),
        ("package = []\nmodel = []\nextra = 1", "extra"),
        ("package = []", "model"),
    ],
)
def test_a_broken_registry_is_named(toml: str, message: str) -> None:
    """A registry with wrong syntax or fields is refused with the reason."""
    with pytest.raises(RegistryError, match=message):
        read_registry(toml.encode())


def test_a_part_of_nothing_is_refused(registry_toml: str) -> None:
    """A model made of an unknown package is refused by both names."""
    renamed = registry_toml.replace('id = "mediapipe-wheel"', 'id = "another"')

    with pytest.raises(RegistryError, match=r"pose_landmarker_lite .*mediapipe-wheel"):
        read_registry(renamed.encode())
