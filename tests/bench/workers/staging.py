"""From a scene to what the renderer draws: people, things, hall, camera, lights."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.workers.cameras import Camera, camera_for
from bench.workers.dress import dressed, shade_of
from bench.workers.figure import BodyData, figure_of
from bench.workers.hall import hall_for
from bench.workers.lights import Lights, draw_lights
from bench.workers.look import draw_look
from bench.workers.motions.all import MOTIONS
from bench.workers.motions.bystanders import BYSTANDERS
from bench.workers.occluder import occluder_for, painted
from bench.workers.perform import Performance, perform
from bench.workers.props import prop_bones, prop_surface
from bench.workers.rotations import turn
from bench.workers.scenes import RATE_HZ, Scene
from bench.workers.script import Prop, Script
from bench.workers.surface import Stage, Surface
from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.skeleton import BODY_JOINTS, JOINT

_ROOM_M: Final = 0.2
"""Hands, flesh and shoes around the joints that the camera must have in view."""

_FRAMES_APART: Final = 5
"""A camera is placed by every fifth frame."""

_BYSTANDER_BEHIND_M: Final = (1.6, 2.6)
_BYSTANDER_ASIDE_M: Final = (0.5, 1.1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staged:
    """A scene ready to be filmed."""

    performance: Performance
    camera: Camera
    lights: Lights
    stage: Stage
    bones: tuple[FloatArray, ...]
    """For each actor, (T, B, 4, 4)."""


def play(scene: Scene, body: BodyData) -> tuple[Script, Performance, Camera]:
    """Return a scene's motion and camera, without anything to draw."""
    script = MOTIONS[scene.motion]
    figure = figure_of(body, np.array(scene.betas))
    performance = perform(script, figure, rate_hz=RATE_HZ, seed=scene.seed)
    camera = camera_for(
        scene.camera, room_of(performance), portrait=scene.portrait, seed=scene.seed
    )
    return script, performance, camera


def room_of(performance: Performance) -> FloatArray:
    """Return (N, 3) points about the joints' ways that a picture must show."""
    around = np.concatenate([_ROOM_M * np.eye(3), -_ROOM_M * np.eye(3)])
    joints = performance.joints_m[::_FRAMES_APART, : len(BODY_JOINTS), None]
    points: FloatArray = joints + around
    return points.reshape(-1, 3)


def stage(scene: Scene, body: BodyData) -> Staged:
    """Return a scene ready to be filmed."""
    script, performance, camera = play(scene, body)
    lights = draw_lights(scene.seed)
    hall = hall_for(camera.eye_m, bare=scene.bare, seed=scene.seed)
    things = _still_props(script, performance, camera.eye_m)
    if scene.occluder:
        block = occluder_for(performance, camera, scene.seed)
        things.append(painted(block, scene.seed))
    actors = [_Actor.worker(body, performance, scene.look)]
    actors += _moving_props(script, performance)
    if scene.bystander:
        actors.append(_bystander(scene, body, performance, camera))
    return Staged(
        performance=performance,
        camera=camera,
        lights=lights,
        stage=Stage(
            walls=hall.walls,
            furniture=hall.furniture,
            things=things,
            actors=[a.surface for a in actors],
            shades=[a.shade for a in actors],
        ),
        bones=tuple(a.bones for a in actors),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Actor:
    surface: Surface
    shade: Surface
    bones: FloatArray

    @classmethod
    def worker(cls, body: BodyData, performed: Performance, look: int) -> "_Actor":
        figure = performed.figure
        surface = dressed(body, figure, draw_look(look), look)
        return cls(surface, shade_of(figure), body_bones(performed))


def body_bones(performed: Performance) -> FloatArray:
    """Return (T, 55, 4, 4) world from the rest pose of each joint's part."""
    at_rest = performed.figure.joints_m[..., None]
    bones = np.zeros((*performed.joints_m.shape[:2], 4, 4))
    bones[..., :3, :3] = performed.world
    bones[..., :3, 3] = performed.joints_m - (performed.world @ at_rest)[..., 0]
    bones[..., 3, 3] = 1.0
    return bones


def _still_props(
    script: Script, performed: Performance, eye_m: FloatArray
) -> list[Surface]:
    return [
        prop_surface(prop, performed.figure.scale)
        for prop in script.props
        if prop.rides == "floor" and not (prop.wall and _is_between(prop, eye_m))
    ]


def _is_between(prop: Prop, eye_m: FloatArray) -> bool:
    """Say whether the camera is on the far side of a wall before the worker."""
    ahead = np.array(prop.at_m) * [1.0, 0.0, 1.0]
    return bool(eye_m @ ahead > ahead @ ahead)


def _moving_props(script: Script, performed: Performance) -> list[_Actor]:
    actors = []
    for prop in script.props:
        if prop.rides != "floor":
            surface = prop_surface(prop, performed.figure.scale)
            bones = prop_bones(prop.rides, performed)
            actors.append(_Actor(surface, surface, bones))
    return actors


def _bystander(
    scene: Scene, body: BodyData, performed: Performance, camera: Camera
) -> _Actor:
    """Return somebody behind the worker, as long as the worker's clip."""
    draw = np.random.default_rng((scene.seed, 61))
    script = BYSTANDERS[int(draw.integers(len(BYSTANDERS)))]
    figure = figure_of(body, np.clip(0.8 * draw.standard_normal(10), -2, 2))
    other = perform(script, figure, rate_hz=RATE_HZ, seed=scene.seed + 1)
    count = len(performed.times_s)
    middle = performed.joints_m[:, JOINT["pelvis"]].mean(axis=0) * [1.0, 0.0, 1.0]
    way = (middle - camera.eye_m) * [1.0, 0.0, 1.0]
    way /= np.linalg.norm(way)
    side = np.cross([0.0, 1.0, 0.0], way)
    sign = 1.0 if draw.random() < 0.5 else -1.0
    place = np.eye(4)
    away = draw.uniform(*_BYSTANDER_BEHIND_M) * way
    if script.name == "standing_by":
        away = away + sign * draw.uniform(*_BYSTANDER_ASIDE_M) * side
        heading = np.degrees(np.arctan2(-way[0], -way[2])) + draw.uniform(-60, 60)
    else:
        heading = np.degrees(np.arctan2(sign * side[0], sign * side[2]))
    place[:3, :3], place[:3, 3] = turn("y", heading), middle + away
    drawn = _Actor.worker(body, other, scene.look + 1000)
    return _Actor(drawn.surface, drawn.shade, (place @ drawn.bones)[:count])
