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
    world_model: str
    """Model for the landmarks in space; may be the same."""

    @property
    def models(self) -> tuple[str, ...]:
        """Each model once, the image model first."""
        return tuple(dict.fromkeys((self.image_model, self.world_model)))

    @property
    def label(self) -> str:
        """Name for the result's provenance."""
        return "+".join(self.models)


PLANS: Final[dict[Preset, PosePlan]] = {
    Preset.FAST: PosePlan(10.0, "lite", "lite"),
    Preset.BALANCED: PosePlan(15.0, "full", "full"),
    # Heavy is best in the picture and worst in depth (mesh.md §0.2).
    Preset.BEST: PosePlan(30.0, "heavy", "full"),
}
