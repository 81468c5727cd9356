"""MediaPipe's PoseLandmarker behind a door: the only import of mediapipe."""

import gc
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose.detection import Detection
from ergomesh.runtime.errors import Unusable


class Landmarker:
    """One tracker: feed it the frames of one range in their order."""

    def __init__(self, model: Path) -> None:
        # Imported at first use: 0.8 s and 150 MB that an idle worker spares.
        from mediapipe.tasks.python import vision
        from mediapipe.tasks.python.core.base_options import BaseOptions

        self._last_ms = -1
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=1,
        )
        try:
            self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            msg = f"The pose model {model.name} cannot be read: run `make setup` again."
            raise Unusable(FailureCode.MODEL_MISSING, msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._landmarker.close()
        del self._landmarker
        gc.collect()  # its graph holds a thread pool and the model in memory

    def detect(self, rgb: NDArray[np.uint8], time_s: float) -> Detection | None:
        """Return the person in a frame, or None.

        Args:
            rgb: (H, W, 3) upright picture.
            time_s: Time of the frame; must grow from call to call.
        """
        import mediapipe

        # MediaPipe reads past row padding as if it were picture: no view may pass.
        packed = np.ascontiguousarray(rgb)
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=packed)
        # MediaPipe counts whole milliseconds and wants them to grow.
        self._last_ms = max(round(time_s * 1000), self._last_ms + 1)
        found = self._landmarker.detect_for_video(image, self._last_ms)
        if not found.pose_landmarks:
            return None
        image_rows = _rows(found.pose_landmarks[0])
        return Detection(
            points_norm=image_rows[:, :3],
            points_world_m=_rows(found.pose_world_landmarks[0])[:, :3],
            visibility=image_rows[:, 3],
            presence=image_rows[:, 4],
        )


def _rows(landmarks: Any) -> FloatArray:
    values = [(p.x, p.y, p.z, p.visibility, p.presence) for p in landmarks]
    rows = np.asarray(values, dtype=np.float64)
    if rows.shape != (len(LANDMARKS), 5):
        msg = f"the landmarker returned {rows.shape}, not {len(LANDMARKS)} landmarks"
        raise AssertionError(msg)
    return rows
