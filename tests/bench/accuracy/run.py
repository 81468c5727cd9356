"""Measure accuracy on synthetic workers, as docs/benchmarks.md reports it.

    make bench-accuracy
    PYTHONPATH=tests .venv/bin/python -m bench.accuracy.run --help

Clips are rendered once, the stack keeps what it computed, and landmarks are kept as
well: a second run after a change of the fit only fits again. Everything made lies in
one folder (``--out``), the report too; ``--write`` puts it into docs/.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track

from bench.accuracy import ablations, compare, report, screen
from bench.accuracy.ablations import Inputs, Variant, refitted
from bench.accuracy.clip_files import (
    ClipFiles,
    add_clip_options,
    chosen_clips,
    render_missing,
)
from bench.accuracy.compare import Comparison
from bench.accuracy.judge import Judge, landmarks_at
from bench.accuracy.landmarks import MODELS, VIDEO, Shelf, add_shelf_option
from bench.accuracy.pipeline import Analysed, Failed, analysed_clip, pipeline
from bench.accuracy.results import Part, Results
from bench.workers.scenes import Split
from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.job import JobSettings, Preset
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.settings import FitSettings

ROOT: Final = Path(__file__).parents[3]
DOCS: Final = ROOT / "docs"
OUT: Final = ROOT / ".bench" / "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A clip that went through the pipeline, with everything to judge it by."""

    analysed: Analysed
    video: Landmarks
    """MediaPipe's own video mode, every source frame."""
    judge: Judge

    @property
    def held_out(self) -> bool:
        """Whether nothing was tuned on it."""
        return self.analysed.clip.split is not Split.TUNING


def through_pipeline(
    clips: Sequence[ClipFiles], data_dir: Path, preset: Preset
) -> tuple[list[Analysed], list[Failed]]:
    """Send every clip through the real pipeline."""
    with pipeline(data_dir) as stack:
        answers = [
            analysed_clip(stack, clip, preset) for clip in track(clips, "the pipeline")
        ]
    return (
        [answer for answer in answers if isinstance(answer, Analysed)],
        [answer for answer in answers if isinstance(answer, Failed)],
    )


def cases_of(analysed: Sequence[Analysed], shelf: Shelf) -> list[Case]:
    """Add MediaPipe's own video mode and the truth to every clip."""
    return [
        Case(
            analysed=one,
            video=shelf.current(VIDEO, one.clip),
            judge=Judge.of(one.clip, one.motion.frame),
        )
        for one in track(analysed, "MediaPipe's own video mode")
    ]


def judged_part(
    cases: Sequence[Case], body: BodyModel, variants: Mapping[str, Sequence[Variant]]
) -> Part:
    """Judge the clips of one part.

    Args:
        cases: The clips.
        body: For raw landmarks' rest pose, and the fits of the variants.
        variants: Field of :class:`Part` → what to leave out or make perfect.
    """

    def every(one: Callable[[Case], Comparison]) -> list[Comparison]:
        return [one(case) for case in cases]

    ours = every(lambda case: case.judge.motion(case.analysed.motion))
    return Part(
        ours=ours,
        raw=every(lambda case: case.judge.raw(case.video, body)),
        raw_upright=every(lambda case: case.judge.raw(case.video, body, true_up=True)),
        left_out=_refits(cases, ours, body, variants.get("left_out", ())),
        made_perfect=_refits(cases, ours, body, variants.get("made_perfect", ())),
    )


def _refits(
    cases: Sequence[Case],
    ours: Sequence[Comparison],
    body: BodyModel,
    variants: Sequence[Variant],
) -> dict[str, list[Comparison]]:
    """Return variant → its comparisons, at the angles that our fit has."""
    return {
        variant.name: compare.guessed_where_known(
            [_refit(case, body, variant) for case in cases], ours
        )
        for variant in track(variants, "ablations", disable=not variants)
    }


def _refit(case: Case, body: BodyModel, variant: Variant) -> Comparison:
    landmarks = case.analysed.landmarks
    given = Inputs(
        landmarks=landmarks,
        video=landmarks_at(case.video, landmarks.frame),
        truth=case.judge.truth,
        body=body,
        settings=FitSettings(),
    )
    return case.judge.motion(refitted(given, variant))


def run(chosen: argparse.Namespace) -> Results:
    """Render, analyse and judge what a command's options ask for."""
    if not chosen.as_rendered:
        render_missing(chosen)
    shelf, preset = Shelf(chosen.landmarks), Preset(chosen.preset)
    analysed, failed = through_pipeline(
        chosen_clips(chosen), chosen.out / "stack", preset
    )
    for one in analysed:
        shelf.keep(str(preset), one.clip, one.landmarks)
    cases = cases_of(analysed, shelf)
    body = load_body(find_body(MODELS))
    variants: dict[str, Sequence[Variant]] = {}
    if chosen.ablations:
        variants = {
            "left_out": ablations.LEFT_OUT,
            "made_perfect": ablations.MADE_PERFECT,
        }
    parts = {
        held_out: judged_part(
            [case for case in cases if case.held_out is held_out], body, variants
        )
        for held_out in (False, True)
    }
    return Results(
        preset=chosen.preset,
        tuning=parts[False],
        held_out=parts[True],
        failed={one.clip.name: one.why for one in failed},
    )


def write(results: Results, folder: Path) -> None:
    """Write the tables and pictures beside a report."""
    from bench.accuracy import plots

    folder.mkdir(parents=True, exist_ok=True)
    (folder / report.TABLE).write_text(report.camera_csv(results), encoding="utf-8")
    plots.draw(results.held_out, folder)


def main() -> None:
    """Run the benchmark; print its tables, and put them into the report if asked."""
    chosen = _options().parse_args()
    console = Console(width=screen.WIDTH)
    results = run(chosen)
    for name, why in results.failed.items():
        console.print(f"{name} was refused: {why}")
    parts = {"tuning": results.tuning, "kept out": results.held_out}
    for name, part in parts.items():
        if part.ours:
            console.rule(name)
            screen.show_angles(console, part.ours, part.raw)
            screen.show_views(console, part.ours)
            screen.show_summary(console, part.ours, part.raw)
    if all(part.ours for part in parts.values()):
        _report(results, chosen.out, to_docs=chosen.write)
    else:
        console.print("A report needs clips of both parts: none was written.")


def _report(results: Results, folder: Path, *, to_docs: bool) -> None:
    """Write the report into the run's folder and, if asked, into docs/."""
    text, mark = report.section(results), report.MARK
    (folder / "report.md").write_text(text + "\n", encoding="utf-8")
    write(results, folder)
    if not to_docs:
        return
    if Preset(results.preset) is JobSettings().preset:
        write(results, DOCS)
    else:
        text = report.short_section(results)
        mark = report.SHORT_MARK.format(preset=results.preset)
    page = DOCS / "benchmarks.md"
    old = page.read_text(encoding="utf-8")
    page.write_text(report.replaced(old, text, mark), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_clip_options(parser, part="all")
    add_shelf_option(parser)
    parser.add_argument(
        "--preset", choices=[str(p) for p in Preset], default=str(Preset.BALANCED)
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the run")
    parser.add_argument(
        "--ablations", action="store_true", help="also leave out each part of the fit"
    )
    parser.add_argument(
        "--as-rendered", action="store_true", help="take only clips that are there"
    )
    parser.add_argument("--write", action="store_true", help="write docs/")
    return parser


if __name__ == "__main__":
    main()
