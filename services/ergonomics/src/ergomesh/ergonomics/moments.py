"""Pictures of a clip's moments for the report."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from ergomesh.ergonomics.core.look import Picture
from ergomesh.ergonomics.documents.pictures import MomentPicture
from ergomesh.ergonomics.overlay import OverlayError
from ergomesh.ergonomics.pictures.moment import (
    Moments,
    body_panels,
    jpeg_of,
    moments_of,
    photo_panel,
    png_of,
)
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.source_frames import opened, pictures_at, shown


def render_moments(
    source: str | Path, what: Shown, frames: Sequence[int]
) -> tuple[MomentPicture, ...]:
    """Return the pictures of some moments, in their order.

    Args:
        source: Path, or http(s) address, of the clip.
        what: Is shown.
        frames: Source frames that were analysed, as in ``Result.worst_moments``.

    Raises:
        OverlayError: When the source cannot be read.
        SceneError: When the scene is none of ours.
    """
    moments = moments_of(what)
    rows = np.searchsorted(what.motion.frame, frames).tolist()
    times_s = what.motion.time_s[rows].tolist()
    try:
        with opened(source) as reader:
            photos = pictures_at(reader, what.clip, times_s)
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or type(error).__name__
        msg = f"The moments of {shown(source)} could not be read: {reason}."
        raise OverlayError(msg) from error
    return tuple(
        _moment(moments, photo, row, frame)
        for photo, row, frame in zip(photos, rows, frames, strict=True)
    )


def _moment(
    moments: Moments, photo: Picture | None, row: int, frame: int
) -> MomentPicture:
    clip = None if photo is None else photo_panel(moments, photo, row)
    body = body_panels(moments, row)
    return MomentPicture(
        frame=frame,
        clip=None if clip is None else jpeg_of(clip),
        body=None if body is None else png_of(body),
    )
