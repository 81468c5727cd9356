"""What the whole sequence shares: body shape, focal length, landmark scale.

They border the frames' system (``solver``), so one joint step moves them all.
"""

from typing import Final

from torch import Tensor

from ergomesh.mesh.core.body import BETAS
from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.settings import FitSettings

LOG_FOCAL: Final = BETAS
"""Index of the logarithm of focal length over :attr:`Evidence.focal_px`."""

LOG_SCALE: Final = BETAS + 1
"""Index of the logarithm of the body's metres over MediaPipe's."""

SHARED: Final = BETAS + 2
"""G: number of shared unknowns."""

LOG_SCALE_SD: Final = 0.1
"""MediaPipe's metres are those of an average adult, 5-10 % off (mesh.md §1.2)."""


def focal_px(evidence: Evidence, shared: Tensor) -> Tensor:
    """Return () the focal length in pixels."""
    return evidence.focal_px * shared[LOG_FOCAL].exp()


def shared_precision(evidence: Evidence, settings: FitSettings) -> Tensor:
    """Return (G,) prior precisions; the prior means are zero.

    Landmarks err the same way in every frame of a clip, so more frames do not
    make the shape better known: the prior counts once per frame.
    """
    sd = [settings.betas_sd] * BETAS + [evidence.log_focal_sd, LOG_SCALE_SD]
    frames = len(evidence.points_px)
    return frames / evidence.points_px.new_tensor(sd) ** 2
