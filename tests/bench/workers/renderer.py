"""The only import of the rendering engine: moderngl on Mesa's software renderer.

What stands still is drawn once, with all its patterns and shadows. Each frame then
draws the actors only, in the part of the picture where they are, over the depth of
what may stand before them, and darkens the floor by their shadow.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.workers.cameras import Camera
from bench.workers.lights import Lights, flat_shadow, light_matrix
from bench.workers.surface import Stage, Surface, joined
from bench.workers.window import Window, corners_of, projection, windows_of
from ergomesh.contract.arrays import FloatArray

Picture = NDArray[np.uint8]

MOST_BONES: Final = 80
"""As in the shaders."""

_SHADERS: Final = Path(__file__).parent / "shaders"
_LAYOUT: Final = ("3f", "3f", "3f", "1f", "4f", "4f")
_NAMES: Final = (
    "in_point",
    "in_normal",
    "in_colour",
    "in_pattern",
    "in_bones",
    "in_weights",
)
_SIZES: Final = (12, 12, 12, 4, 16, 16)
_SHADOW_PX: Final = 2048
_SAMPLES: Final = 4
_SHADOW_BLUR_PX: Final = 3.0
_SKY: Final = (0.6, 0.65, 0.7)

NO_ENGINE: Final = "Rendering needs moderngl: pip install -r requirements-bench.txt"
NO_EGL: Final = (
    "Rendering needs EGL with Mesa's software renderer: "
    "install libegl1 and libgl1-mesa-dri (Debian, Ubuntu)."
)


class RendererError(Exception):
    """The machine cannot render."""


class _Device:
    """The engine: programs, vertex arrays, targets."""

    def __init__(self) -> None:
        try:
            import moderngl
        except ImportError as error:
            raise RendererError(NO_ENGINE) from error
        try:
            self.context: Any = moderngl.create_standalone_context(
                backend="egl"  # type: ignore[arg-type]  # annotated as all keywords
            )
        except Exception as error:  # glcontext raises nothing narrower
            raise RendererError(NO_EGL) from error
        self.culling = moderngl.CULL_FACE
        self.context.enable(moderngl.DEPTH_TEST | self.culling)

    def program(self, vertex: str, fragment: str) -> Any:
        """Return a program of two shader files."""
        return self.context.program(
            vertex_shader=(_SHADERS / vertex).read_text(),
            fragment_shader=(_SHADERS / fragment).read_text(),
        )

    def array(self, program: Any, surface: Surface) -> Any:
        """Return a surface ready to be drawn by a program."""
        vertices = self.context.buffer(surface.packed().tobytes())
        faces = self.context.buffer(surface.faces.astype(np.int32).tobytes())
        parts = [
            (part, name) if name in program else (f"{size}x", "")
            for part, size, name in zip(_LAYOUT, _SIZES, _NAMES, strict=True)
        ]
        layout = " ".join(part for part, _ in parts)
        names = [name for _, name in parts if name]
        return self.context.vertex_array(program, [(vertices, layout, *names)], faces)

    def targets(self, size_px: tuple[int, int]) -> tuple[Any, Any]:
        """Return a target with several samples a pixel, and one to read from."""
        context = self.context
        many = context.framebuffer(
            context.renderbuffer(size_px, 4, samples=_SAMPLES),
            context.depth_renderbuffer(size_px, samples=_SAMPLES),
        )
        return many, context.framebuffer(context.renderbuffer(size_px, 4))


class Renderer:
    """Draws a stage as one camera sees it."""

    def __init__(self, stage: Stage, camera: Camera, lights: Lights) -> None:
        self._device = _Device()
        self._stage, self._camera, self._lights = stage, camera, lights

    def close(self) -> None:
        """Give the context's memory back."""
        self._device.context.release()

    def still(self) -> Picture:
        """Return (H, W, 3) what stands still."""
        device, stage = self._device, self._stage
        program = device.program("hall.vert", "hall.frag")
        _light_up(program, self._lights)
        program["view"].write(_uniform(self._camera.view))
        program["projection"].write(_uniform(projection(self._camera)))
        program["light"].write(_uniform(light_matrix(self._lights.sun)))
        program["grid_m"].value = self._lights.grid_m
        shadow = self._shadow_map()
        many, one = device.targets(self._camera.size_px)
        many.use()
        many.clear(*_SKY, 1.0)
        shadow.use(0)
        everything = joined((*stage.walls, *stage.furniture, *stage.things))
        device.array(program, everything).render()
        device.context.copy_framebuffer(one, many)
        return _read(one, 3)

    def frames(self, bones: Sequence[FloatArray]) -> Iterator[Picture]:
        """Yield the pictures (H, W, 3).

        Args:
            bones: For each actor, (T, B, 4, 4) world from bone at rest.
        """
        background = self.still()
        corners = [corners_of(surface) for surface in self._stage.actors]
        windows = windows_of(self._camera, self._lights.sun, corners, bones)
        size = windows[0].size_px
        actors = _Actors(self._device, self._stage, self._camera, self._lights, size)
        for window, *now in zip(windows, *bones, strict=True):
            picture = background.copy()
            actors.draw_on(picture, window, now)
            yield picture

    def _shadow_map(self) -> Any:
        """Return the depth that the light sees of what stands still."""
        device, stage = self._device, self._stage
        depth = device.context.depth_texture((_SHADOW_PX, _SHADOW_PX))
        depth.compare_func = "<="
        target = device.context.framebuffer(depth_attachment=depth)
        program = device.program("rigid.vert", "nothing.frag")
        program["matrix"].write(_uniform(light_matrix(self._lights.sun)))
        target.use()
        target.clear()
        casting = (*stage.furniture, *stage.things)
        if casting:
            device.array(program, joined(casting)).render()
        return depth


