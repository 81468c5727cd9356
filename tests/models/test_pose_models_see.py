from pathlib import Path

import av
import mediapipe as mp
import numpy as np
import pytest
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions


def frames(clip: Path, *, every: int) -> list[np.ndarray]:
    """Return each n-th picture of a clip as contiguous RGB.

    PyAV pads rows; mediapipe 1.2.2 ignores strides, so a view would be misread.
    """
    with av.open(str(clip)) as container:
        pictures = [
            np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
            for k, frame in enumerate(container.decode(video=0))
            if k % every == 0
        ]
    return pictures


@pytest.mark.parametrize("size", ["lite", "full", "heavy"])
def test_each_pose_model_finds_the_person(
    model_paths: dict[str, Path], size: str
) -> None:
    """Each bundle loads in MediaPipe and sees somebody in most of the sample clip."""
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(
            model_asset_path=str(model_paths[f"pose_landmarker_{size}"])
        )
    )
    pictures = frames(model_paths["demo_clip"], every=20)

    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        found = [
            bool(
                landmarker.detect(
                    mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
                ).pose_landmarks
            )
            for picture in pictures
        ]

    assert np.mean(found) > 0.5
