"""Are the Python packages there? Looks without importing anything heavy."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import (
    PackageNotFoundError,
    packages_distributions,
    requires,
    version,
)
from importlib.util import find_spec
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ergomesh.local.findings import Finding

DISTRIBUTIONS: Final[Mapping[str, str]] = {
    "ergomesh-proto": "ergomesh.runtime",
    "ergomesh-ingest": "ergomesh.ingest",
    "ergomesh-pose": "ergomesh.pose",
    "ergomesh-mesh": "ergomesh.mesh",
    "ergomesh-ergonomics": "ergomesh.ergonomics",
    "ergomesh-gateway": "ergomesh.gateway",
    "ergomesh-local": "ergomesh.local",
}
"""Distribution → a module that it brings."""
OPENCV_BUILDS: Final = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
"""All of them install ``cv2``; the last one installed overwrites the others."""
SETUP: Final = "run `make setup`, or `pip install` the named package into this Python"


def check_packages() -> Iterator[Finding]:
    """Look at every distribution of ours with what it requires, and at OpenCV."""
    for name, module in DISTRIBUTIONS.items():
        yield check_distribution(name, module)
    yield check_opencv(installed(OPENCV_BUILDS))


def check_distribution(name: str, module: str) -> Finding:
    """Look at one distribution, its module and its direct requirements."""
    try:
        needs = [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:
        return Finding(name, ok=False, detail="is not installed", advice=SETUP)
    wanted = [need for need in needs if need.marker is None or need.marker.evaluate()]
    wrong = [fault for need in wanted if (fault := _fault(need)) is not None]
    if not _found(module):
        wrong.insert(0, f"the module {module} cannot be found")
    if wrong:
        return Finding(name, ok=False, detail="; ".join(wrong), advice=SETUP)
    others = (need.name for need in wanted if need.name not in DISTRIBUTIONS)
    versions = ", ".join(f"{each} {version(each)}" for each in others)
    return Finding(name, ok=True, detail=f"{version(name)} with {versions}")


def _fault(need: Requirement) -> str | None:
    """Return what is wrong with a requirement, if anything."""
    try:
        there = version(need.name)
    except PackageNotFoundError:
        return f"{need.name} is not installed"
    if not need.specifier.contains(there, prereleases=True):
        return f"{need.name} is {there}, but {need.specifier} is needed"
    modules = _modules().get(canonicalize_name(need.name), [])
    # Wheels of programs bring none; an editable install may not list them.
    if modules and not any(_found(module) for module in modules):
        return f"{need.name} is installed but cannot be imported"
    return None


@cache
def _modules() -> dict[str, list[str]]:
    """Return the top-level modules of each distribution."""
    found: dict[str, list[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            found.setdefault(canonicalize_name(name), []).append(module)
    return found


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def installed(names: tuple[str, ...]) -> list[str]:
    """Return those distributions that are installed."""
    found = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            continue
        found.append(name)
    return found


def check_opencv(builds: list[str]) -> Finding:
    """Judge the OpenCV builds that share this environment: one is right."""
    if len(builds) == 1:
        return Finding("OpenCV", ok=True, detail=f"one build: {builds[0]}")
    detail = " and ".join(builds) + " overwrite each other" if builds else "is missing"
    advice = (
        "pip uninstall all of them, then pip install opencv-contrib-python, the one "
        "that MediaPipe needs"
    )
    return Finding("OpenCV", ok=False, detail=detail, advice=advice)
