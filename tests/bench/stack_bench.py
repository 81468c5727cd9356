"""Measure what docs/benchmarks.md says about the stack: ``make bench``.

Every figure is taken in one run on one machine, repeated, and reported as median
and spread. The comparison with the bare loop alternates A B A B, so that a drift of
the machine hits both.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import av
import nats
import numpy as np

from clips import demo_clip
from ergomesh.contract.envelope import decode_envelope
from ergomesh.contract.events import VERSION
from ergomesh.contract.job import JobState, JobStatus, Preset
from ergomesh.pose.models import model_paths
from ergomesh.pose.presets import PLANS
from ergomesh.pose.sampling import analysed_frames
from flow.flow_stack import RunningStack, demo_bytes, running_stack, unlike

ROOT: Final = Path(__file__).parents[2]
MODELS: Final = ROOT / "models"
REPORT: Final = ROOT / "docs" / "benchmarks.md"
MARK: Final = "<!-- stack_bench -->"
PLAN: Final = PLANS[Preset.BALANCED]
SETTING: Final = (
    "sample clip 1768x994 VP9, 7.7 s, preset balanced "
    f"({PLAN.rate_hz:.0f} frames/s analysed)."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    values: list[float]
    unit: str
    goal: str

    def text(self) -> str:
        """Return the line as Markdown."""
        low, high = min(self.values), max(self.values)
        middle = statistics.median(self.values)
        spread = f"{low:.2f} … {high:.2f}"
        return (
            f"| {self.what} | {middle:.2f} {self.unit} | {spread} | "
            f"{len(self.values)} | {self.goal} |"
        )


def memory_mb(pids: Sequence[int]) -> float:
    """Return the memory of processes, shared pages counted once (PSS)."""
    total_kb = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total_kb += int(line.split()[1])
    return total_kb / 1024


def stack_pids(stack: RunningStack) -> list[int]:
    """Return every process of a stack, the command itself included."""
    return [stack.record.pid, *stack.record.processes.values()]


async def event_times(stack: RunningStack, job: str) -> dict[str, float]:
    """Return the publishing time of each event of a job, seconds."""
    client = await nats.connect(stack.nats_url)
    reader = await client.jetstream().subscribe(
        f"{VERSION}.evt.*.{job}.>", ordered_consumer=True
    )
    found: dict[str, float] = {}
    while f"{VERSION}.job.completed" not in found and (
        f"{VERSION}.job.failed" not in found
    ):
        envelope = decode_envelope((await reader.next_msg(timeout=30)).data)
        found[envelope.type] = datetime.fromisoformat(envelope.time).timestamp()
    await client.close()
    return found


def finished(stack: RunningStack, mark: int) -> JobStatus:
    """Analyse the sample clip under new bytes; return its status."""
    answer = stack.submit(unlike(demo_bytes(), mark), preset="balanced")
    status = stack.wait(answer.json()["job"])
    if status.state is not JobState.COMPLETED:
        msg = f"the job failed: {status.failure}"
        raise RuntimeError(msg)
    return status


def bare_loop_s() -> float:
    """Return the time of decode + MediaPipe on the frames that pose analyses.

    No queue, no store, no second thread; loading the model is not counted.
    """
    import mediapipe
    from mediapipe.tasks.python import vision
    from mediapipe.tasks.python.core.base_options import BaseOptions

    (model,) = model_paths(PLAN, MODELS).values()
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
    )
    with vision.PoseLandmarker.create_from_options(options) as tracker:
        started_s = time.perf_counter()
        with av.open(demo_clip()) as container:
            container.streams.video[0].thread_type = "AUTO"
            wanted = set(wanted_frames().tolist())
            for index, frame in enumerate(container.decode(video=0)):
                if index in wanted:
                    rgb: Any = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
                    image = mediapipe.Image(mediapipe.ImageFormat.SRGB, rgb)
                    tracker.detect_for_video(image, index * 33)
        return time.perf_counter() - started_s


def wanted_frames() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the frames of the sample clip that the preset analyses."""
    with av.open(demo_clip()) as container:
        stream = container.streams.video[0]
        times = [
            float(p.pts * p.time_base)
            for p in container.demux(stream)
            if p.pts is not None and p.time_base is not None
        ]
    return analysed_frames(sorted(times), PLAN.rate_hz)


def measure(stack: RunningStack, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Take every figure."""
    idle = memory_mb(stack_pids(stack))
    say("warming up")
    finished(stack, 0)
    warm = memory_mb(stack_pids(stack))
    scores, ends, poses, bares = [], [], [], []
    for mark in range(1, rounds + 1):
        status = finished(stack, mark)
        at = asyncio.run(event_times(stack, status.job))
        accepted = at[f"{VERSION}.job.accepted"]
        scores.append(at[f"{VERSION}.ergonomics.completed"] - accepted)
        ends.append(at[f"{VERSION}.job.completed"] - accepted)
        poses.append(status.stages["pose"].seconds or 0.0)
        bares.append(bare_loop_s())
        say(f"clip {mark} of {rounds}: scores after {scores[-1]:.2f} s")
    pickups = [pickup_ms(stack, k) for k in range(4 * rounds)]
    late = memory_mb(stack_pids(stack))
    ratios = [bare / pose for bare, pose in zip(bares, poses, strict=True)]
    frames = len(wanted_frames())
    return [
        Row("scores published after the clip was accepted", scores, "s", "≤ 10.7 s"),
        Row("job completed, overlay included", ends, "s", ""),
        Row("pose service", [frames / s for s in poses], "frames/s", ""),
        Row("bare loop", [frames / s for s in bares], "frames/s", ""),
        Row("pose service against bare loop", ratios, "x", "≥ 0.9"),
        Row("accepted → ingest takes it up", pickups, "ms", "≤ 50 ms"),
        Row("idle stack, fresh", [idle], "MB", "≤ 1200 MB"),
        Row("idle stack after a job", [warm], "MB", "≤ 1200 MB"),
        Row("idle stack after all jobs of this table", [late], "MB", "≤ 1200 MB"),
    ]


def pickup_ms(stack: RunningStack, mark: int) -> float:
    """Return the time from accepted to taken up, with a job that ends at once."""
    job = stack.submit(f"not a video {mark}".encode()).json()["job"]
    at = asyncio.run(event_times(stack, job))
    return 1000 * (at[f"{VERSION}.ingest.started"] - at[f"{VERSION}.job.accepted"])


def table(rows: Sequence[Row]) -> str:
    """Return the report's section."""
    where = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    lines = [
        "| figure | median | min … max | n | goal |",
        "|---|---|---|---|---|",
        *(row.text() for row in rows),
        "",
        f"Python {platform.python_version()}, {where}; {SETTING}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark; print its table, or put it into the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="clips to time")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    chosen = parser.parse_args()

    def say(line: str) -> None:
        sys.stderr.write(line + "\n")

    with (
        tempfile.TemporaryDirectory(prefix="ergomesh-bench-") as folder,
        running_stack(Path(folder), models_dir=MODELS) as stack,
    ):
        section = table(measure(stack, chosen.rounds, say))
    sys.stdout.write(section + "\n")
    if chosen.write:
        before, _, after = REPORT.read_text(encoding="utf-8").split(MARK)
        text = f"{before}{MARK}\n{section}\n{MARK}{after}"
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
