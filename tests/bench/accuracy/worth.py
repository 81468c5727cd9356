"""What each part of the fit is worth on the kept landmarks, for tuning.

PYTHONPATH=tests .venv/bin/python -m bench.accuracy.worth --help
"""

import argparse

from rich.console import Console
from rich.progress import track

from bench.accuracy import compare, screen
from bench.accuracy.ablations import EVERY, LEFT_OUT, Inputs, Variant, refitted
from bench.accuracy.clip_files import add_clip_options, chosen_clips
from bench.accuracy.compare import Comparison
from bench.accuracy.judge import Judge, landmarks_at
from bench.accuracy.landmarks import KINDS, MODELS, Shelf, add_shelf_option
from bench.accuracy.refit import Kept, changed_settings, kept_clips
from bench.accuracy.results import RMSE_GOALS_DEG
from ergomesh.contract.job import Preset
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.settings import FitSettings


def judged(
    kept: Kept, body: BodyModel, settings: FitSettings, variant: Variant
) -> Comparison:
    """Fit a clip with a variant and judge it."""
    landmarks = kept.landmarks
    judge = Judge.of(kept.clip, landmarks.frame)
    given = Inputs(
        landmarks=landmarks,
        video=landmarks_at(kept.video or landmarks, landmarks.frame),
        truth=judge.truth,
        body=body,
        settings=settings,
    )
    return judge.motion(refitted(given, variant))


def main() -> None:
    """Fit every variant of every clip, print a table."""
    chosen = _options().parse_args()
    console = Console(width=screen.WIDTH)
    clips = kept_clips(chosen_clips(chosen), Shelf(chosen.landmarks), chosen.kind)
    body, settings = load_body(find_body(MODELS)), changed_settings(chosen.set or ())
    words = chosen.variant or [""]
    variants = [v for v in EVERY if any(word in v.name for word in words)]
    as_it_is, *_ = LEFT_OUT
    base = [judged(kept, body, settings, as_it_is) for kept in clips]
    found: dict[str, list[Comparison]] = {}
    for variant in track(variants, "fitting", console=console):
        kind = "without" if variant in LEFT_OUT else "with the true"
        fits = [judged(kept, body, settings, variant) for kept in clips]
        name = f"{kind} {variant.name}"
        found[name] = compare.guessed_where_known(fits, base)
    screen.show_variants(console, found, tuple(RMSE_GOALS_DEG))


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
        "--variant", action="append", metavar="WORD", help="whose name holds this"
    )
    parser.add_argument("--set", action="append", metavar="NAME=VALUE")
    return parser


if __name__ == "__main__":
    main()
