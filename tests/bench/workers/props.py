"""Things of a script: their shape, and how those in the hands move."""

import numpy as np

from bench.workers.hands import palm_m
from bench.workers.look import PAINTS, linear
from bench.workers.perform import Performance
from bench.workers.rotations import apply, axes
from bench.workers.script import Prop, Rides
from bench.workers.surface import Surface, box, cylinder, turned
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT, SIDES


def prop_surface(prop: Prop, scale: float) -> Surface:
    """Return a prop in the frame of what it rides on, for a body of a scale."""
    make = box if prop.shape == "box" else cylinder
    solid = make([scale * size for size in prop.size_m], linear(PAINTS[prop.colour]))
    return solid.moved(turned(prop.turn_deg), scale * np.array(prop.at_m))


def prop_bones(rides: Rides, performed: Performance) -> FloatArray:
    """Return (T, 1, 4, 4) world from the frame of what a prop rides on."""
    if rides == "load":
        return _bones(performed.load_rotmat, performed.load_m)
    if rides == "hands":
        return _rod(performed)
    return _bones(performed.world[:, JOINT[rides]], performed.joints_m[:, JOINT[rides]])


def held_m(performed: Performance, side: str) -> FloatArray:
    """Return (T, 3) where a hand holds a rod."""
    wrist = JOINT[f"{side}_wrist"]
    palm = apply(performed.world[:, wrist], palm_m(side, performed.figure))
    held: FloatArray = performed.joints_m[:, wrist] + palm
    return held


def _rod(performed: Performance) -> FloatArray:
    """Return the frame of a rod: at the left palm, y from the right to the left."""
    left, right = (held_m(performed, side) for side in SIDES)
    frame = axes(left - right, np.array([0.0, 0.0, 1.0]))  # along, ahead, third
    rotmat = np.stack([-frame[..., 2], frame[..., 0], frame[..., 1]], axis=-1)
    return _bones(rotmat, left)


def _bones(rotmat: FloatArray, place_m: FloatArray) -> FloatArray:
    bones = np.zeros((len(place_m), 1, 4, 4))
    bones[:, 0, :3, :3], bones[:, 0, :3, 3] = rotmat, place_m
    bones[:, 0, 3, 3] = 1.0
    return bones
