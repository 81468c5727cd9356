"""One clip, judged: the fit, or raw landmarks, beside the truth at the same frames."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from bench.accuracy.clip_files import ClipFiles
from bench.accuracy.compare import Comparison
from bench.accuracy.measured import Measured, measure, measure_exact, rows_of
from bench.accuracy.raw import measure_raw, rest_landmarks_m
from bench.accuracy.truth import at_frames, read_truth
from ergomesh.contract.arrays import FloatArray, IntArray, Landmarks, Motion
from ergomesh.ergonomics.core.support import walking
from ergomesh.ergonomics.core.thresholds import DEFAULT_THRESHOLDS
from ergomesh.mesh.core.body import BodyModel

_WHOLE_CLIP: Final = frozenset(
    {"size_px", "background_lines_px", "model", "lens_focal_px"}
)


def landmarks_at(landmarks: Landmarks, frames: IntArray) -> Landmarks:
    """Return the landmarks of some frames.

    Args:
        landmarks: One row per source frame.
        frames: Ascending source frames.

    Raises:
        LookupError: When a frame is missing.
    """
    rows = rows_of(landmarks.frame, frames)
    picked: dict[str, Any] = {
        field.name: getattr(landmarks, field.name)[rows]
        for field in fields(landmarks)
        if field.name not in _WHOLE_CLIP
    }
    return replace(landmarks, **picked)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """The truth of one clip at the frames of one preset."""

    clip: ClipFiles
    truth: Motion
    """At the analysed frames."""

    @classmethod
    def of(cls, clip: ClipFiles, frames: IntArray) -> "Judge":
        """Read the truth of a clip.

        Args:
            clip: The clip.
            frames: Ascending source frames that were analysed.
        """
        return cls(clip=clip, truth=at_frames(read_truth(clip.truth), frames))

    @cached_property
    def exact(self) -> Measured:
        """What the truth says."""
        return measure_exact(self.truth, self.clip.task)

    def motion(self, motion: Motion) -> Comparison:
        """Judge a fitted motion."""
        return self._beside(measure(motion, self.clip.task))

    def raw(
        self, landmarks: Landmarks, body: BodyModel, *, true_up: bool = False
    ) -> Comparison:
        """Judge world landmarks taken at their word.

        Args:
            landmarks: With at least the analysed frames.
            body: Whose rest pose counts as upright.
            true_up: Whether the true vertical is given, or the camera is level.
        """
        here = landmarks_at(landmarks, self.truth.frame)
        found = measure_raw(
            here,
            rest_landmarks_m(body),
            self.clip.task,
            walking=walking(self.truth, DEFAULT_THRESHOLDS),
            up_cam=self._up_cam() if true_up else None,
        )
        return self._beside(found)

    def _up_cam(self) -> FloatArray:
        return np.asarray(self.truth.rotmat_cam_world[:, 1])

    def _beside(self, found: Measured) -> Comparison:
        return Comparison(
            clip=self.clip.name,
            motion=self.clip.motion,
            view=self.clip.view,
            split=str(self.clip.split),
            found=found,
            exact=self.exact,
        )
