"""Measure what docs/benchmarks.md says about the fit: ``make bench-fit``.

Speed, memory, what cutting into chunks changes, and two published fitters on the
same frames in the same run. Ours and ``smplfitter`` alternate A B A B, so that a
drift of the machine hits both; ``keypoints2body`` is timed on a few frames.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from bench.fit_bench_peers import (
    BATCH,
    MOVED,
    SUBSET,
    Keypoints2Body,
    SmplFitter,
)
from bench.stack_bench import Row
from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.mesh.body_file import load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from ergomesh.mesh.core.settings import FitResult, FitSettings
from mesh.mesh_synthetic import make_scene

ROOT: Final = Path(__file__).parents[2]
BODY: Final = ROOT / "models" / "body" / "ergomesh_free_body.npz"
REPORT: Final = ROOT / "docs" / "benchmarks.md"
MARK: Final = "<!-- fit_bench -->"
FRAMES: Final = 900
LONG_FRAMES: Final = 18_000
"""Ten minutes at 30 Hz."""
CHUNKED_FRAMES: Final = 3600
PEER_FRAMES: Final = 4
RATE_HZ: Final = 30.0

Say = Callable[[str], None]


def landmarks_of(body: BodyModel, frames: int, rate_hz: float = RATE_HZ) -> Landmarks:
    """Return what a detector like MediaPipe makes of a synthetic worker."""
    return make_scene(body, seed=0, frames=frames, rate_hz=rate_hz).landmarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A fit and its speed, frames per second."""

    result: FitResult
    rate: float
    processor_rate: float
    """By the time of the processors, which a busy machine changes less."""


def timed_fit(landmarks: Landmarks, body: BodyModel) -> Timed:
    """Return a fit and how fast it was."""
    began_s, began_processor_s = time.perf_counter(), time.process_time()
    result = fit(landmarks, body, FitSettings())
    frames = len(landmarks.time_s)
    return Timed(
        result=result,
        rate=frames / (time.perf_counter() - began_s),
        processor_rate=frames / (time.process_time() - began_processor_s),
    )


def apart_deg(one: Motion, other: Motion) -> float:
    """Return the largest angle between the same joint's rotations in two motions."""
    turns = [
        rotvec_to_rotmat(torch.from_numpy(motion.poses.reshape(-1, 55, 3)[:, :MOVED]))
        for motion in (one, other)
    ]
    between = rotmat_to_rotvec(turns[0].mT @ turns[1]).norm(dim=-1)
    return float(between.rad2deg().max())


def chunked_apart_deg(body: BodyModel) -> float:
    """Return what solving two minutes in chunks changes, at most."""
    landmarks = landmarks_of(body, CHUNKED_FRAMES)
    chunked, whole = (
        fit(landmarks, body, FitSettings(chunk_frames=size)).motion
        for size in (FitSettings().chunk_frames, CHUNKED_FRAMES)
    )
    return apart_deg(chunked, whole)


