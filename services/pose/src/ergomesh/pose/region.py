"""A square window on the picture, and the way between the two (pure).

A person is looked at through a window that is centred on the hips, reaches a
little beyond head and feet, and is turned so that the shoulders are above the
hips: what BlazePose was trained on.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import FloatArray

MARGIN: Final = 1.25
"""Side of a person's window over the circle about head and feet (MediaPipe:
``pose_detection_to_roi.pbtxt``, ``pose_landmarks_to_roi.pbtxt``, ``scale_x``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A square window, maybe turned, maybe partly outside the picture."""

    x_px: float
    """Its middle, from the picture's left."""
    y_px: float
    """Its middle, from the picture's top."""
    side_px: float
    roll_rad: float = 0.0
    """How far it is turned clockwise on the picture."""

    @classmethod
    def about(cls, center_px: FloatArray, rim_px: FloatArray) -> Self:
        """Return the window of a person.

        Args:
            center_px: (2,) middle of the hips.
            rim_px: (2,) a point on the circle about head and feet, on the line
                from the hips through the shoulders.
        """
        right, down = (rim_px - center_px).tolist()
        return cls(
            x_px=float(center_px[0]),
            y_px=float(center_px[1]),
            side_px=2 * MARGIN * max(math.hypot(right, down), 1.0),
            roll_rad=math.atan2(right, -down),
        )

    @classmethod
    def whole(cls, width_px: int, height_px: int) -> Self:
        """Return the window that holds a whole picture."""
        return cls(
            x_px=width_px / 2, y_px=height_px / 2, side_px=max(width_px, height_px)
        )

    @property
    def center_px(self) -> FloatArray:
        """(2,) its middle."""
        return np.array([self.x_px, self.y_px])

    def moved(self, step_px: FloatArray) -> Self:
        """Return it shifted by (2,) pixels."""
        x_px, y_px = (self.center_px + step_px).tolist()
        return replace(self, x_px=x_px, y_px=y_px)

    def turned(self) -> FloatArray:
        """Return (2, 2), what turns directions in the window to the picture's."""
        cos, sin = math.cos(self.roll_rad), math.sin(self.roll_rad)
        return np.array([[cos, -sin], [sin, cos]])

    def to_picture(self, points: FloatArray) -> FloatArray:
        """Map (…, 2) shares of the window to pixels of the picture."""
        return self.center_px + self.side_px * (points - 0.5) @ self.turned().T

    def affine(self, size: int) -> FloatArray:
        """Return (2, 3), what maps a pixel of the ``size``² crop to the picture's."""
        scale = self.side_px / size * self.turned()
        origin = self.to_picture(np.zeros(2))
        return np.column_stack([scale, origin])