class _Actors:
    """The actors' programs and targets, for windows of one size."""

    def __init__(
        self,
        device: _Device,
        stage: Stage,
        camera: Camera,
        lights: Lights,
        size_px: tuple[int, int],
    ) -> None:
        self._device, self._camera, self._lights = device, camera, lights
        self._program = device.program("actor.vert", "actor.frag")
        self._mask = device.program("actor.vert", "mask.frag")
        self._depth = device.program("rigid.vert", "nothing.frag")
        _light_up(self._program, lights)
        self._actors = [device.array(self._program, s) for s in stage.actors]
        self._shades = [device.array(self._mask, s) for s in stage.shades]
        self._before = [device.array(self._depth, s) for s in _merged(stage.things)]
        self._many, self._one = device.targets(size_px)
        context = device.context
        self._shadow = context.framebuffer(
            context.renderbuffer(size_px, 4), context.depth_renderbuffer(size_px)
        )

    def draw_on(
        self, picture: Picture, window: Window, bones: Sequence[FloatArray]
    ) -> None:
        """Draw the actors and their shadows over the background."""
        packed = [_uniform(_padded(matrices)) for matrices in bones]
        clip = projection(self._camera, window)
        shade = self._drawn_shadow(clip, packed)
        seen = self._drawn_actors(clip, packed)
        x, y = window.left_top_px
        width, height = window.size_px
        part = picture[y : y + height, x : x + width]
        soft = cv2.GaussianBlur(shade, (0, 0), _SHADOW_BLUR_PX)
        left = 1.0 - np.float32(self._lights.darkness / 255) * soft
        left *= 1.0 - np.float32(1 / 255) * seen[..., 3]
        behind = cv2.multiply(part, cv2.merge([left] * 3), dtype=cv2.CV_8U)
        part[:] = cv2.add(behind, seen[..., :3])

    def _drawn_actors(self, clip: FloatArray, packed: Sequence[bytes]) -> Picture:
        """Return (H, W, 4) the actors; alpha says how much they cover."""
        self._many.use()
        self._many.clear(0.0, 0.0, 0.0, 0.0)
        self._hide(clip)
        _aim(self._program, clip, self._camera.view)
        for array, matrices in zip(self._actors, packed, strict=True):
            self._program["bones"].write(matrices)
            array.render()
        self._device.context.copy_framebuffer(self._one, self._many)
        return _read(self._one, 4)

    def _drawn_shadow(self, clip: FloatArray, packed: Sequence[bytes]) -> Picture:
        """Return (H, W) where the actors' shadow lies on the floor: 255, or 0."""
        context, culling = self._device.context, self._device.culling
        self._shadow.use()
        self._shadow.clear(0.0, 0.0, 0.0, 0.0)
        self._hide(clip)
        _aim(self._mask, clip, self._camera.view @ flat_shadow(self._lights.sun))
        context.disable(culling)
        for array, matrices in zip(self._shades, packed, strict=True):
            self._mask["bones"].write(matrices)
            array.render()
        context.enable(culling)
        return _read(self._shadow, 1)[..., 0]

    def _hide(self, clip: FloatArray) -> None:
        """Fill in the depth of what may stand before the actors."""
        self._depth["matrix"].write(_uniform(clip @ self._camera.view))
        for array in self._before:
            array.render()


def _merged(surfaces: Sequence[Surface]) -> list[Surface]:
    return [joined(surfaces)] if surfaces else []


def _light_up(program: Any, lights: Lights) -> None:
    for name in Lights.UNIFORMS:
        program[name].value = tuple(getattr(lights, name))


def _aim(program: Any, clip: FloatArray, view: FloatArray) -> None:
    program["projection"].write(_uniform(clip))
    program["view"].write(_uniform(view))


def _read(target: Any, components: int) -> Picture:
    """Return (H, W, components) of a target, the upper row first."""
    width, height = target.size
    raw = np.frombuffer(target.read(components=components, alignment=1), dtype=np.uint8)
    return np.ascontiguousarray(raw.reshape(height, width, components)[::-1])


def _padded(matrices: FloatArray) -> FloatArray:
    """Return (MOST_BONES, 4, 4): the shader's array is always written whole."""
    rest = np.zeros((MOST_BONES - len(matrices), 4, 4))
    return np.concatenate([matrices, rest])


def _uniform(matrices: FloatArray) -> bytes:
    """Return matrices (..., 4, 4) column by column, as GLSL reads them."""
    raw: bytes = np.swapaxes(matrices, -1, -2).astype(np.float32).tobytes()
    return raw
