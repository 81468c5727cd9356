"""What a posture and its speed usually are: the prior, the limits, the speeds.

Values are in swing-twist coordinates (:func:`rotations.swing_twist`) about rest
frame axes, x to the worker's left, y up, z ahead, written for the left side; the
right side has y and z negated. Flexion is +x at the spine and knee, -x at hip
and ankle (toes up), -y at the left elbow.

Limits are the ranges of motion of the American Academy of Orthopaedic Surgeons
(Greene, Heckman, "The Clinical Measurement of Joint Motion", 1994), widened by
10-20° for extreme work postures and split evenly over the joints of a chain.
Means and standard deviations are broad and our own: mesh.md §2.1 asks for a
prior near 0.7 rad against 2D noise of 1 cm, tight only where anatomy is.
Speeds are our own too, from angular velocities of walking and manual work.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from torch import Tensor

from ergomesh.contract.skeleton import BODY_JOINTS, mirrored
from ergomesh.mesh.core.rotations import swing_twist, swing_twist_coords

Triple = tuple[float, float, float]

LIMIT_SD_RAD: Final = 0.05
"""How firmly a limit holds: 3° beyond it cost one standard deviation."""

ROOT_SPEED_M: Final = 0.5
"""Expected root displacement after one second, per axis, as a random walk."""

_ALONG_X: Final[Triple] = (1.0, 0.0, 0.0)
_ALONG_Y: Final[Triple] = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPrior:
    """One joint's usual rotation, radians."""

    bone: Triple
    """Axis of twist at rest."""
    mean: Triple = (0.0, 0.0, 0.0)
    sd: Triple
    low: Triple
    high: Triple
    speed: float
    """Expected rotation after one second as a random walk, per axis."""

    def mirrored(self) -> Self:
        """Return the prior of the joint on the other side."""
        (x0, y0, z0), (x1, y1, z1) = self.low, self.high
        mean_x, mean_y, mean_z = self.mean
        return replace(
            self,
            mean=(mean_x, -mean_y, -mean_z),
            low=(x0, -y1, -z1),
            high=(x1, -y0, -z0),
        )


_SPINE: Final = JointPrior(
    bone=_ALONG_Y,
    sd=(0.25, 0.15, 0.15),
    low=(-0.25, -0.35, -0.35),
    high=(0.7, 0.35, 0.35),
    speed=0.3,
)
_NECK: Final = JointPrior(
    bone=_ALONG_Y,
    sd=(0.3, 0.3, 0.2),
    low=(-0.6, -0.75, -0.45),
    high=(0.6, 0.75, 0.45),
    speed=0.5,
)

PRIORS: Final[dict[str, JointPrior]] = {
    "spine1": _SPINE,
    "spine2": _SPINE,
    "spine3": _SPINE,
    "neck": _NECK,
    "head": _NECK,
    "left_hip": JointPrior(
        bone=_ALONG_Y,
        mean=(-0.4, 0.2, 0.15),
        sd=(0.8, 0.5, 0.45),
        low=(-2.6, -1.2, -0.9),
        high=(0.6, 1.7, 2.0),
        speed=0.8,
    ),
    "left_knee": JointPrior(
        bone=_ALONG_Y,
        mean=(0.3, 0.0, 0.0),
        sd=(0.8, 0.15, 0.08),
        low=(-0.1, -0.4, -0.15),
        high=(2.7, 0.4, 0.15),
        speed=1.2,
    ),
    "left_ankle": JointPrior(
        bone=_ALONG_Y,
        sd=(0.35, 0.25, 0.2),
        low=(-0.6, -0.6, -0.5),
        high=(0.95, 0.6, 0.5),
        speed=0.6,
    ),
    "left_foot": JointPrior(
        bone=_ALONG_Y,
        sd=(0.1, 0.05, 0.05),
        low=(-0.8, -0.2, -0.2),
        high=(0.5, 0.2, 0.2),
        speed=0.3,
    ),
    "left_collar": JointPrior(
        bone=_ALONG_X,
        sd=(0.1, 0.15, 0.15),
        low=(-0.4, -0.5, -0.35),
        high=(0.4, 0.5, 0.6),
        speed=0.3,
    ),
    "left_shoulder": JointPrior(
        bone=_ALONG_X,
        mean=(-0.3, -0.5, -0.9),
        sd=(0.7, 0.7, 0.7),
        low=(-1.9, -2.5, -1.9),
        high=(1.9, 1.2, 1.7),
        speed=0.8,
    ),
    "left_elbow": JointPrior(
        bone=_ALONG_X,
        mean=(0.2, -0.9, 0.0),
        sd=(0.5, 0.7, 0.08),
        low=(-1.7, -2.75, -0.15),
        high=(1.7, 0.15, 0.15),
        speed=1.0,
    ),
    "left_wrist": JointPrior(
        bone=_ALONG_X,
        sd=(0.2, 0.25, 0.35),
        low=(-0.5, -0.7, -1.4),
        high=(0.5, 0.7, 1.4),
        speed=1.0,
    ),
}
"""Priors of the trunk and the left side."""

_ROOT_SPEED: Final = 1.5
"""As :attr:`JointPrior.speed`, for the pelvis in space."""


def prior_of(joint: str) -> JointPrior:
    """Return the prior of a moved joint other than the pelvis."""
    if joint in PRIORS:
        return PRIORS[joint]
    return PRIORS[mirrored(joint)].mirrored()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosturePrior:
    """The table as tensors over the moved joints but the root, (J - 1, 3)."""

    bone: Tensor
    mean: Tensor
    sd: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def of(cls, like: Tensor) -> Self:
        """Build with the device and type of a tensor."""
        rows = [prior_of(joint) for joint in BODY_JOINTS[1:]]

        def stack(name: str) -> Tensor:
            return like.new_tensor([getattr(row, name) for row in rows])

        names = ("bone", "mean", "sd", "low", "high")
        return cls(**{name: stack(name) for name in names})

    def deviations(self, rotmats: Tensor) -> tuple[Tensor, Tensor]:
        """Return the first two of :meth:`residuals`, at a third of the effort."""
        return self._deviations(swing_twist_coords(rotmats[:, 1:], self.bone))

    def residuals(self, rotmats: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is unusual about poses, in standard deviations.

        Args:
            rotmats: (T, J, 3, 3) parent from joint.

        Returns:
            (T, J - 1, 3) against the mean, (T, J - 1, 3) beyond the limits, and
            (T, J - 1, 3, 3) derivative of the coordinates by a turn in the
            joint's own frame.
        """
        coords, jac = swing_twist(rotmats[:, 1:], self.bone)
        return *self._deviations(coords), jac

    def _deviations(self, coords: Tensor) -> tuple[Tensor, Tensor]:
        beyond = (coords - self.high).clamp_min(0) - (self.low - coords).clamp_min(0)
        return (coords - self.mean) / self.sd, beyond / LIMIT_SD_RAD


def step_variance(like: Tensor) -> Tensor:
    """Return (N,) variance of each unknown's change within one second."""
    joints = [_ROOT_SPEED, *(prior_of(joint).speed for joint in BODY_JOINTS[1:])]
    spread = like.new_tensor([ROOT_SPEED_M, *joints]).repeat_interleave(3)
    return spread**2
