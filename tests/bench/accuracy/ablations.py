"""What each part of the fit is worth: leave it out, or make it perfect (pure).

A part is left out by a setting, by an edit of the landmarks, or, where there is no
setting for it, by putting a function without it in its place.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest import mock

import numpy as np
import torch

from bench.accuracy.ideal import crop_rotmats, with_true_2d, with_true_3d
from ergomesh.contract.arrays import FloatArray, Landmarks, Motion
from ergomesh.contract.job import ViewFacts
from ergomesh.contract.skeleton import LANDMARK, SIDES
from ergomesh.mesh.core import posture
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.posture import PosturePrior
from ergomesh.mesh.core.settings import FitSettings
from ergomesh.mesh.core.sites import SITES

FAINT: Final = 100.0
"""A standard deviation this many times larger carries 1/10000 of the weight."""

LOOSE: Final = 1e3
"""Radians that no joint reaches."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """What a fit of one clip gets, and what it should find."""

    landmarks: Landmarks
    video: Landmarks
    """MediaPipe's own video mode on whole pictures, at the same frames."""
    truth: Motion
    body: BodyModel
    settings: FitSettings


Edit = Callable[[Inputs], Inputs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A fit with something left out or made perfect."""

    name: str
    edit: Edit
    patches: tuple[tuple[str, Any], ...] = ()
    """Names of the fit's functions, and what stands in for them."""

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the stand-ins in place while the block runs."""
        with ExitStack() as stack:
            for target, stand_in in self.patches:
                stack.enter_context(mock.patch(target, stand_in))
            yield


def settings(**changes: Any) -> Edit:
    """Return the edit that changes settings."""
    return lambda given: replace(given, settings=replace(given.settings, **changes))


def unchanged(given: Inputs) -> Inputs:
    """Return the inputs as they are."""
    return given


def _seen(given: Inputs, landmarks: Landmarks) -> Inputs:
    return replace(given, landmarks=landmarks)


def _faint_3d(given: Inputs) -> Inputs:
    x, y, z = given.settings.world_sd_m
    return settings(world_sd_m=(FAINT * x, FAINT * y, FAINT * z))(given)


def _faint_2d(given: Inputs) -> Inputs:
    return settings(pixel_sd_m=FAINT * given.settings.pixel_sd_m)(given)


def _unturned(given: Inputs) -> Inputs:
    """Undo the turn from the crop's view direction that the fit will make."""
    hips = given.landmarks.points_px[:, [LANDMARK[f"{s}_hip"] for s in SIDES]].mean(1)
    rays = crop_rotmats(np.nan_to_num(hips), given.truth)
    return _seen(
        given,
        replace(given.landmarks, points_world_m=given.landmarks.points_world_m @ rays),
    )


def _equally_visible(given: Inputs) -> Inputs:
    seen = np.where(given.landmarks.detected[:, None], 1.0, np.nan)
    same = np.broadcast_to(seen, given.landmarks.visibility.shape)
    return _seen(given, replace(given.landmarks, visibility=same))


def _without_lines(given: Inputs) -> Inputs:
    none = given.landmarks.background_lines_px[:0]
    return _seen(given, replace(given.landmarks, background_lines_px=none))


def _as_video(given: Inputs) -> Inputs:
    lines = given.landmarks.background_lines_px
    return _seen(given, replace(given.video, background_lines_px=lines))


def _in_turn(*edits: Edit) -> Edit:
    def edit(given: Inputs) -> Inputs:
        for one in edits:
            given = one(given)
        return given

    return edit


def _upright(up_cam: FloatArray) -> Edit:
    """Return the edit that tells the camera's tilt and roll, and shows no lines."""
    x, y, z = (float(value) for value in up_cam / np.linalg.norm(up_cam))
    told = ViewFacts(
        tilt_deg=math.degrees(math.asin(-z)), roll_deg=math.degrees(math.atan2(-x, -y))
    )
    return _in_turn(_without_lines, settings(view=told))


def _true_gravity(given: Inputs) -> Inputs:
    return _upright(given.truth.rotmat_cam_world[:, 1])(given)


def _true_focal(given: Inputs) -> Inputs:
    return settings(focal_px=float(given.truth.intrinsics[0, 0]))(given)


def _true_2d(given: Inputs) -> Inputs:
    return _seen(given, with_true_2d(given.landmarks, given.truth, given.body))


def _true_3d(given: Inputs) -> Inputs:
    return _seen(given, with_true_3d(given.landmarks, given.truth, given.body))


def _as_seen(landmarks: Landmarks, _max_gap_s: float) -> Landmarks:
    """Stand in for the search for exchanged sides, or for mirrored depths."""
    return landmarks


_ON_THE_ANCHORS: Final = tuple(
    replace(site, offset_m=(0.0, 0.0, 0.0), aside_m=None) for site in SITES
)
"""Landmarks taken for the body's own joints and special vertices."""


_USUAL_PRIOR: Final = posture.PosturePrior.of


def _any_posture(like: torch.Tensor) -> PosturePrior:
    """Stand in for the posture prior: wide, and without limits."""
    usual = _USUAL_PRIOR(like)
    wide = torch.full_like(usual.sd, LOOSE)
    return replace(usual, sd=wide, low=-wide, high=wide)


LEFT_OUT: Final = (
    Variant(name="nothing: the fit as it is", edit=unchanged),
    Variant(name="2D", edit=_faint_2d),
    Variant(name="3D, but for the start", edit=_faint_3d),
    Variant(name="temporal term", edit=settings(step_scale=FAINT)),
    Variant(name="turn by the viewing ray", edit=_unturned),
    Variant(name="body shape", edit=settings(betas_sd=1e-3)),
    Variant(
        name="posture prior and joint limits",
        edit=unchanged,
        patches=(("ergomesh.mesh.core.normal.PosturePrior.of", _any_posture),),
    ),
    Variant(name="robust kernel", edit=settings(robust_scales=(LOOSE, LOOSE))),
    Variant(name="visibility weights", edit=_equally_visible),
    Variant(
        name="search for exchanged sides",
        edit=unchanged,
        patches=(("ergomesh.mesh.core.fit.with_sides_in_order", _as_seen),),
    ),
    Variant(
        name="search for mirrored depths",
        edit=unchanged,
        patches=(("ergomesh.mesh.core.fit.with_depths_in_order", _as_seen),),
    ),
    Variant(
        name="landmark offsets",
        edit=unchanged,
        patches=(("ergomesh.mesh.core.body.SITES", _ON_THE_ANCHORS),),
    ),
    Variant(name="smoothing of the solved motion", edit=settings(smooth_sd_s=0.0)),
    Variant(name="lines of the room", edit=_without_lines),
    Variant(name="the vertical: level camera", edit=_upright(np.array((0, -1.0, 0)))),
    Variant(name="person crops: video mode as it comes", edit=_as_video),
)
"""Rows "without …"; the first leaves out nothing."""

MADE_PERFECT: Final = (
    Variant(name="vertical", edit=_true_gravity),
    Variant(name="focal length", edit=_true_focal),
    Variant(
        name="vertical and focal length", edit=_in_turn(_true_gravity, _true_focal)
    ),
    Variant(name="2D", edit=_true_2d),
    Variant(name="3D", edit=_true_3d),
    Variant(name="2D and 3D", edit=_in_turn(_true_2d, _true_3d)),
    Variant(
        name="2D, 3D, vertical and focal length",
        edit=_in_turn(_true_2d, _true_3d, _true_gravity, _true_focal),
    ),
)
"""Rows "with the true …": what limits the fit."""


EVERY: Final = (*LEFT_OUT, *MADE_PERFECT)


def refitted(given: Inputs, variant: Variant) -> Motion:
    """Fit with something left out or made perfect."""
    changed = variant.edit(given)
    with variant.in_place():
        return fit(changed.landmarks, changed.body, changed.settings).motion
