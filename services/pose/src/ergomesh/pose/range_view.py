"""What one worker saw of one time range: everybody, and their landmarks (pure).

The ranges of a clip are looked at independently. Who is the worker is decided when
all are there, so each keeps everybody who might be.
"""

import io
import zipfile
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from ergomesh.contract.arrays import BoolArray, FloatArray, IntArray
from ergomesh.contract.errors import UndecodableError


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeView:
    """Everybody in a range.

    ``T`` pictures, ``R`` sights of a person, ``Q`` looks, ``G`` glimpses of others.
    """

    frame: IntArray
    """(T,) indices of the analysed source frames, warm-up included."""
    time_s: FloatArray
    """(T,) their times."""
    kept: BoolArray
    """(T,) which are this range's own; the others only lead in."""
    scanned: BoolArray
    """(T,) in which the whole picture was searched."""
    track: IntArray
    """(R,) whom a sight is of."""
    step: IntArray
    """(R,) in which of the pictures."""
    box_px: FloatArray
    """(R, 4) left, top, right, bottom of the landmarks."""
    head_px: FloatArray
    """(R, 4) of the head."""
    checked: BoolArray
    """(R,) whether the detector found them there, too."""
    look: IntArray
    """(R,) row of the look, or -1 for a glance only."""
    points_px: FloatArray
    """(Q, L, 2)."""
    depth_px: FloatArray
    """(Q, L)."""
    points_world_m: FloatArray
    """(Q, L, 3)."""
    visibility: FloatArray
    """(Q, L)."""
    presence: FloatArray
    """(Q, L)."""
    colours: FloatArray
    """(N, C) clothes of each track, NaN where never seen."""
    glimpse_track: IntArray
    """(G,) in whose place somebody was found; below 0, a stranger."""
    glimpse_step: IntArray
    """(G,) in which of the pictures."""
    glimpse_box_px: FloatArray
    """(G, 4) as of the sights."""
    glimpse_head_px: FloatArray
    """(G, 4) as of the sights."""
    background_lines_px: FloatArray
    """(M, 4) straight edges of the still background."""

    def to_npz(self) -> bytes:
        """Encode as a range's file."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            allow_pickle=False,
            **{f.name: getattr(self, f.name) for f in fields(self)},
        )
        return file.getvalue()

    @classmethod
    def from_npz(cls, raw: bytes) -> "RangeView":
        """Decode a range's file.

        Raises:
            UndecodableError: When it is none.
        """
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
                values: dict[str, Any] = {f.name: stored[f.name] for f in fields(cls)}
        except _UNREADABLE as error:
            msg = f"the range's file cannot be read: {error}"
            raise UndecodableError(msg) from error
        return cls(**values)


_UNREADABLE: Final = (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile)
