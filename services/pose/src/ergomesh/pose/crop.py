"""Cut what a network looks at out of a picture."""

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from ergomesh.pose.region import Region


class Beyond(Enum):
    """What stands for pixels outside the picture."""

    BLACK = cv2.BORDER_CONSTANT
    EDGE = cv2.BORDER_REPLICATE


def cut(
    rgb: NDArray[np.uint8], region: Region, size: int, beyond: Beyond
) -> NDArray[np.uint8]:
    """Return a (size, size, 3) crop, as MediaPipe cuts it.

    ``image_to_tensor_converter_opencv.cc``: bilinear, the crop's pixel (0, 0) on
    the region's corner.
    """
    crop = cv2.warpAffine(
        rgb,
        region.affine(size),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=beyond.value,
    )
    return np.asarray(crop, dtype=np.uint8)
