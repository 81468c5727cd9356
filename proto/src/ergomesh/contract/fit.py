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
