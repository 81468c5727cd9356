"""A moment: the clip's picture with the skeleton, and beside it the body (cv2)."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.job import Faces
from ergomesh.ergonomics.core.look import Colour, Picture
from ergomesh.ergonomics.pictures.body import FAINT, camera_of
from ergomesh.ergonomics.pictures.faces import cover_faces_of
from ergomesh.ergonomics.pictures.figure import (
    PAPER,
    Figure,
    body_picture,
    framed,
    side_camera,
)
from ergomesh.ergonomics.pictures.heads import heads_at
from ergomesh.ergonomics.pictures.planes import picture_of, planes_of
from ergomesh.ergonomics.pictures.shade import Camera, known_bones
from ergomesh.ergonomics.pictures.skeleton import draw_skeleton
from ergomesh.ergonomics.pictures.skin import (
    Floats,
    Surface,
    bone_moves,
    posed,
    surface_of,
)
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.pictures.text import base_line, text_width, write
from ergomesh.ergonomics.pictures.words import WORDS

PANEL_PX: Final = (480, 640)
"""Width and height of each panel."""
CAPTION_PX: Final = 48
"""Height of the line below a body."""
JPEG_QUALITY: Final = 90
_GAP_PX: Final = 8
_LETTERS_PX: Final = 32
_INK: Final[Colour] = (60, 60, 60)


@dataclass(frozen=True, slots=True)
class Moments:
    """What the pictures of a clip's moments have in common."""

    what: Shown
    surface: Surface | None
    moves: Floats | None
    """(T, 55, 3, 4) of its bones; None without a surface."""

    def figure(self, frame: int) -> Figure | None:
        """Return the body in an analysed frame; None without one."""
        motion = self.what.motion
        if self.surface is None or self.moves is None:
            return None
        if not np.isfinite(self.moves[frame]).all():
            return None
        trunk = self.what.angles.value_deg("trunk_inclination")[frame]
        return Figure(
            self.surface,
            self.moves[frame],
            known_bones(motion.joint_observed[frame], FAINT),
            motion.joints_world_m[frame],
            has_trunk=bool(np.isfinite(trunk)),
            vertices_m=posed(self.surface, self.moves[frame])[0].astype(np.float64),
        )


def moments_of(what: Shown) -> Moments:
    """Return what the moments of a clip need, with every detail of the body.

    Raises:
        SceneError: When the scene is none of ours.
    """
    if what.scene is None:
        return Moments(what, None, None)
    surface = surface_of(what.scene)
    return Moments(what, surface, bone_moves(surface, what.motion))


def photo_panel(moments: Moments, photo: Picture, frame: int) -> Picture | None:
    """Return the clip's picture cut to the worker, with skeleton and without faces.

    ``None`` where nobody was seen.

    Args:
        moments: Of the clip.
        photo: The clip's upright picture in its own size: blue, green, red.
        frame: Analysed frame.
    """
    camera = _panel_camera(moments, frame)
    return None if camera is None else _cut(moments.what, photo, camera, frame)


def body_panels(moments: Moments, frame: int) -> Picture | None:
    """Return the body alone, twice: as the clip's camera sees it, and from its right.

    The first is as large and stands where the worker does in :func:`photo_panel`.
    ``None`` where nobody was seen.

    Args:
        moments: Of the clip.
        frame: Analysed frame.
    """
    figure, camera = moments.figure(frame), _panel_camera(moments, frame)
    if figure is None or camera is None:
        return None
    words = WORDS[moments.what.language]
    beside = framed(side_camera(figure, camera), figure.vertices_m, PANEL_PX)
    return _beside(
        _captioned(body_picture(figure, camera, PANEL_PX), words.same_view),
        _captioned(body_picture(figure, beside, PANEL_PX), words.side_view),
    )


def _panel_camera(moments: Moments, frame: int) -> Camera | None:
    """Return the clip's camera, its picture cut to the worker."""
    points = _points_m(moments, moments.figure(frame), frame)
    if points is None:
        return None
    return framed(camera_of(moments.what.motion), points, PANEL_PX)


def _points_m(moments: Moments, figure: Figure | None, frame: int) -> FloatArray | None:
    """Return what must be in the picture: the surface, else the joints."""
    if figure is not None:
        return figure.vertices_m
    joints = moments.what.motion.joints_world_m[frame]
    return joints if np.isfinite(joints).all() else None


def _cut(what: Shown, photo: Picture, camera: Camera, frame: int) -> Picture:
    """Return the photo as another camera in the same place would show it."""
    motion = what.motion
    covered = photo
    if what.faces is Faces.BLURRED:
        covered = _covered(what, photo, float(motion.time_s[frame]))
    change = camera.intrinsics @ np.linalg.inv(motion.intrinsics)
    shrinks = change[0, 0] < 1
    panel = cv2.warpAffine(
        covered,
        change[:2],
        PANEL_PX,
        flags=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
        borderValue=PAPER,
    )
    planes = planes_of(np.asarray(panel, np.uint8))
    points = motion.points_px[frame] @ change[:2, :2].T + change[:2, 2]
    draw_skeleton(
        planes, points, motion.joint_observed[frame], motion.joint_sd_m[frame]
    )
    return picture_of(planes)


def _covered(what: Shown, photo: Picture, time_s: float) -> Picture:
    covers = heads_at(
        np.array([time_s]), what.size_px, what.people, what.landmarks, what.motion
    )
    covered = photo.copy()
    cover_faces_of(covered, covers.at(0))
    return covered


def _captioned(panel: Picture, caption: str) -> Picture:
    """Return the panel with a line below, as wide as the panel at most."""
    width = panel.shape[1]
    line = np.full((CAPTION_PX, width, 3), PAPER, np.uint8)
    at_px = (width - text_width(caption, _LETTERS_PX)) // 2
    write(line, caption, (at_px, base_line(CAPTION_PX, _LETTERS_PX)), _INK, _LETTERS_PX)
    return np.vstack([panel, line])


def _beside(left: Picture, right: Picture) -> Picture:
    gap = np.full((len(left), _GAP_PX, 3), 255, np.uint8)
    return np.hstack([left, gap, right])


def png_of(picture: Picture) -> bytes:
    """Encode a blue-green-red picture as PNG: for what has few colours."""
    return _encoded(picture, ".png", ())


def jpeg_of(picture: Picture) -> bytes:
    """Encode a blue-green-red picture as JPEG: for photos."""
    return _encoded(picture, ".jpg", (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))


def _encoded(picture: Picture, kind: str, settings: tuple[int, ...]) -> bytes:
    _, raw = cv2.imencode(kind, picture, settings)
    return raw.tobytes()
