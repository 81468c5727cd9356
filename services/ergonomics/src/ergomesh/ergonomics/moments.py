"""Pictures of a clip's moments for the report."""

from collections.abc import Sequence
from pathlib import Path

import av

from ergomesh.ergonomics.overlay import OverlayError
from ergomesh.ergonomics.pictures.moment import moment_picture, moments_of, png_of
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.source_frames import opened, pictures_at, shown


def render_moments(
    source: str | Path, what: Shown, frames: Sequence[int]
) -> list[bytes]:
    """Return a PNG of each moment, see :func:`moment_picture`.

    Args:
        source: Path, or http(s) address, of the clip.
        what: Is shown.
        frames: Analysed frames, in any order.

    Raises:
        OverlayError: When the source cannot be read.
        SceneError: When the scene is none of ours.
    """
    moments = moments_of(what)
    times_s = [float(what.motion.time_s[frame]) for frame in frames]
    try:
        with opened(source) as reader:
            photos = pictures_at(reader, what.clip, times_s)
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or type(error).__name__
        msg = f"The moments of {shown(source)} could not be read: {reason}."
        raise OverlayError(msg) from error
    return [
        png_of(moment_picture(moments, photo, frame))
        for photo, frame in zip(photos, frames, strict=True)
    ]
