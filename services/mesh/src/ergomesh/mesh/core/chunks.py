"""Long sequences in chunks of frames, solved one after the other in the same memory.

All frames keep one state, so there is no seam to hide: a chunk's equations are
those of the whole sequence there, gradient included, and only how far its frames
move in one step is found as if the frames beyond stood still. Chunks overlap by
more frames than the coupling reaches, and of the overlap only the own half of each
chunk counts: a restricted additive Schwarz method (Cai, Sarkis, "A restricted
additive Schwarz preconditioner for general sparse linear systems", SIAM J. Sci.
Comput. 21, 1999). What the sequence shares is solved for all chunks together.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import torch

from ergomesh.mesh.core.evidence import Evidence
from ergomesh.mesh.core.slabs import slabs_of

OVERLAP_S: Final = 1.0
"""Overlap on either side at least, in time."""

OVERLAP_REACHES: Final = 4.0
"""Overlap on either side at least, in reaches of the smoothing: what a border does to
a joint that no landmark shows has fallen to a fiftieth."""

MOST_OVERLAP_FRAMES: Final = 300
"""Overlap on either side at most, whatever the frame rate."""

SEARCH: Final = 4
"""A border moves by up to one part in so many of a chunk, to where frames are not
coupled anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of frames that is solved at once."""

    own: slice
    """Frames it answers for."""
    span: slice
    """Frames it solves: its own, and the overlap on both sides."""

    @classmethod
    def whole(cls, count: int) -> Self:
        """Return the chunk of all frames."""
        return cls(own=slice(0, count), span=slice(0, count))

    @property
    def frames(self) -> int:
        """Frames it solves."""
        return int(self.span.stop - self.span.start)

    @property
    def inner(self) -> slice:
        """Its own frames, counted from the first of the span."""
        return slice(self.own.start - self.span.start, self.own.stop - self.span.start)

    def local(self, rows: slice) -> slice:
        """Return frames counted from the first of the span."""
        return slice(rows.start - self.span.start, rows.stop - self.span.start)

    def slabs(self, device: torch.device) -> tuple[list[slice], list[slice]]:
        """Return slices of its own frames, and of the overlap."""
        before = slice(self.span.start, self.own.start)
        after = slice(self.own.stop, self.span.stop)
        return slabs_of(self.own, device), [
            *slabs_of(before, device),
            *slabs_of(after, device),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The frames in time, as far as cutting needs to know."""

    linked: list[float]
    """T - 1, zero where two frames are not coupled."""
    step_s: list[float]
    """T - 1."""
    overlap: int
    """Frames of overlap at least."""

    @property
    def count(self) -> int:
        """Frames."""
        return len(self.linked) + 1

    def border(self, wanted: int, reach: int) -> int:
        """Return the frame to begin a chunk with: an uncoupled one, if one is near."""
        near = range(max(wanted - reach, 1), min(wanted + reach, self.count - 1) + 1)
        free = [k for k in near if not self.linked[k - 1]]
        return min(free, key=lambda k: abs(k - wanted), default=wanted)

    def outwards(self, border: int, way: int) -> int:
        """Return where a chunk's span ends, from its border outwards."""
        here, time_s = border, 0.0
        for _ in range(MOST_OVERLAP_FRAMES):
            enough = abs(here - border) >= self.overlap and time_s >= OVERLAP_S
            inside = 0 < here < self.count
            if enough or not inside or not self.linked[here - 1]:
                break
            time_s += self.step_s[here - 1]
            here += way
        return here

    def chunk(self, start: int, stop: int) -> Chunk:
        """Return the chunk that answers for some frames."""
        span = slice(self.outwards(start, -1), self.outwards(stop, 1))
        return Chunk(own=slice(start, stop), span=span)


def plan_chunks(
    evidence: Evidence, chunk_frames: int, reach_frames: float
) -> tuple[Chunk, ...]:
    """Return chunks of about equal length that cover all frames.

    Args:
        evidence: The landmarks: how frames are coupled, and how far apart they are.
        chunk_frames: Frames of a chunk at most, up to the search for a border.
        reach_frames: Over how many frames smoothing carries, falling by e.
    """
    line = _Line(
        linked=evidence.linked.tolist(),
        step_s=evidence.step_s.tolist(),
        overlap=math.ceil(OVERLAP_REACHES * reach_frames),
    )
    pieces = -(-line.count // chunk_frames)
    reach = line.count // pieces // SEARCH
    inner = [line.border(k * line.count // pieces, reach) for k in range(1, pieces)]
    return tuple(line.chunk(*ends) for ends in pairwise([0, *inner, line.count]))
