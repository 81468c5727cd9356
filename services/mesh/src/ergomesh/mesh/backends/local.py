"""The fit on this machine."""

from pathlib import Path
from typing import Final

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.events import PoseCompleted
from ergomesh.contract.job import JobSettings
from ergomesh.mesh.backends.fitting import body_path, fit_here
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.file_digest import file_digest
from ergomesh.runtime.work import Work

NAME: Final = "local"


class LocalBackend:
    """Fits in a thread of this process; torch is imported at first use."""

    def __init__(self, body: Path, *, device: str = "cpu") -> None:
        """Take where to look for the body model, and the torch device."""
        self._body = body
        self._device = device

    def body_digest(self) -> str:
        """Return the sha256 of the body model."""
        return file_digest(body_path(self._body))

    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Fit the body to a whole clip."""
        return await work.in_thread(
            fit_here,
            landmarks,
            _settings_of(work),
            body=body_path(self._body),
            device=self._device,
            backend=NAME,
            watch=work.progress,
        )


def _settings_of(work: Work) -> JobSettings:
    event = work.event
    return event.settings if isinstance(event, PoseCompleted) else JobSettings()