def resident_mb(field: str) -> float:
    """Return a figure of ``/proc/self/status``: ``VmRSS``, or ``VmHWM``, its peak."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{field}:"))
    return int(line.split()[1]) / 1024


def long_fit_mb(frames: int) -> float:
    """Return by how much this process grows, at its peak, in a long fit."""
    body = load_body(BODY)
    fit(landmarks_of(body, 20), body, FitSettings())
    landmarks = landmarks_of(body, frames)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = resident_mb("VmRSS")
    fit(landmarks, body, FitSettings())
    return resident_mb("VmHWM") - before


def memory_apart() -> float:
    """Return :func:`long_fit_mb` of ten minutes, in a process of its own."""
    command = [sys.executable, "-m", "bench.fit_bench", "--memory", str(LONG_FRAMES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def in_turns(
    landmarks: Landmarks, body: BodyModel, rounds: int, folder: Path, say: Say
) -> list[Row]:
    """Time ours against smplfitter, A B A B."""
    report = (first := timed_fit(landmarks, body).result).report
    fitters = [SmplFitter(BODY, folder / str(size), size) for size in (None, SUBSET)]
    targets = [fitter.targets(first.motion) for fitter in fitters]
    rates = []
    for k in range(rounds):
        ours = timed_fit(landmarks, body)
        closed = [f.seconds(t) for f, t in zip(fitters, targets, strict=True)]
        rates.append((ours.rate, ours.processor_rate, *(BATCH / s for s in closed)))
        say(f"round {k + 1} of {rounds}: {ours.rate:.0f} frames/s")
    rate, processor, full, some = (list(column) for column in zip(*rates, strict=True))
    solves = [[float(stage.solves)] for stage in report.stages]
    few, unit, goal = f"{SUBSET} vertices", "frames/s", "≥ 0.33"
    return [
        Row(f"our fit, {FRAMES} frames", rate, unit, "≥ 500"),
        Row("the same per second of processor time", processor, unit, ""),
        Row("its iterations, coarse look", solves[0], "", ""),
        Row("its iterations, all frames", solves[-1], "", ""),
        Row("smplfitter, whole mesh", full, unit, ""),
        Row(f"smplfitter, {few}", some, unit, ""),
        Row("ours / smplfitter, whole mesh", ratios(rate, full), "x", goal),
        Row(f"ours / smplfitter, {few}", ratios(rate, some), "x", goal),
    ]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return the ratios of rates measured side by side."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def by_keypoints(
    landmarks: Landmarks, body: BodyModel, rounds: int, folder: Path, say: Say
) -> list[Row]:
    """Time ours against keypoints2body, A B A B, on a few frames of theirs."""
    peer = Keypoints2Body(BODY, folder / "keypoints2body")
    ours, theirs = [], []
    for k in range(rounds):
        timed = timed_fit(landmarks, body)
        ours.append(timed.rate)
        joints = timed.result.motion.joints_world_m[:PEER_FRAMES, :MOVED]
        theirs.append(1 / peer.frame_s(joints))
        say(f"round {k + 1} of {rounds}: keypoints2body {theirs[-1]:.2f} frames/s")
    return [
        Row("keypoints2body, after its first frame", theirs, "frames/s", ""),
        Row("ours / keypoints2body", ratios(ours, theirs), "x", "≥ 100"),
    ]


def measure(rounds: int, say: Say) -> list[Row]:
    """Take every figure."""
    body = load_body(BODY)
    landmarks = landmarks_of(body, FRAMES)
    with tempfile.TemporaryDirectory(prefix="ergomesh-bench-") as name:
        folder = Path(name)
        rows = in_turns(landmarks, body, rounds, folder, say)
        rows += by_keypoints(landmarks, body, max(1, rounds // 2), folder, say)
    say(f"{LONG_FRAMES} frames: memory")
    memory = Row(
        f"growth of the process, {LONG_FRAMES} frames", [memory_apart()], "MB", "≤ 1000"
    )
    say(f"{CHUNKED_FRAMES} frames: chunks")
    apart = [chunked_apart_deg(body)]
    return [
        *rows,
        memory,
        Row("chunked against unchunked, any joint", apart, "°", "≤ 0.5"),
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the report's section."""
    where = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    how = f"Python {platform.python_version()}, torch {torch.__version__}, {where}"
    what = f"synthetic landmarks at {RATE_HZ:.0f} Hz on the free body"
    lines = [
        "| figure | median | min … max | n | goal |",
        "|---|---|---|---|---|",
        *(row.text() for row in rows),
        "",
        f"{how}, load {os.getloadavg()[1]:.1f}; {what}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark; print its table, or put it into the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    parser.add_argument("--memory", type=int, help="only fit so many frames: MB")
    chosen = parser.parse_args()

    def say(line: str) -> None:
        sys.stderr.write(line + "\n")

    if chosen.memory:
        sys.stdout.write(f"{long_fit_mb(chosen.memory)}\n")
        return
    section = table(measure(chosen.rounds, say))
    sys.stdout.write(section + "\n")
    if chosen.write:
        before, _, after = REPORT.read_text(encoding="utf-8").split(MARK)
        text = f"{before}{MARK}\n{section}\n{MARK}{after}"
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
