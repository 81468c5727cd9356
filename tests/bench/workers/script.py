"""What a motion is: a script of keys for pelvis, trunk, feet, hands, gaze and load.

Places are in metres for the body of mean shape, which stands at the origin and looks
along z; x is to its left and y up from the floor. Another body gets every place times
its :attr:`~bench.workers.figure.Figure.scale`, tables and ladders too, so one script
suits all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bench.workers.tracks import STEP_SMOOTH_S, Key, Track, still, track
from ergomesh.contract.skeleton import SIDES

STAND_M: Final = 0.922
"""Height of the mean body's pelvis when it stands easy in shoes."""

STANCE_M: Final = 0.13
"""Each foot's distance from the midline in easy standing."""

BALL_AHEAD_M: Final = 0.13
"""The balls of the feet are this far before the pelvis in easy standing."""

Rides = Literal["floor", "load", "left_wrist", "right_wrist", "hands"]
"""What a prop moves with. ``hands``: a rod through both hands, along its y."""

PropShape = Literal["box", "cylinder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """A simple thing of the scene."""

    size_m: tuple[float, float, float]
    """Whole lengths along x, y and z; a cylinder stands along y."""
    at_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Its middle: in the world, or in the frame of what it rides on."""
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Turns about y, then x, then z."""
    rides: Rides = "floor"
    shape: PropShape = "box"
    colour: str = "wood"
    """A name of :data:`bench.workers.look.PAINTS`."""
    wall: bool = False
    """Whether it is left out where it would stand between camera and worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One motion."""

    name: str
    duration_s: float
    hips: Track
    """(x, y, z) of the pelvis joint; it is lowered where the legs are too short."""
    heading: Track
    """Pelvis: yaw to the left, pitch forward, roll to the right, degrees."""
    trunk: Track
    """Flexion, bend to the right, twist to the left over the whole spine, degrees."""
    feet: Mapping[str, Track]
    """Side → the ball of the foot (x, height over standing, z), yaw of the toes to
    the left and how much the heel is raised about the ball, degrees."""
    reach: Mapping[str, Track]
    """Side → place of the wrist."""
    by_palm: bool = False
    """Whether it is the place of the palms instead: for rods."""
    hand: Mapping[str, Track]
    """Side → elbow outwards, pronation from the handshake, wrist flexion, radial
    deviation, degrees; and how closed the hand is, 0…1."""
    gaze: Track
    """Place that the eyes look at; frames ``floor``, ``load``, ``hips``."""
    load: Track | None = None
    """(x, y, z, yaw) of the thing that is carried or pushed; ``floor``, ``hips``."""
    props: tuple[Prop, ...] = ()
    knees_out_deg: float = 8.0
    """How far the knees point outside the toes."""
    sway: float = 1.0
    """Share of the usual sway: less for a seated or kneeling trunk."""


Sides = Mapping[str, Track]


def mirrored(path: Track) -> Track:
    """Return the other hand's track: on the floor, x changes its sign."""
    return Track(tuple(_mirrored(key) for key in path.keys), path.smooth_s)


def _mirrored(key: Key) -> Key:
    if key.frame != "floor":
        return key
    x, *rest = key.value
    return Key(key.time_s, (-x, *rest), key.frame)


def both(path: Track) -> Sides:
    """Return the same for both hands, written for the left and mirrored."""
    return dict(zip(SIDES, (path, mirrored(path)), strict=True))


def alike(path: Track) -> Sides:
    """Return one track for both sides, as it is."""
    return dict.fromkeys(SIDES, path)


def pair(left: Track, right: Track) -> Sides:
    """Return the tracks of the two sides."""
    return dict(zip(SIDES, (left, right), strict=True))


def foot(*keys: tuple[float, tuple[float, ...]]) -> Track:
    """Return the track of a foot."""
    return track(*keys, smooth_s=STEP_SMOOTH_S)


def standing(
    out_m: float = STANCE_M, toes_out_deg: float = 10.0, stagger_m: float = 0.0
) -> Sides:
    """Return two planted feet; ``stagger_m`` puts the left one ahead of the right."""
    half = 0.5 * stagger_m
    return pair(
        foot((0.0, (out_m, 0.0, BALL_AHEAD_M + half, toes_out_deg, 0.0))),
        foot((0.0, (-out_m, 0.0, BALL_AHEAD_M - half, -toes_out_deg, 0.0))),
    )


HANGING: Final = (0.09, -0.47, 0.08)
"""A wrist beside the thigh, in the frame ``shoulder``."""

RELAXED: Final = still(20.0, 25.0, 5.0, 0.0, 0.3)
"""A hanging hand."""
