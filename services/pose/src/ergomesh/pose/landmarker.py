"""BlazePose behind a door: the only import of the engine that runs it.

A ``.task`` bundle of MediaPipe holds two networks: one finds people in a picture,
one finds 33 landmarks of a person whose place is known. Both are run directly, so
that a crop stays on one person (ADR 4).
"""

import os
import queue
import struct
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ergomesh.contract.arrays import FloatArray
from ergomesh.contract.errors import FailureCode
from ergomesh.pose import decoding, ssd
from ergomesh.pose.crop import Beyond, cut
from ergomesh.pose.decoding import RawLook, decoded
from ergomesh.pose.detection import Found, Look
from ergomesh.pose.region import Region
from ergomesh.runtime.errors import Unusable

DETECTOR: Final = "pose_detector.tflite"
LANDMARKS: Final = "pose_landmarks_detector.tflite"
"""Names in a bundle."""
_DETECTOR_OUTPUTS: Final = (0, 1)
"""Boxes, scores."""
_LANDMARK_OUTPUTS: Final = (0, 1, 3, 4)
"""Landmarks, score, heat, landmarks in space; 2 is a mask."""
_FILE_ID: Final = b"TFL3"
LANES: Final = min(2, os.cpu_count() or 1)
"""Networks run at once: each on one core, which they use best alone; another
pose worker uses more (measured: two threads in one network gain nothing)."""
LEAST_SCORE: Final = 0.5
"""Score from which a person is found: MediaPipe's own default."""

_NO_BUNDLE: Final = (
    OSError,
    zipfile.BadZipFile,
    KeyError,
    IndexError,
    TypeError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What reading a file raises that is no bundle of networks."""

Picture = NDArray[np.uint8]


class Network:
    """One network, run by one thread at a time."""

    def __init__(self, model: bytes) -> None:
        # Imported at first use: an idle worker spares the memory.
        from ai_edge_litert.interpreter import (  # type: ignore[import-untyped]
            Interpreter,
        )

        self._interpreter: Any = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [d["index"] for d in self._interpreter.get_output_details()]

    def __call__(self, pixels: NDArray[np.float32]) -> list[FloatArray]:
        """Return the outputs for a (H, W, 3) input."""
        self._interpreter.set_tensor(self._input, pixels[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


class Landmarker:
    """The networks of some models, several lanes of each."""

    def __init__(self, models: dict[str, Path]) -> None:
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="lane")
        first = next(iter(models.values()))
        self._detector = _lanes(first, DETECTOR, _DETECTOR_OUTPUTS)
        self._models = {
            name: _lanes(path, LANDMARKS, _LANDMARK_OUTPUTS)
            for name, path in models.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def finding(self, rgb: Picture, window: Region) -> "Future[list[Found]]":
        """Begin to find the people in a window of a picture.

        Args:
            rgb: (H, W, 3) upright picture.
            window: The part to search.
        """
        return self._pool.submit(self._find, rgb, window)

    def looking(
        self, rgb: Picture, region: Region, model: str, *, mirrored: bool = False
    ) -> "Future[Look]":
        """Begin to find the landmarks of a person.

        Args:
            rgb: (H, W, 3) upright picture.
            region: Where the person is.
            model: Which of the models.
            mirrored: Look at the mirrored crop; the result is turned back.
        """
        return self._pool.submit(self._look, rgb, region, model, mirrored=mirrored)

    def _find(self, rgb: Picture, window: Region) -> list[Found]:
        crop = cut(rgb, window, ssd.INPUT_PX, Beyond.BLACK)
        pixels = crop.astype(np.float32) / np.float32(127.5) - np.float32(1)
        with _borrowed(self._detector) as network:
            boxes, scores = network(pixels)
        return ssd.persons(boxes, scores[:, 0], window, least=LEAST_SCORE)

    def _look(
        self, rgb: Picture, region: Region, model: str, *, mirrored: bool
    ) -> Look:
        crop = cut(rgb, region, decoding.INPUT_PX, Beyond.EDGE)
        facing = crop[:, ::-1] if mirrored else crop
        pixels = facing * np.float32(1 / 255)
        with _borrowed(self._models[model]) as network:
            landmarks, score, heat, world_m = network(pixels)
        raw = RawLook(
            landmarks=landmarks, score=float(score[0]), heat=heat, world_m=world_m
        )
        return decoded(raw, region, mirrored=mirrored)


def _lanes(
    bundle: Path, member: str, outputs: tuple[int, ...]
) -> "queue.LifoQueue[Network]":
    """Load a bundle's network once per lane.

    Raises:
        Unusable: When the bundle is none.
    """
    lanes: queue.LifoQueue[Network] = queue.LifoQueue()
    try:
        model = _read(bundle, member, outputs, bundle.stat().st_mtime_ns)
        for _ in range(LANES):
            lanes.put(Network(model))
    except _NO_BUNDLE as error:
        msg = f"The pose model {bundle.name} cannot be read: run `make setup` again."
        raise Unusable(FailureCode.MODEL_MISSING, msg) from error
    return lanes


@lru_cache(maxsize=4)
def _read(bundle: Path, member: str, outputs: tuple[int, ...], _changed: int) -> bytes:
    """Return a network of a bundle, kept for the next range; trimming takes 0.3 s."""
    with zipfile.ZipFile(bundle) as parts:
        return trimmed(parts.read(member), outputs)


def trimmed(model: bytes, outputs: tuple[int, ...]) -> bytes:
    """Return a network that computes some of its outputs only.

    The landmark network's third output is a mask of the person, which nobody here
    looks at and which takes a third of its time (full: 17.6 → 11.0 ms, lite 10.3 →
    4.7, heavy 62 → 56).

    Args:
        model: The bytes of a ``.tflite`` file.
        outputs: Which outputs are wanted, in this order.
    """
    import flatbuffers
    from ai_edge_litert import (  # type: ignore[import-untyped]
        schema_py_generated as schema,
    )

    whole: Any = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = whole.subgraphs[0]
    graph.outputs = [graph.outputs[k] for k in outputs]
    needed, kept = set(graph.outputs), []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            kept.append(operator)
            needed.update(operator.inputs)
    graph.operators = kept[::-1]
    whole.signatureDefs = None  # it names the outputs
    builder = flatbuffers.Builder(len(model))
    builder.Finish(whole.Pack(builder), _FILE_ID)
    return bytes(builder.Output())


@contextmanager
def _borrowed(lanes: "queue.LifoQueue[Network]") -> Iterator[Network]:
    network = lanes.get()
    try:
        yield network
    finally:
        lanes.put(network)
