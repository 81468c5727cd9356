"""Where the models lie, and which are missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from ergomesh.contract.job import Preset
from ergomesh.local.errors import UsageFault

VARIABLE: Final = "ERGOMESH_MODELS_DIR"
FREE_BODY: Final = Path("body/ergomesh_free_body.npz")
LICENSED_BODIES: Final = tuple(
    Path(f"smplx/SMPLX_{gender}.npz") for gender in ("NEUTRAL", "MALE", "FEMALE")
)
"""SMPL-X files, which come before the free body when one is there."""
POSE_MODELS: Final[Mapping[Preset, tuple[str, ...]]] = {
    Preset.FAST: ("lite",),
    Preset.BALANCED: ("full",),
    Preset.BEST: ("heavy", "full"),
}
"""Which bundles a preset needs (DESIGN §4)."""


def pose_files(preset: Preset) -> tuple[Path, ...]:
    """Return the pose bundles of a preset, below the models folder."""
    return tuple(
        Path(f"pose/pose_landmarker_{name}.task") for name in POSE_MODELS[preset]
    )


def missing_pose(models_dir: Path, preset: Preset) -> list[Path]:
    """Return the bundles that a preset needs and the folder does not have."""
    return [path for path in pose_files(preset) if not (models_dir / path).is_file()]


def body_file(models_dir: Path) -> Path | None:
    """Return the body that the mesh service will use, below the models folder."""
    candidates = (*LICENSED_BODIES, FREE_BODY)
    return next((path for path in candidates if (models_dir / path).is_file()), None)


def is_damaged(path: Path) -> bool:
    """Whether a model file is cut off or altered: bundles and bodies are archives."""
    try:
        with ZipFile(path) as archive:
            return archive.testzip() is not None
    except (OSError, BadZipFile):
        return True


def has_models(models_dir: Path) -> bool:
    """Whether a folder has a body and the bundles of at least one preset."""
    poses = any(not missing_pose(models_dir, preset) for preset in Preset)
    return poses and body_file(models_dir) is not None


def repository_models() -> Path:
    """Return the models folder of the repository that this file lies in.

    It exists when ergomesh was installed from a working copy in editable mode.
    """
    return Path(__file__).resolve().parents[5] / "models"


def find_models_dir(
    chosen: Path | None, environ: Mapping[str, str], here: Path
) -> Path:
    """Return the models folder.

    In this order: the option, ``$ERGOMESH_MODELS_DIR``, ``./models`` if it has a
    body and pose models, the repository's folder if it has them, and ``./models``
    again, so that messages about missing files name a place to put them.

    Args:
        chosen: The option ``--models-dir``.
        environ: Environment variables.
        here: The working folder.

    Raises:
        UsageFault: When the option or the variable names no folder.
    """
    named = chosen or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is not None:
        if not named.is_dir():
            msg = f"--models-dir: the folder {named} does not exist; run `make setup`."
            raise UsageFault(msg)
        return named.absolute()
    candidates = (here / "models", repository_models())
    return next((path for path in candidates if has_models(path)), here / "models")
