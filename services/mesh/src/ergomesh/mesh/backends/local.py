"""The fit on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.fit import FitReport
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest
from ergomesh.runtime.work import Work

if TYPE_CHECKING:
    from ergomesh.mesh.core.settings import FitResult

NAME: Final = "local"


class LocalBackend:
    """Fits in a thread of this process; torch is imported at first use."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir

    def body_digest(self) -> str:
        """Return the sha256 of the body model."""
        return file_digest(self._body_path())

    def _body_path(self) -> Path:
        from ergomesh.mesh.body_file import BodyFileError, find_body

        try:
            return find_body(self._models_dir)
        except BodyFileError as error:
            raise Unusable(FailureCode.MODEL_MISSING, str(error)) from error

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Fit the body to a whole clip."""
        result = await work.in_thread(_fit, landmarks, self._body_path())
        report = result.report
        return Fit(
            motion=result.motion,
            report=FitReport(
                converged=report.converged,
                iterations=report.iterations,
                residual_px_median=report.residual_px_median,
                focal_px=report.focal_px,
                gravity_source=str(report.gravity_source),
                gravity_sd_deg=result.motion.gravity_sd_deg,
                frames_fitted=report.frames_fitted,
                frames_bridged=report.frames_bridged,
                frames_empty=report.frames_empty,
                backend=NAME,
            ),
        )


def _fit(landmarks: Landmarks, body_path: Path) -> "FitResult":
    from ergomesh.mesh.body_file import BodyFileError, load_body
    from ergomesh.mesh.core.fit import fit
    from ergomesh.mesh.core.settings import FitSettings, NoPersonError

    try:
        return fit(landmarks, load_body(body_path), FitSettings())
    except BodyFileError as error:
        raise Unusable(FailureCode.MODEL_MISSING, str(error)) from error
    except NoPersonError as error:
        raise Unusable(FailureCode.NO_PERSON, str(error)) from error
