"""Decode one range and look at its pictures."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import PersonAt
from ergomesh.pose.assembly import Assembled, assemble
from ergomesh.pose.background import (
    GreyPicture,
    background_lines,
    reduced,
    sample_rows,
)
from ergomesh.pose.choice import NobodyThereError
from ergomesh.pose.frames import (
    Frame,
    FrameDecodeError,
    SourceUnreachableError,
    decode_range,
)
from ergomesh.pose.landmarker import Landmarker
from ergomesh.pose.lookout import Lookout, Watch, watch_for
from ergomesh.pose.notes import Sight, noted
from ergomesh.pose.prefetch import prefetched
from ergomesh.pose.presets import PosePlan
from ergomesh.pose.range_view import RangeView
from ergomesh.pose.sampling import analysed_frames, in_range
from ergomesh.pose.segments import join_lines
from ergomesh.runtime.errors import Transient, Unusable

DIAGONAL_35MM: Final = math.hypot(36.0, 24.0)
"""Of a picture on 35 mm film, millimetres."""
DECODE_AHEAD: Final = 4
"""Frames decoded ahead of the networks; 5 MB each at 1080p."""


def analyse_range(
    source: str,
    clip: ClipInfo,
    part: TimeRange,
    *,
    plan: PosePlan,
    watch: Watch,
    models: dict[str, Path],
    progress: Callable[[float], None],
) -> RangeView:
    """Return everybody in the analysed frames of one range.

    Args:
        source: Path or URL of the clip.
        clip: Facts about it.
        part: The range; its warm-up is looked at to know people again.
        plan: Rate and models.
        watch: Who is followed in every picture.
        models: Model name → bundle.
        progress: Called with the share of frames done, 0…1.

    Raises:
        Unusable: When the clip's data are damaged.
        Transient: When the source does not answer.
    """
    analysed = analysed_frames(clip.frame_times_s, plan.rate_hz)
    is_last = part.index == len(clip.ranges) - 1
    work = in_range(analysed, clip.frame_times_s, part, is_last=is_last)
    wanted = [*work.warm_up.tolist(), *work.kept.tolist()]
    frames = decode_range(source, clip, part, wanted)
    size_px = (clip.width_px, clip.height_px)
    try:
        with Landmarker(models) as eyes:
            lookout = Lookout(eyes, plan, size_px, watch)
            greys = _watch(frames, len(wanted), lookout, progress)
    except FrameDecodeError as error:
        msg = f"The clip cannot be decoded: {error}."
        raise Unusable(FailureCode.DAMAGED, msg) from error
    except SourceUnreachableError as error:
        msg = f"The clip cannot be read from the store: {error}."
        raise Transient(FailureCode.STORE_UNREACHABLE, msg) from error
    frame = np.concatenate([work.warm_up, work.kept])
    return noted(
        lookout.sights,
        lookout.tracks,
        lookout.glimpses,
        frame=frame,
        time_s=np.asarray(clip.frame_times_s, dtype=np.float64)[frame],
        kept=np.arange(len(frame)) >= len(work.warm_up),
        scanned=np.array(lookout.scanned, dtype=np.bool_),
        background_lines_px=_lines(lookout.sights, greys, size_px),
    )


def joined(
    views: Sequence[RangeView], clip: ClipInfo, plan: PosePlan, at: PersonAt | None
) -> Assembled:
    """Join the ranges of a clip: the worker's landmarks, and who else was there.

    Args:
        views: All ranges, in their order, from :func:`analyse_range`.
        clip: Facts about the clip.
        plan: With which they were looked at.
        at: Where the user pointed at the worker, if they did.

    Raises:
        Unusable: When nobody is where the user pointed.
    """
    size_px = (clip.width_px, clip.height_px)
    lines_px = join_lines([view.background_lines_px for view in views], size_px)
    try:
        return assemble(
            views,
            size_px=size_px,
            model=plan.label,
            at=at,
            background_lines_px=lines_px,
            lens_focal_px=lens_focal_px(clip.focal_length_35mm, size_px),
        )
    except NobodyThereError as error:
        raise Unusable(FailureCode.NO_PERSON, str(error)) from error


def lens_focal_px(focal_length_35mm: float | None, size_px: tuple[int, int]) -> float:
    """Return the focal length by the clip's metadata in pixels, 0 without.

    Lengths "of a 35 mm camera" compare the diagonals of pictures.

    Args:
        focal_length_35mm: Millimetres.
        size_px: Width and height of the picture.
    """
    if focal_length_35mm is None:
        return 0.0
    return focal_length_35mm / DIAGONAL_35MM * math.hypot(*size_px)


def analyse_clip(
    source: str,
    clip: ClipInfo,
    *,
    plan: PosePlan,
    models: dict[str, Path],
    at: PersonAt | None = None,
    progress: Callable[[float], None] | None = None,
) -> Assembled:
    """Return what the pose service finds in a clip, without the services around it.

    Args:
        source: Path or URL of the clip.
        clip: Facts about it.
        plan: Rate and models.
        models: Model name → bundle.
        at: Where the user pointed at the worker, if they did.
        progress: Called with the share of each range done, 0…1.

    Raises:
        Unusable: When the clip's data are damaged, or nobody is at that point.
        Transient: When the source does not answer.
    """
    views = [
        analyse_range(
            source,
            clip,
            part,
            plan=plan,
            watch=watch_for(at),
            models=models,
            progress=progress or (lambda _share: None),
        )
        for part in clip.ranges
    ]
    return joined(views, clip, plan, at)


def _watch(
    frames: Iterator[Frame],
    count: int,
    lookout: Lookout,
    progress: Callable[[float], None],
) -> dict[int, GreyPicture]:
    """Show all frames to the lookout; return a few for the background."""
    sampled = set(sample_rows(count).tolist())
    greys: dict[int, GreyPicture] = {}
    with prefetched(frames, depth=DECODE_AHEAD) as ahead:
        for step, frame in enumerate(ahead):
            lookout.look(frame)
            if step in sampled:
                greys[step] = reduced(frame.rgb)
            progress((step + 1) / count)
    return greys


def _lines(
    sights: Sequence[Sight], greys: dict[int, GreyPicture], size_px: tuple[int, int]
) -> FloatArray:
    """Return (M, 4) the edges of what is behind the people."""
    people = [_boxes_at(sights, step) / np.tile(size_px, 2) for step in greys]
    return background_lines(list(greys.values()), people, size_px)


def _boxes_at(sights: Sequence[Sight], step: int) -> FloatArray:
    """Return (P, 4) boxes of everybody in a picture; where not looked, the last."""
    latest = {sight.track: sight for sight in sights if sight.step <= step}
    near = [s for s in latest.values() if step - s.step <= _STILL_THERE]
    return np.reshape([s.seen.look.box_px for s in near], (-1, 4))


_STILL_THERE: Final = 6
"""Pictures for which somebody's place stays known: 0.4 s at 15 Hz."""
