"""Frames to an H.264 file, as a phone or a webcam would leave it."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

CRF: Final = 23
"""Quality of x264: its own default, about what phones send on."""

_NOISES: Final = 8
"""Pictures of sensor noise that take turns."""

_NOISE_SD: Final = (1.5, 4.0)
"""Range of the sensor's noise, of 255."""

_BLUR_PX: Final = (0.5, 0.9)
"""Range of the lens' blur."""


class Lens:
    """Slight blur and sensor noise, the same for the same seed.

    Args:
        size_px: Width and height of the frames.
        seed: Of strength and noise.
    """

    def __init__(self, size_px: tuple[int, int], seed: int) -> None:
        draw = np.random.default_rng((seed, 5))
        self._blur = float(draw.uniform(*_BLUR_PX))
        sd = draw.uniform(*_NOISE_SD)
        width, height = size_px
        shape = (_NOISES, height, width, 1)
        self._noise = np.round(sd * draw.standard_normal(shape, dtype=np.float32))
        self._noise = np.repeat(self._noise.astype(np.int16), 3, axis=3)
        self._count = 0

    def take(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a picture (H, W, 3) as the sensor gives it."""
        soft = cv2.GaussianBlur(rgb, (0, 0), self._blur)
        noise = self._noise[self._count % _NOISES]
        self._count += 1
        noisy = cv2.add(soft, noise, dtype=cv2.CV_8U)
        return np.asarray(noisy, dtype=np.uint8)


def write_film(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    size_px: tuple[int, int],
    rate_hz: int,
) -> None:
    """Write frames (H, W, 3) as H.264 in mp4.

    Args:
        path: The file; replaced if there is one.
        frames: The pictures.
        size_px: Their width and height.
        rate_hz: Frames a second.
    """
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate_hz))
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(CRF), "preset": "veryfast"}
        stream.codec_context.thread_count = 1
        for rgb in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, "rgb24")))
        container.mux(stream.encode())
