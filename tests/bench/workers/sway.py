"""Nobody stands like a post: small, slow, seeded variation of a motion."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import SIDES

_WAVES: Final = 4
"""Sine waves that make up one sway."""

_SLOWEST_HZ, _FASTEST_HZ = 0.12, 0.7
"""Postural sway lies below 1 Hz (Winter 1995, Gait & Posture 3:193-214)."""

_HIPS_M: Final = (0.006, 0.002, 0.005)
_HEADING_DEG: Final = (1.5, 0.8, 0.8)
_TRUNK_DEG: Final = (1.8, 1.2, 1.5)
_AIM_M: Final = (0.004, 0.004, 0.004)
_GAZE_M: Final = (0.06, 0.05, 0.05)
_TEMPO: Final = 0.06
"""Greatest share by which a performance is faster or slower."""


@dataclass(frozen=True, slots=True, eq=False)
class Sway:
    """The variation of one performance."""

    seed: int
    share: float
    tempo: float
    """Factor of all times."""

    @classmethod
    def of(cls, seed: int, share: float) -> Self:
        """Draw it."""
        tempo = 1 + _TEMPO * np.random.default_rng(seed).uniform(-1, 1)
        return cls(seed, share, float(tempo))

    def hips(self, times_s: FloatArray) -> FloatArray:
        """Return (T, 3) metres."""
        return self._waves(1, times_s, _HIPS_M)

    def heading(self, times_s: FloatArray) -> FloatArray:
        """Return (T, 3) degrees of the pelvis: yaw, pitch, roll."""
        return self._waves(2, times_s, _HEADING_DEG)

    def trunk(self, times_s: FloatArray) -> FloatArray:
        """Return (T, 3) degrees of the trunk: flexion, side bend, twist."""
        return self._waves(3, times_s, _TRUNK_DEG)

    def gaze(self, times_s: FloatArray) -> FloatArray:
        """Return (T, 3) metres of what the eyes look at."""
        return self._waves(4, times_s, _GAZE_M)

    def aim(self, times_s: FloatArray, side: str) -> FloatArray:
        """Return (T, 3) metres of a wrist."""
        return self._waves(5 + SIDES.index(side), times_s, _AIM_M)

    def _waves(
        self, stream: int, times_s: FloatArray, size: tuple[float, float, float]
    ) -> FloatArray:
        draw = np.random.default_rng((self.seed, stream))
        rate = draw.uniform(_SLOWEST_HZ, _FASTEST_HZ, (_WAVES, 3))
        phase = draw.uniform(0, 2 * np.pi, (_WAVES, 3))
        waves = np.sin(2 * np.pi * rate * times_s[:, None, None] + phase)
        scaled: FloatArray = (
            self.share * np.array(size) * waves.sum(axis=1) / np.sqrt(_WAVES)
        )
        return scaled
