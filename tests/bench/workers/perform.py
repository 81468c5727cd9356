"""From a script to a body in motion: forward and inverse kinematics, no physics."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.figure import Figure, walk_tree
from bench.workers.hands import ReachIn, curl_fingers, reach_with
from bench.workers.legs import LegsIn, hips_that_reach_m, step_with
from bench.workers.rotations import apply, inverse, turn, unit
from bench.workers.script import Script
from bench.workers.sway import Sway
from bench.workers.tracks import Track, retimed
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import JOINT, SIDES

SPINE_SHARE: Final = {
    "spine1": (0.30, 0.30, 0.15),
    "spine2": (0.35, 0.35, 0.30),
    "spine3": (0.35, 0.35, 0.55),
}
"""Shares of the trunk's flexion, side bend and twist: the lumbar spine bends, the
thoracic spine twists (White, Panjabi, "Clinical Biomechanics of the Spine", 1990)."""

GAZE_SHARE: Final = 0.85
"""The head does this part of a turn of the gaze, the eyes do the rest."""

GAZE_LIMIT_DEG: Final = (70.0, 55.0)
"""Greatest turn and nod of the head against the trunk; approached softly."""

GAZE_DOWN_DEG: Final = 12.0
"""A head held straight looks this much below its own horizon."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Performance:
    """A body in motion, in the script's world: y up, floor at 0."""

    figure: Figure
    times_s: FloatArray
    """(T,)."""
    local: FloatArray
    """(T, 55, 3, 3) parent from joint."""
    world: FloatArray
    """(T, 55, 3, 3) world from joint."""
    joints_m: FloatArray
    """(T, 55, 3)."""
    load_rotmat: FloatArray
    """(T, 3, 3) heading of the load."""
    load_m: FloatArray
    """(T, 3) place of the load; zero without one."""
    short_m: FloatArray
    """(T, 4) by how much a leg or arm missed its target: legs, then arms."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Moving frames: origin (T, 3) and axes (T, 3, 3) by name."""

    origins_m: dict[str, FloatArray]
    rotmats: dict[str, FloatArray]
    scale: float

    def carried(self, path: Track, times_s: FloatArray, out: float = 1.0) -> FloatArray:
        """Return (T, 3) the world's places of a track whose keys are carried.

        Args:
            path: Keys; only the first three values count.
            times_s: (T,).
            out: -1 where x counts to the right, as a right hand's does.
        """
        weights = path.weights(times_s)
        place = np.zeros((len(times_s), 3))
        for weight, key in zip(weights.T, path.keys, strict=True):
            sign = 1.0 if key.frame == "floor" else out
            value = self.scale * np.array(key.value[:3]) * [sign, 1.0, 1.0]
            rotmat, origin = self.rotmats[key.frame], self.origins_m[key.frame]
            place += weight[:, None] * (origin + apply(rotmat, value))
        return place


def perform(
    script: Script, figure: Figure, *, rate_hz: float, seed: int
) -> Performance:
    """Let a figure perform a script.

    Args:
        script: The motion.
        figure: The person.
        rate_hz: Frames a second.
        seed: Of the small variation: tempo, sway, aim.
    """
    sway = Sway.of(seed, script.sway)
    times = np.arange(round(script.duration_s * sway.tempo * rate_hz)) / rate_hz
    played = _Play(script, figure, times, sway)
    played.stand()
    played.bend()
    played.reach()
    played.look()
    return played.result()


