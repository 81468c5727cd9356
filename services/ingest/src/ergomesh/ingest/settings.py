"""Settings of the ingest service."""

from typing import Annotated

from pydantic import Field

from ergomesh.ingest.limits import Limits
from ergomesh.runtime.settings import Positive, RuntimeSettings

_DEFAULTS = Limits()


class IngestSettings(RuntimeSettings):
    """Limits of what is accepted, and how clips are cut."""

    max_bytes: Annotated[int, Field(ge=1)] = _DEFAULTS.max_bytes
    """Length of the file."""
    max_pixels: Annotated[int, Field(ge=1)] = _DEFAULTS.max_pixels
    """Width times height."""
    max_duration_s: Positive = _DEFAULTS.max_duration_s
    """Length of the clip."""
    range_s: Positive = 20.0
    """Length of a time range: what one pose worker takes at a time (DESIGN §3)."""
    overlap_s: Annotated[float, Field(ge=0)] = 1.0
    """How long before its range a worker starts, to let its tracker settle."""

    def limits(self) -> Limits:
        """Return the limits of a clip."""
        return Limits(
            max_bytes=self.max_bytes,
            max_pixels=self.max_pixels,
            max_duration_s=self.max_duration_s,
        )
