"""Measure how fast overlay and moments are drawn: frames a second, and what costs.

    PYTHONPATH=tests python -m bench.overlay_bench RESULTS CLIP

RESULTS is a folder of ``ergomesh analyze CLIP``. The clip is brought to 720p H.264
first, so that the figures are of what cameras record; each run is repeated. CPU times
are of one part alone, on one thread.
"""

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import msgspec
import numpy as np

from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.clip import ClipInfo, decode_clip
from ergomesh.contract.job import Faces, TaskFacts
from ergomesh.contract.people import decode_people
from ergomesh.ergonomics import overlay
from ergomesh.ergonomics.core.angles import joint_angles
from ergomesh.ergonomics.core.scores import score_motion
from ergomesh.ergonomics.moments import render_moments
from ergomesh.ergonomics.pictures.planes import Canvas
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.source_frames import opened

SIZE_PX: Final = (1280, 720)
MOMENTS: Final = 10


def subject(results: Path) -> Shown:
    """Return what a folder of results shows."""

    def _read(name: str) -> bytes:
        return (results / name).read_bytes()

    motion = Motion.from_npz(_read("motion.npz"))
    angles = joint_angles(motion)
    return Shown(
        clip=decode_clip(_read("clip.json")),
        landmarks=Landmarks.from_npz(_read("landmarks.npz")),
        motion=motion,
        angles=angles,
        scores=score_motion(motion, angles, TaskFacts()),
        scene=_read("scene.glb"),
        people=decode_people(_read("people.json")),
    )


def at_720p(what: Shown, source: Path, out: Path) -> Shown:
    """Write the clip at 720p, H.264, and return what it shows there."""
    width, height = SIZE_PX
    with av.open(str(source)) as reader, av.open(str(out), "w") as writer:
        rate = Fraction(what.clip.frame_rate_hz).limit_denominator(1001)
        stream = writer.add_stream("libx264", rate=rate, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in reader.decode(video=0):
            small = frame.reformat(width=width, height=height, format="yuv420p")
            writer.mux(stream.encode(small))
        writer.mux(stream.encode(None))
    return _scaled(what)


def _scaled(what: Shown) -> Shown:
    width, height = SIZE_PX
    scale = np.array([width / what.clip.width_px, height / what.clip.height_px])
    lens = np.diag([*scale, 1.0]) @ what.motion.intrinsics
    motion = dataclasses.replace(
        what.motion, intrinsics=lens, points_px=what.motion.points_px * scale
    )
    landmarks = dataclasses.replace(
        what.landmarks, points_px=what.landmarks.points_px * scale
    )
    clip: ClipInfo = msgspec.structs.replace(
        what.clip, width_px=width, height_px=height, rotation_deg=0, first_pts_s=0.0
    )
    return dataclasses.replace(what, clip=clip, motion=motion, landmarks=landmarks)


def timed(work: Callable[[], object], runs: int) -> tuple[list[float], list[float]]:
    """Return wall and CPU seconds of each run."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return walls, cpus


def parts(what: Shown, source: Path) -> dict[str, Callable[[], object]]:
    """Return the overlay's parts, each by itself."""
    sheet = overlay._sheet(what)
    kept: list[tuple[int, Canvas]] = []

    def _decode() -> None:
        with opened(source) as reader:
            kept[:] = overlay._canvases(reader, what.clip, sheet.layout)

    def _draw() -> None:
        for index, canvas in kept:
            overlay._draw(canvas.planes, sheet, index)

    def _encode() -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            opened(source) as reader,
            overlay._created(Path(folder, "out.mp4")) as writer,
        ):
            stream = overlay._video_stream(writer, reader, what.clip, sheet.layout)
            for index, canvas in kept:
                writer.mux(stream.encode(overlay._timed(canvas, what.clip, index)))
            writer.mux(stream.encode(None))

    return {"decode and scale": _decode, "draw": _draw, "encode": _encode}


def rows(what: Shown, source: Path, folder: Path, runs: int) -> list[str]:
    """Return the lines of the table."""
    count = len(what.clip.frame_times_s)
    out = folder / "overlay.mp4"

    def _whole() -> None:
        overlay.render_overlay(source, what, out, progress=lambda _: None)

    walls, cpus = timed(_whole, runs)
    found = [
        f"| overlay at 720p | {count / statistics.median(walls):.0f} frames/s |",
        f"| … slowest, fastest | {count / max(walls):.0f}, {count / min(walls):.0f} |",
        f"| CPU of a frame | {statistics.median(cpus) / count * 1e3:.1f} ms |",
    ]
    for name, work in parts(what, source).items():
        _, cpus = timed(work, runs)
        found.append(f"| … {name} | {statistics.median(cpus) / count * 1e3:.1f} ms |")
    seen = np.flatnonzero(np.isfinite(what.motion.points_px[:, 0, 0]))
    rows_at = seen[np.linspace(0, len(seen) - 1, MOMENTS).astype(int)]
    picks = what.motion.frame[rows_at].tolist()
    walls, _ = timed(lambda: render_moments(source, what, picks), runs)
    found.append(f"| {MOMENTS} moments | {statistics.median(walls):.2f} s |")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--faces", type=Faces, default=Faces.BLURRED)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "clip.mp4"
        what = at_720p(subject(asked.results), asked.clip, source)
        what = dataclasses.replace(what, faces=asked.faces)
        table = rows(what, source, folder, asked.runs)
    load = os.getloadavg()[0]
    sys.stdout.write("\n".join([*table, f"load at the end {load:.1f}", ""]))


if __name__ == "__main__":
    main()
