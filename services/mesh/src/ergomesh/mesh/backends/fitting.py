"""The fit itself, wherever it runs: the one caller of the core.

The local backend and RunPod's handler both end here, so a rented GPU computes
what this machine would. Torch is imported at first use.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.fit import FitReport
from ergomesh.contract.job import JobSettings
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Unusable

if TYPE_CHECKING:
    from ergomesh.mesh.core.settings import FitResult


def body_path(models_dir: Path) -> Path:
    """Return the body model file to use.

    Raises:
        Unusable: When there is none.
    """
    from ergomesh.mesh.body_file import BodyFileError, find_body

    try:
        return find_body(models_dir)
    except BodyFileError as error:
        raise Unusable(FailureCode.MODEL_MISSING, str(error)) from error


def fit_here(
    landmarks: Landmarks,
    settings: JobSettings,
    *,
    body: Path,
    device: str,
    backend: str,
    watch: Callable[[float], None],
) -> Fit:
    """Fit the body in this thread.

    Args:
        landmarks: Of all analysed frames.
        settings: What the user chose.
        body: The body model file.
        device: Torch device.
        backend: Name to put in the report.
        watch: Called with the share done; may raise to end the fit.

    Raises:
        Unusable: When the landmarks cannot carry a fit, or the file is no body.
    """
    from ergomesh.mesh.body_file import BodyFileError, load_body
    from ergomesh.mesh.core.choices import settings_for
    from ergomesh.mesh.core.fit import fit
    from ergomesh.mesh.core.settings import NoPersonError

    chosen = settings_for(settings, device=device)
    try:
        result = fit(landmarks, load_body(body), chosen, watch=watch)
    except BodyFileError as error:
        raise Unusable(FailureCode.MODEL_MISSING, str(error)) from error
    except NoPersonError as error:
        raise Unusable(FailureCode.NO_PERSON, str(error)) from error
    return Fit(motion=result.motion, report=report_of(result, backend))


def report_of(result: "FitResult", backend: str) -> FitReport:
    """Return what the contract tells of a fit."""
    report = result.report
    return FitReport(
        converged=report.converged,
        iterations=report.iterations,
        residual_px_median=report.residual_px_median,
        focal_px=report.focal_px,
        focal_sd_px=report.focal_px * report.focal_log_sd,
        focal_source=str(report.focal_source),
        gravity_source=str(report.gravity_source),
        gravity_sd_deg=result.motion.gravity_sd_deg,
        frames_fitted=report.frames_fitted,
        frames_bridged=report.frames_bridged,
        frames_empty=report.frames_empty,
        backend=backend,
    )
