"""Decode one range and look at its frames."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.errors import FailureCode
from ergomesh.pose.assembly import to_landmarks
from ergomesh.pose.detection import Detection
from ergomesh.pose.frames import (
    Frame,
    FrameDecodeError,
    SourceUnreachableError,
    decode_range,
)
from ergomesh.pose.landmarker import Landmarker
from ergomesh.pose.prefetch import prefetched
from ergomesh.pose.presets import PosePlan
from ergomesh.pose.sampling import analysed_frames, in_range
from ergomesh.runtime.errors import Transient, Unusable

DECODE_AHEAD: Final = 4
"""Frames decoded ahead of the landmark model; 5 MB each at 1080p."""

Seen = dict[str, Detection | None]


def analyse_range(
    source: str,
    clip: ClipInfo,
    part: TimeRange,
    *,
    plan: PosePlan,
    models: dict[str, Path],
    progress: Callable[[float], None],
) -> Landmarks:
    """Return the landmarks of the analysed frames of one range.

    Args:
        source: Path or URL of the clip.
        clip: Facts about it.
        part: The range; its warm-up is looked at and thrown away.
        plan: Rate and models.
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
    try:
        seen = _look(frames, len(wanted), models, progress)
    except FrameDecodeError as error:
        msg = f"The clip cannot be decoded: {error}."
        raise Unusable(FailureCode.DAMAGED, msg) from error
    except SourceUnreachableError as error:
        msg = f"The clip cannot be read from the store: {error}."
        raise Transient(FailureCode.STORE_UNREACHABLE, msg) from error
    kept = seen[len(work.warm_up) :]
    return to_landmarks(
        frames=work.kept.tolist(),
        times_s=[clip.frame_times_s[i] for i in work.kept],
        image=[found[plan.image_model] for found in kept],
        world=[found[plan.world_model] for found in kept],
        size_px=(clip.width_px, clip.height_px),
        model=plan.label,
    )


def _look(
    frames: Iterator[Frame],
    count: int,
    models: dict[str, Path],
    progress: Callable[[float], None],
) -> list[Seen]:
    seen: list[Seen] = []
    with ExitStack() as stack:
        trackers = {
            name: stack.enter_context(Landmarker(path)) for name, path in models.items()
        }
        for frame in stack.enter_context(prefetched(frames, depth=DECODE_AHEAD)):
            seen.append(
                {
                    name: t.detect(frame.rgb, frame.time_s)
                    for name, t in trackers.items()
                }
            )
            progress(len(seen) / count)
    return seen