class _Play:
    """The steps of a performance; each fills in more of the joints' rotations."""

    def __init__(
        self, script: Script, figure: Figure, times: FloatArray, sway: Sway
    ) -> None:
        self.script, self.figure, self.times, self.sway = script, figure, times, sway
        count = len(times)
        self.local = np.tile(np.eye(3), (count, 55, 1, 1))
        self.root = np.zeros((count, 3))
        self.short: list[FloatArray] = []
        zero, same = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
        self.frames = Frames({"floor": zero}, {"floor": same}, figure.scale)
        self.load = same, zero

    def timed(self, path: Track) -> Track:
        """Return a track in this performance's tempo."""
        return retimed(path, self.sway.tempo)

    def sampled(self, path: Track) -> FloatArray:
        """Return (T, N) a track's values."""
        return self.timed(path).sampled(self.times)

    def walked(self) -> tuple[FloatArray, FloatArray]:
        """Return the world's rotations and places of the joints as they are now."""
        return walk_tree(self.local, self.figure, self.root)

    def stand(self) -> None:
        """Place the pelvis and both legs."""
        heading = self.sampled(self.script.heading) + self.sway.heading(self.times)
        yaw, pitch, roll = heading.T
        self.local[:, 0] = turn("y", yaw) @ turn("x", pitch) @ turn("z", roll)
        feet = {s: self.sampled(self.script.feet[s]) for s in SIDES}
        legs = LegsIn(
            figure=self.figure,
            pelvis=self.local[:, 0],
            feet=feet,
            knees_out_deg=self.script.knees_out_deg,
        )
        hips = self.figure.scale * self.sampled(self.script.hips)
        hips += self.sway.hips(self.times)
        self.root = hips_that_reach_m(legs, hips)
        for side in SIDES:
            rotmats, short = step_with(side, legs, self.root)
            for joint, rotmat in rotmats.items():
                self.local[:, JOINT[joint]] = rotmat
            self.short.append(short)
        self.frames.rotmats["hips"] = turn("y", yaw)
        self.frames.origins_m["hips"] = self.root

    def bend(self) -> None:
        """Share the trunk's bend over the spine, and carry the load along."""
        trunk = self.sampled(self.script.trunk) + self.sway.trunk(self.times)
        for joint, share in SPINE_SHARE.items():
            flexion, side, twist = (trunk * share).T
            rotmat = turn("y", twist) @ turn("x", flexion) @ turn("z", side)
            self.local[:, JOINT[joint]] = rotmat
        self.frames.rotmats["load"], self.frames.origins_m["load"] = self.load
        if self.script.load is not None:
            self.load = self._carry(self.timed(self.script.load))
            self.frames.rotmats["load"], self.frames.origins_m["load"] = self.load

    def _carry(self, path: Track) -> tuple[FloatArray, FloatArray]:
        yaw = path.sampled(self.times)[:, 3]
        weights = path.weights(self.times)
        led = weights @ np.array([key.frame == "hips" for key in path.keys])
        hips = self.frames.rotmats["hips"]
        hips_yaw = np.degrees(np.unwrap(np.arctan2(hips[:, 0, 2], hips[:, 2, 2])))
        place = self.frames.carried(path, self.times)
        return turn("y", yaw + led * hips_yaw), place

    def reach(self) -> None:
        """Place both arms and hands."""
        world, places = self.walked()
        chest = world[:, JOINT["spine3"]]
        self.frames.rotmats.update(
            {
                "chest": chest,
                "shoulder": self.frames.rotmats["hips"],
            }
        )
        for side, out in zip(SIDES, (1.0, -1.0), strict=True):
            shoulder = places[:, JOINT[f"{side}_shoulder"]]
            self.frames.origins_m.update(chest=shoulder, shoulder=shoulder)
            path = self.timed(self.script.reach[side])
            target = self.frames.carried(path, self.times, out)
            target += self.sway.aim(self.times, side)
            hand = self.sampled(self.script.hand[side])
            collar = places[:, JOINT[f"{side}_collar"]]
            asked = ReachIn(
                self.figure, chest, collar, shoulder, target, hand, self.script.by_palm
            )
            rotmats, short = reach_with(side, asked)
            rotmats |= curl_fingers(side, hand[:, 4])
            for joint, rotmat in rotmats.items():
                self.local[:, JOINT[joint]] = rotmat
            self.short.append(short)

    def look(self) -> None:
        """Turn neck and head to what the eyes look at."""
        world, places = self.walked()
        chest = world[:, JOINT["spine3"]]
        target = self.frames.carried(self.timed(self.script.gaze), self.times)
        target = target + self.sway.gaze(self.times)
        x, y, z = unit(apply(inverse(chest), target - places[:, JOINT["head"]])).T
        yaw = _soft(GAZE_SHARE * np.degrees(np.arctan2(x, z)), GAZE_LIMIT_DEG[0])
        down = np.degrees(np.arctan2(-y, np.hypot(x, z))) - GAZE_DOWN_DEG
        nod = _soft(GAZE_SHARE * down, GAZE_LIMIT_DEG[1])
        half = turn("y", 0.5 * yaw) @ turn("x", 0.5 * nod)
        for joint in ("neck", "head"):
            self.local[:, JOINT[joint]] = half

    def result(self) -> Performance:
        """Return what was filled in."""
        world, joints = self.walked()
        return Performance(
            figure=self.figure,
            times_s=self.times,
            local=self.local,
            world=world,
            joints_m=joints,
            load_rotmat=self.load[0],
            load_m=self.load[1],
            short_m=np.stack(self.short, axis=1),
        )


def _soft(angle_deg: FloatArray, limit_deg: float) -> FloatArray:
    """Return an angle that nears a limit without reaching it."""
    soft: FloatArray = limit_deg * np.tanh(angle_deg / limit_deg)
    return soft
