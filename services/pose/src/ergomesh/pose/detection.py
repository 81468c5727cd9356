"""What a landmark model saw in one frame (pure)."""

from dataclasses import dataclass

from ergomesh.contract.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One person in one frame; ``L`` is 33."""

    points_norm: FloatArray
    """(L, 3) x and y as shares of width and height, z scaled as x."""
    points_world_m: FloatArray
    """(L, 3) hip-centred, in the crop's own view direction."""
    visibility: FloatArray
    """(L,) in 0…1."""
    presence: FloatArray
    """(L,) in 0…1."""
