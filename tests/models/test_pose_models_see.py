from pathlib import Path
from typing import Any

import av
import mediapipe as mp
import numpy as np
import pytest
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions
from numpy.typing import NDArray


@pytest.fixture(scope="module")
def pictures(model_paths: dict[str, Path]) -> list[NDArray[Any]]:
    """Each 20th picture of the sample clip from the 60th on, contiguous RGB.

    PyAV pads rows; mediapipe 1.2.2 ignores strides, so a view would be misread.
    """
    with av.open(str(model_paths["demo_clip"])) as container:
        return [
            np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
            for k, frame in enumerate(container.decode(video=0))
            if k in range(60, 220, 20)
        ]


@pytest.mark.parametrize("size", ["lite", "full", "heavy"])
def test_each_pose_model_finds_the_person(
    model_paths: dict[str, Path], pictures: list[NDArray[Any]], size: str
) -> None:
    """Each bundle loads in MediaPipe and sees somebody in most of the sample clip."""
    model = str(model_paths[f"pose_landmarker_{size}"])
    options = vision.PoseLandmarkerOptions(base_options=BaseOptions(model))

    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        found = [
            bool(landmarker.detect(mp.Image(mp.ImageFormat.SRGB, data)).pose_landmarks)
            for data in pictures
        ]

    assert len(found) == 8
    assert np.mean(found) > 0.7
