"""MediaPipe as most people run it: full model, video mode, whole pictures.

Nothing of ergomesh's pose service is used: this is what it is compared with.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray, Landmarks
from ergomesh.contract.skeleton import LANDMARKS

VIDEO_MODEL: Final = "full"

_VALUES: Final = ("x", "y", "z", "visibility", "presence")


def whole_picture_landmarks(video: Path, model: Path) -> Landmarks:
    """Return the landmarks of every picture of a clip.

    Args:
        video: An upright clip.
        model: The ``.task`` bundle.
    """
    from mediapipe.tasks.python import vision
    from mediapipe.tasks.python.core.base_options import BaseOptions

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
    )
    times_s, found, size_px = [], [], (0, 0)
    with vision.PoseLandmarker.create_from_options(options) as tracker:
        for time_s, rgb in _pictures(video):
            found.append(_seen(tracker, rgb, time_s))
            times_s.append(time_s)
            size_px = (rgb.shape[1], rgb.shape[0])
    return _landmarks(times_s, found, size_px, model.stem)


def _pictures(video: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Iterate over the times from the first picture, and the pictures."""
    with av.open(video) as container:
        container.streams.video[0].thread_type = "AUTO"
        first_s: float | None = None
        for frame in container.decode(video=0):
            time_s = float(frame.time or 0.0)
            first_s = time_s if first_s is None else first_s
            yield (
                time_s - first_s,
                np.asarray(frame.to_ndarray(format="rgb24"), np.uint8),
            )


def _seen(tracker: Any, rgb: NDArray[np.uint8], time_s: float) -> FloatArray | None:
    """Return (33, 8): five values in the picture, then three in space; or None."""
    import mediapipe

    packed = np.ascontiguousarray(rgb)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=packed)
    result = tracker.detect_for_video(image, round(1000 * time_s))
    if not result.pose_landmarks:
        return None
    inside, world = result.pose_landmarks[0], result.pose_world_landmarks[0]
    rows = [
        [*(getattr(p, name) for name in _VALUES), w.x, w.y, w.z]
        for p, w in zip(inside, world, strict=True)
    ]
    return np.asarray(rows, dtype=np.float64)


def _landmarks(
    times_s: list[float],
    found: list[FloatArray | None],
    size_px: tuple[int, int],
    model: str,
) -> Landmarks:
    empty = np.full((len(LANDMARKS), len(_VALUES) + 3), np.nan)
    rows = np.stack([empty if row is None else row for row in found])
    return Landmarks(
        frame=np.arange(len(found)),
        time_s=np.asarray(times_s),
        points_px=rows[..., :2] * np.asarray(size_px, dtype=np.float64),
        depth_px=rows[..., 2] * size_px[0],
        points_world_m=rows[..., 5:],
        visibility=rows[..., 3],
        presence=rows[..., 4],
        detected=np.array([row is not None for row in found], dtype=np.bool_),
        size_px=np.asarray(size_px, dtype=np.int64),
        background_lines_px=np.zeros((0, 4)),
        model=f"{model}, video mode",
    )
