"""What a caller may choose, and what a fit reports beside the motion.

::

    MeshError(Exception)
    ├── NoPersonError      no frame has a person
    └── BodyFileError      (ergomesh.mesh.body_file) an unusable body model file
"""

from dataclasses import dataclass, field
from enum import StrEnum

from ergomesh.contract.arrays import Motion
from ergomesh.contract.job import ViewFacts


class MeshError(Exception):
    """Base of everything the mesh service raises about its input."""


class NoPersonError(MeshError):
    """No frame of the landmarks has a person."""


class GravitySource(StrEnum):
    """Where the world's vertical came from."""

    GIVEN = "given"
    """The user knew it, or at least how far the camera looks down."""
    ROOM_LINES = "room_lines"
    """Straight edges of the background, among which the body told the upright."""
    UPRIGHT_BODY = "upright_body"
    """Trunk and shanks of the frames in which they are in line."""
    BENT_BODY = "bent_body"
    """Trunk and shanks, though they never were in line."""
    TRUNK = "trunk"
    """The trunk alone: the legs were not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GravityHint:
    """A vertical that was measured, such as by a calibration."""

    up_cam: tuple[float, float, float]
    """Upwards direction in the camera frame (x right, y down, z forward)."""
    sd_deg: float = 1.0
    """Its standard deviation."""


class FocalSource(StrEnum):
    """Where the focal length came from."""

    GIVEN = "given"
    """The user knew it."""
    ROOM_LINES = "room_lines"
    """Edges at right angles in the background."""
    METADATA = "metadata"
    """The recorder wrote it into the clip."""
    BODY = "body"
    """A usual camera's, as far as the body's proportions did not move it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How to fit. Standard deviations are the weights: each is in its own unit.

    The defaults of the data terms were chosen on synthetic motion so that 2D
    leads and 3D breaks ties: trusting MediaPipe's 3D twice as much costs 3°,
    a quarter as much costs nothing (shared/reference/mesh.md §7).
    """

    focal_px: float | None = None
    """A measured focal length, held fixed; ``None`` estimates it."""
    field_of_view_deg: float = 60.0
    """Expected angle of view along the picture's longer side."""
    log_focal_sd: float = 0.1
    """How far the focal length may leave the expectation, relative."""
    gravity: GravityHint | None = None
    """A measured vertical, which nothing else is to change."""
    view: ViewFacts = field(default_factory=ViewFacts)
    """What the user knows of the camera: its lens, tilt and roll."""
    max_gap_s: float = 0.5
    """Longest time without a person that is bridged by interpolation."""
    visible_from: float = 0.5
    """Visibility from which a landmark counts as seen."""
    pixel_sd_m: float = 0.01
    """2D noise of the best landmarks, as a length at the person's distance."""
    world_sd_m: tuple[float, float, float] = (0.08, 0.08, 0.2)
    """Noise of MediaPipe's 3D across and along the line of sight."""
    world_visibility_floor: float = 0.7
    """Hidden landmarks keep this visibility in 3D: on synthetic workers the depth of
    hidden elbows and knees errs by no more than that of visible ones."""
    robust_scales: tuple[float, ...] = (9.0, 3.0)
    """Geman-McClure widths in standard deviations, one per stage, falling."""
    step_scale: float = 0.5
    """Multiplies every expected speed of the temporal term."""
    smooth_sd_s: float = 0.16
    """Width of the kernel that smooths the solved motion: movement at 1 Hz keeps 91 %
    of its size, at 1.5 Hz 69 %; joints' accelerations err a fifth of MediaPipe's."""
    stature_m: float | None = None
    """Known barefoot height of the person; ``None`` leaves it to the landmarks."""
    betas_sd: float = 1.0
    """Prior of the shape components, in units of the body model."""
    max_iterations: int = 20
    """Linear solves per stage."""
    tolerance: float = 2e-3
    """The last stage ends when the cost is expected to fall by no more than this part
    of it; the stages before only warm up, and end at a
    hundred times it."""
    pixel_sd_factor: float = 1.5
    """Real 2D errors over ``pixel_sd_m``, for the stated uncertainty only. This and
    the next two were chosen on the tuning part of the synthetic benchmark, so that
    intervals hold what they say (``docs/benchmarks.md``): landmarks of one limb err
    together, and far more often by a lot than normal errors do."""
    world_sd_factor: float = 2.0
    """Real 3D errors over ``world_sd_m``, likewise."""
    world_turn_sd_deg: float = 12.0
    """By how much MediaPipe's 3D is turned as a whole, per axis, likewise. On the
    same clips shoulders are 10 cm off in depth against the hips, both together: 11°
    of the trunk, and more where a body is bent."""
    drift_m_s: float = 0.4
    """How far a landmark may have moved in the first second after it was hidden; a
    hand at work is faster, a trunk slower."""
    chunk_frames: int = 900
    """Frames solved at once, about: memory grows with it, 0.2 MB a frame."""
    device: str = "cpu"
    """Torch device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTrace:
    """How one stage of the solver went."""

    robust_scale: float
    """Geman-McClure width in standard deviations."""
    costs: tuple[float, ...]
    """Cost at the start and after each accepted step; never rises."""
    solves: int
    """Linear solves, rejected steps included."""
    converged: bool
    """Whether no decrease beyond the tolerance is to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """What there is to know about a fit, besides its motion."""

    stages: tuple[StageTrace, ...]
    """One per robust width."""
    residual_px_median: float
    """Median distance of seen landmarks from their fitted sites, pixels."""
    focal_px: float
    """Focal length used."""
    world_scale: float
    """MediaPipe's metres times this are the body's."""
    bones_m: dict[str, float] = field(hash=False)
    """Length of the bone that ends in each moved joint, but the root."""
    focal_log_sd: float
    """Its relative standard deviation."""
    focal_source: FocalSource
    gravity_source: GravitySource
    frames_fitted: int
    """Frames with a person."""
    frames_bridged: int
    """Frames without one that were interpolated."""
    frames_empty: int
    """Frames of longer gaps, NaN in the motion."""

    @property
    def converged(self) -> bool:
        """Whether the last stage did."""
        return self.stages[-1].converged

    @property
    def iterations(self) -> int:
        """Linear solves of all stages."""
        return sum(stage.solves for stage in self.stages)

    @property
    def costs(self) -> tuple[float, ...]:
        """Cost history of the last stage."""
        return self.stages[-1].costs


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """A fitted motion and how it came about."""

    motion: Motion
    report: FitReport
