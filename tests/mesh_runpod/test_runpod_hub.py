"""What RunPod's Hub reads, and what must not get into the image."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from ergomesh.mesh.backends.remote_job import FactsOrder, decode_order
from ergomesh.mesh.body_file import PLACES
from mesh_runpod.runpod_rig import HANDLER, ROOT

HUB: Final = ROOT / ".runpod"
POOLS: Final = frozenset(
    [
        "AMPERE_16",
        "AMPERE_24",
        "ADA_24",
        "AMPERE_48",
        "ADA_48_PRO",
        "AMPERE_80",
        "ADA_80_PRO",
        "HOPPER_141",
    ]
)
"""GPU pools (platform notes §2.4)."""
IMPORT: Final = re.compile(r"^\s*(import|from) runpod\b", re.MULTILINE)
HUB_FIELDS: Final = {"title", "description", "type", "category", "config"}
"""Required in hub.json (runpod/docs, hub/publishing-guide.mdx)."""


def read(name: str) -> dict[str, Any]:
    """Return a JSON file of the Hub's folder."""
    found: dict[str, Any] = json.loads((HUB / name).read_text(encoding="utf-8"))
    return found


def test_the_hub_finds_what_it_requires() -> None:
    """Fields, kinds and GPU pools are of the publishing guide."""
    hub = read("hub.json")
    assert set(hub) >= HUB_FIELDS
    assert (hub["type"], hub["config"]["runsOn"]) == ("serverless", "GPU")
    assert hub["category"] in {"audio", "embedding", "language", "video", "image"}
    assert set(hub["config"]["gpuIds"].split(",")) <= POOLS


def test_the_hubs_tests_are_orders_that_need_no_store() -> None:
    """The Hub runs them on a fresh worker, which knows nobody's bucket."""
    tests = read("tests.json")["tests"]
    assert tests
    assert all(isinstance(decode_order(t["input"]), FactsOrder) for t in tests)


@pytest.mark.parametrize("name", ["Dockerfile", "handler.py", "README.md"])
def test_the_hub_reads_the_same_files(name: str) -> None:
    """They are links: there is one handler, one image, one page."""
    assert (HUB / name).resolve() == HANDLER.with_name(name)


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("name", ["SMPLX_NEUTRAL.npz", "smplx_male.NPZ", "SMPLX_F.pkl"])
def test_no_licensed_body_can_get_into_an_image(place: Path, name: str) -> None:
    """The build context leaves out SMPL-X wherever the mesh service looks for it."""
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    anywhere = [rule.removeprefix("**/") for rule in left_out if rule.startswith("**/")]
    assert {"models/smplx", "models/body"} <= set(left_out)
    assert not any(rule.startswith("!") for rule in left_out)
    assert any(fnmatchcase((place / name).name, rule) for rule in anywhere)


def test_only_the_handler_imports_runpod() -> None:
    """Importing it changes a process's logging, and brings a hundred packages."""
    importers = [
        path
        for folder in ("proto", "services", "deploy", "models")
        for path in (ROOT / folder).rglob("*.py")
        if IMPORT.search(path.read_text(encoding="utf-8"))
    ]
    assert importers == [HANDLER]
