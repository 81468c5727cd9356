"""What each preset means for pose (DESIGN §4)."""

from dataclasses import dataclass
from typing import Final

from ergomesh.contract.job import Preset


@dataclass(frozen=True, slots=True)
class PosePlan:
    """Which models look at how many frames."""

    rate_hz: float
    """Analysed frames per second, at most."""
    image_model: str
    """Model for the landmarks in the picture."""
    world_models: tuple[str, ...]
    """Models for the landmarks in space; their mean counts."""
    mirrored: bool
    """Whether each model looks at the mirrored crop too, and the mean counts."""

    @property
    def models(self) -> tuple[str, ...]:
        """Each model once, the image model first."""
        return tuple(dict.fromkeys((self.image_model, *self.world_models)))

    @property
    def scout(self) -> str:
        """The quickest model, for telling who is there."""
        return self.models[-1]

    @property
    def label(self) -> str:
        """Name for the result's provenance."""
        return "+".join(self.models) + (", mirrored" if self.mirrored else "")


PLANS: Final[dict[Preset, PosePlan]] = {
    Preset.FAST: PosePlan(10.0, "lite", ("lite",), mirrored=False),
    Preset.BALANCED: PosePlan(15.0, "full", ("full",), mirrored=False),
    # Heavy is best in the picture; in space the mean of both, seen both ways
    # round, is better than either (mesh.md §7).
    Preset.BEST: PosePlan(30.0, "heavy", ("heavy", "full"), mirrored=True),
}
