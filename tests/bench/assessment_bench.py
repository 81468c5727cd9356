"""Measure what docs/benchmarks.md says of assessments: ``make bench-assessment``.

A clip of five minutes, as the preset balanced looks at it: a synthetic worker, fitted.
Every step runs on one thread, in turns, so that a drift of the machine hits all.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.fit_bench import BODY, landmarks_of
from bench.stack_bench import Row
from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.job import JobSettings, TaskFacts
from ergomesh.ergonomics.assessment import Assessment, assess
from ergomesh.ergonomics.core.angles import Angles, joint_angles
from ergomesh.ergonomics.core.methods import other_methods
from ergomesh.ergonomics.core.scores import Scores, score_motion
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.papers import report, workbook
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.mesh.backends.fitting import fit_here
from ergomesh.mesh.body_file import load_body
from ergomesh.mesh.core.progress import unwatched
from ergomesh.mesh.stage import Fit

REPORT: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MARK: Final = "<!-- assessment_bench -->"
CLIP: Final = Path(__file__).parents[2] / "models" / "clips" / "demo.mp4"
"""Whose pictures stand for the moments': a report reads ten of them."""
ABOUT: Final = About(recording="bench.mp4")
RATE_HZ: Final = 15.0
DURATION_S: Final = 300.0
FRAMES: Final = int(RATE_HZ * DURATION_S)
TASK: Final = TaskFacts(load_kg=8.0)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A clip that was fitted."""

    clip: ClipInfo
    landmarks: Landmarks
    fit: Fit

    @classmethod
    def made(cls) -> "Case":
        """Fit a synthetic worker of five minutes."""
        landmarks = landmarks_of(load_body(BODY), FRAMES, RATE_HZ)
        fitted = fit_here(
            landmarks,
            JobSettings(),
            body=BODY,
            device="cpu",
            backend="local",
            watch=unwatched,
        )
        return cls(clip=clip_of(landmarks), landmarks=landmarks, fit=fitted)

    @property
    def motion(self) -> Motion:
        """The fitted body."""
        return self.fit.motion

    def assessed(self) -> Assessment:
        """Return the whole assessment."""
        return assess(
            clip=self.clip,
            landmarks=self.landmarks,
            motion=self.motion,
            fit=self.fit.report,
            people=None,
            settings=JobSettings(task=TASK),
            version="bench",
            timings_s={},
        )

    def shown(self, assessment: Assessment) -> Shown:
        """Return what documents are made from."""
        return Shown(
            clip=self.clip,
            landmarks=self.landmarks,
            motion=self.motion,
            angles=assessment.angles,
            scores=assessment.scores,
            scene=None,
            people=None,
        )


def clip_of(landmarks: Landmarks) -> ClipInfo:
    """Return facts of a clip of these frames."""
    width_px, height_px = landmarks.size_px.tolist()
    whole = TimeRange(index=0, start_s=0.0, end_s=DURATION_S, warmup_start_s=0.0)
    return ClipInfo(
        sha256="0" * 64,
        size=1,
        container="mp4",
        codec="h264",
        pixel_format="yuv420p",
        width_px=width_px,
        height_px=height_px,
        rotation_deg=0,
        duration_s=DURATION_S,
        frame_rate_hz=RATE_HZ,
        variable_frame_rate=False,
        first_pts_s=0.0,
        frame_times_s=landmarks.time_s.tolist(),
        ranges=[whole],
    )


def methods(motion: Motion, angles: Angles) -> Scores:
    """Assess by all seven methods, angles given."""
    scores = score_motion(motion, angles, TASK)
    other_methods(motion, angles, scores, TASK)
    return scores


def seconds_of(step: Callable[[], object]) -> float:
    """Return the processor time of a step."""
    began_s = time.process_time()
    step()
    return time.process_time() - began_s


def measure(rounds: int, say: Say) -> list[Row]:
    """Take every figure."""
    case = Case.made()
    assessment = case.assessed()
    shown = case.shown(assessment)
    steps: dict[str, Callable[[], object]] = {
        "methods": partial(methods, case.motion, assessment.angles),
        "angles": partial(joint_angles, case.motion),
        "whole": case.assessed,
        "report": partial(report, assessment, shown, CLIP, ABOUT),
        "workbook": partial(workbook, assessment, shown),
    }
    found: dict[str, list[float]] = {name: [] for name in steps}
    for k in range(rounds):
        for name, step in steps.items():
            found[name].append(seconds_of(step))
        say(f"round {k + 1} of {rounds}: report {found['report'][-1]:.1f} s")

    def rates(name: str) -> list[float]:
        return [FRAMES / seconds for seconds in found[name]]

    unit = "frames/s"
    return [
        Row("all methods, angles given", rates("methods"), unit, "≥ 50000"),
        Row("joint angles with their deviations", rates("angles"), unit, ""),
        Row("scores again with other facts", found["whole"], "s", "≤ 3"),
        Row("report.pdf", found["report"], "s", "≤ 5"),
        Row("workbook.xlsx", found["workbook"], "s", "≤ 2"),
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the report's section."""
    where = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    what = f"Processor time of one thread, {FRAMES} frames of {DURATION_S:.0f} s"
    how = f"Python {platform.python_version()}"
    lines = [
        "| figure | median | min … max | n | goal |",
        "|---|---|---|---|---|",
        *(row.text() for row in rows),
        "",
        f"{what}; {how}, {where}, load {os.getloadavg()[1]:.1f}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark; print its table, or put it into the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}")
    chosen = parser.parse_args()
    section = table(measure(chosen.rounds, _said))
    sys.stdout.write(section + "\n")
    if chosen.write:
        before, _, after = REPORT.read_text(encoding="utf-8").split(MARK)
        text = f"{before}{MARK}\n{section}\n{MARK}{after}"
        REPORT.write_text(text, encoding="utf-8")


def _said(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
