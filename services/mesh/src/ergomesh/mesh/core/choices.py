"""What a user chose, as the fit's settings: the one place that maps them."""

from typing import Final

from ergomesh.contract.job import JobSettings
from ergomesh.mesh.core.settings import FitSettings

SOLES_M: Final = 0.03
"""Work shoes lift a person by some 3 cm (our own estimate)."""


def settings_for(job: JobSettings, *, device: str = "cpu") -> FitSettings:
    """Return the settings of a job's fit.

    The preset and the facts about the work concern other services; of the view,
    each fact may be missing, and is then found from the clip (``gravity``).

    Args:
        job: What the user chose.
        device: Torch device.
    """
    height_m = job.worker.height_m
    stature_m = None if height_m is None else height_m - SOLES_M
    return FitSettings(view=job.view, stature_m=stature_m, device=device)
