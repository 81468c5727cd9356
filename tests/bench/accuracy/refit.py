"""Fit the kept landmarks again with the code as it is now; say how far off it is.

    PYTHONPATH=tests .venv/bin/python -m bench.accuracy.refit --help

For tuning: the clips that are kept out stay out unless ``--part`` asks for them.
"""

import argparse
import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import track

from bench.accuracy import screen
from bench.accuracy.clip_files import ClipFiles, add_clip_options, chosen_clips
from bench.accuracy.compare import Comparison
from bench.accuracy.judge import Judge
from bench.accuracy.landmarks import KINDS, MODELS, VIDEO, Shelf, add_shelf_option
from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.job import Preset
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings


@dataclass(frozen=True, slots=True)
class Kept:
    """A clip whose landmarks are on the shelf."""

    clip: ClipFiles
    landmarks: Landmarks
    video: Landmarks | None
    """MediaPipe's own video mode, if it is on the shelf."""
    current: bool
    """Whether the pose service would find the same today."""


def kept_clips(clips: Sequence[ClipFiles], shelf: Shelf, kind: str) -> tuple[Kept, ...]:
    """Return the clips that have landmarks, with them."""
    found = ((clip, shelf.read(kind, clip.name)) for clip in clips)
    return tuple(
        Kept(
            clip,
            landmarks,
            shelf.read(VIDEO, clip.name),
            shelf.is_current(kind, clip),
        )
        for clip, landmarks in found
        if landmarks is not None
    )


def changed_settings(changes: Sequence[str]) -> FitSettings:
    """Return the default settings with changes such as ``pixel_sd_m=0.02``."""
    pairs = (change.partition("=") for change in changes)
    values: dict[str, Any] = {name: ast.literal_eval(raw) for name, _, raw in pairs}
    return replace(FitSettings(), **values)


def judged(kept: Kept, body: BodyModel, settings: FitSettings) -> Comparison:
    """Fit one clip and put it beside the truth."""
    motion = fit(kept.landmarks, body, settings).motion
    return Judge.of(kept.clip, motion.frame).motion(motion)


def judged_raw(kept: Kept, body: BodyModel) -> Comparison:
    """Put the raw landmarks of a clip beside the truth, at the same frames."""
    judge = Judge.of(kept.clip, kept.landmarks.frame)
    return judge.raw(kept.video or kept.landmarks, body)


def main() -> None:
    """Fit, judge, print."""
    chosen = _options().parse_args()
    console = Console(width=screen.WIDTH)
    clips = kept_clips(chosen_clips(chosen), Shelf(chosen.landmarks), chosen.kind)
    if not clips:
        console.print("No landmarks: run `python -m bench.accuracy.landmarks` first.")
        raise SystemExit(1)
    stale = sum(not kept.current for kept in clips)
    if stale:
        console.print(f"[yellow]{stale} of {len(clips)} are of older pose code.")
    body = load_body(find_body(MODELS))
    settings = changed_settings(chosen.set or ())
    ours = [judged(kept, body, settings) for kept in track(clips, "fitting")]
    raw = [judged_raw(kept, body) for kept in clips]
    screen.show_angles(console, ours, raw)
    screen.show_views(console, ours)
    if chosen.verbose:
        screen.show_clips(console, ours)
    screen.show_summary(console, ours, raw)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_clip_options(parser)
    add_shelf_option(parser)
    parser.add_argument(
        "--kind", choices=KINDS, default=str(Preset.BALANCED), help="of landmarks"
    )
    parser.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help="change a FitSettings field; may be repeated",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="a row per clip")
    return parser


if __name__ == "__main__":
    main()
