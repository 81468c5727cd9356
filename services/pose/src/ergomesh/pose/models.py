"""Where the pose models lie."""

from pathlib import Path

from ergomesh.contract.errors import FailureCode
from ergomesh.pose.presets import PosePlan
from ergomesh.runtime.errors import Unusable


def model_paths(plan: PosePlan, models_dir: Path) -> dict[str, Path]:
    """Return the bundle of each model of a plan.

    Raises:
        Unusable: When one is missing.
    """
    paths = {
        name: models_dir / "pose" / f"pose_landmarker_{name}.task"
        for name in plan.models
    }
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        msg = (
            f"The pose model {' and '.join(missing)} is not in "
            f"{models_dir / 'pose'}: run `make setup`, put the .task file there, "
            "or choose another preset."
        )
        raise Unusable(FailureCode.MODEL_MISSING, msg)
    return paths
