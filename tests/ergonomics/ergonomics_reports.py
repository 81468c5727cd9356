"""Results and series to write documents of."""

from io import BytesIO

from pypdf import PdfReader

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import TaskFacts
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.result import Result
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.core.shift import Operation, assess_shift
from ergomesh.ergonomics.core.shift_result import ShiftResult
from ergomesh.ergonomics.core.summary import summarize
from ergomesh.ergonomics.documents.report_series import ReportSeries, report_series
from ergonomics.ergonomics_nv361 import assessed, held, of_angles
from ergonomics.ergonomics_postures import (
    Pose,
    bent_elbow,
    clip_of,
    flexed_arm,
    motion_of,
)

GOOD = bent_elbow(80)
BAD: Pose = flexed_arm(130) | {"pelvis": (70, 25, 0), "right_knee": (80, 0, 0)}


def mixed_motion(frames: int = 40, *, pose_sd_rad: float = 0.05) -> Motion:
    """Return a motion that goes from good to bad and back, not quite certain."""
    arms = [flexed_arm(130.0 * min(k, frames - k) / frames) for k in range(frames)]
    poses = [BAD if k % 10 > 6 else arms[k] for k in range(frames)]
    return motion_of(poses, joint_sd_m=0.01, pose_sd_rad=pose_sd_rad)


def report_of(motion: Motion, **told: object) -> tuple[Result, ReportSeries]:
    """Assess a motion, as far as documents need it."""
    angles = joint_angles(motion)
    scores = score_motion(motion, angles, TaskFacts(**told))  # type: ignore[arg-type]  # facts by name
    clip = clip_of(motion)
    result = summarize(
        clip,
        motion,
        angles,
        scores,
        ergomesh_version="1.2.3",
        landmark_model="landmarks of a test",
        landmark_confidence=0.9,
    )
    return result, report_series(clip, motion, scores)


def shift_of(*names: str) -> ShiftResult:
    """Return a shift of equally long operations."""
    clip = assessed(of_angles(trunk_flexion=held(0.0, 50)))
    return assess_shift([Operation(name, 60.0, (clip,)) for name in names], 480)


def page_texts(pdf: bytes) -> list[str]:
    """Return what each page says, white space made single."""
    reader = PdfReader(BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]
