"""What the networks saw in one picture (pure)."""

from dataclasses import dataclass

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.pose.region import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person that the detector found."""

    score: float
    """How sure, 0…1."""
    region: Region
    """Where to look for the landmarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The landmarks of one person in one picture; ``L`` is 33."""

    score: float
    """How sure the network is that a person is in the region, 0…1."""
    next_region: Region
    """Where to look for the same person in the next picture."""
    points_px: FloatArray
    """(L, 2) in the whole upright picture."""
    depth_px: FloatArray
    """(L,) hip-mid origin, smaller is nearer, scaled as x."""
    points_world_m: FloatArray
    """(L, 3) hip-centred, in the region's own view direction."""
    visibility: FloatArray
    """(L,) in 0…1."""
    presence: FloatArray
    """(L,) in 0…1."""

    @property
    def box_px(self) -> FloatArray:
        """(4,) left, top, right, bottom of the landmarks."""
        return np.concatenate([self.points_px.min(axis=0), self.points_px.max(axis=0)])
