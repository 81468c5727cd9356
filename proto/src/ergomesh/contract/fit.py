"""What the mesh service reports about a fit, beside the motion (``fit.json``)."""

import msgspec

from ergomesh.contract.errors import MALFORMED, UndecodableError


class FitReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the body fit of a clip went."""

    converged: bool
    """Whether the solver's last stage ended by itself."""
    iterations: int
    """Linear solves of all stages."""
    residual_px_median: float
    """Median distance of seen landmarks from their place on the body, pixels."""
    focal_px: float
    """Focal length that was used or found, pixels."""
    gravity_source: str
    """Where the vertical came from."""
    gravity_sd_deg: float
    """Standard deviation of the vertical."""
    frames_fitted: int
    """Analysed frames with a person."""
    frames_bridged: int
    """Frames without one, interpolated over at most half a second."""
    frames_empty: int
    """Frames of longer gaps, left empty."""
    backend: str
    """Where the fit ran."""
    fell_back: str | None = None
    """Why the fit ran here though a rented GPU was asked for; None: it was not so."""
    remote_job: str | None = None
    """The renter's id of the job."""
    queued_s: float | None = None
    """Time before a rented GPU took the job up, seconds."""
    executed_s: float | None = None
    """Time on rented GPUs, attempts that failed included, seconds."""
    gpu_rate_usd_s: float | None = None
    """Price of a second, as the operator stated it, US dollars."""
    cost_usd: float | None = None
    """``executed_s`` times the price. The GPU's start and its idle time come on top."""
    focal_sd_px: float | None = None
    """Standard deviation of the focal length; None: of an older fit."""
    focal_source: str | None = None
    """Where the focal length came from."""


def decode_fit(raw: bytes) -> FitReport:
    """Decode ``fit.json``.

    Raises:
        UndecodableError: When the bytes are not of the contract.
    """
    try:
        return msgspec.json.decode(raw, type=FitReport)
    except MALFORMED as error:
        msg = f"fit.json does not follow the contract: {error}"
        raise UndecodableError(msg) from error
