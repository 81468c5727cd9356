"""Say how well sitting, OWAS codes and lifts are recognised in the kept landmarks.

    make bench-recognition
    PYTHONPATH=tests .venv/bin/python -m bench.accuracy.recognised --help

Every clip is fitted with the code as it is now; ``--write`` puts the tables into docs/.
"""

import argparse
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track

from bench.accuracy import recognised_tables as tables
from bench.accuracy.clip_files import SEATED, add_clip_options, chosen_clips
from bench.accuracy.judge import Judge
from bench.accuracy.landmarks import KINDS, MODELS, Shelf, add_shelf_option
from bench.accuracy.recognised_compare import Beside, recognised
from bench.accuracy.refit import Kept, kept_clips
from bench.accuracy.report import replaced
from bench.workers.scenes import Split
from ergomesh.contract.job import Preset
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings

KIND: Final = str(Preset.BALANCED)
"""Of the landmarks that docs/ report."""
PAGE: Final = Path(__file__).parents[3] / "docs" / "benchmarks.md"


def beside_truth(kept: Kept, body: BodyModel) -> Beside:
    """Fit one clip and recognise what is in it, and in the exact motion."""
    motion = fit(kept.landmarks, body, FitSettings()).motion
    clip = kept.clip
    return Beside(
        motion=clip.motion,
        seated=clip.motion in SEATED,
        kept_out=clip.split is not Split.TUNING,
        found=recognised(motion),
        exact=recognised(Judge.of(clip, motion.frame).truth),
    )


def main() -> None:
    """Fit, recognise, print; put it into the report if asked."""
    options = _options()
    chosen = options.parse_args()
    partly = chosen.part != "all" or chosen.only or chosen.kind != KIND
    if chosen.write and partly:
        options.error(f"--write wants every clip and {KIND} landmarks")
    console = Console()
    clips = kept_clips(chosen_clips(chosen), Shelf(chosen.landmarks), chosen.kind)
    if not clips:
        console.print("No landmarks: run `python -m bench.accuracy.landmarks` first.")
        raise SystemExit(1)
    body = load_body(find_body(MODELS))
    found = [beside_truth(kept, body) for kept in track(clips, "fitting")]
    stale = sum(not kept.current for kept in clips)
    text = tables.section(found, stale=stale)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if chosen.write:
        old = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(replaced(old, text, tables.MARK), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_clip_options(parser, part="all")
    add_shelf_option(parser)
    parser.add_argument("--kind", choices=KINDS, default=KIND, help="of landmarks")
    parser.add_argument("--write", action="store_true", help="write docs/")
    return parser


if __name__ == "__main__":
    main()
