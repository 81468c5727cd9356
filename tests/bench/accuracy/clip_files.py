"""The benchmark's clips as files: which there are, and which to use."""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.workers.scenes import SCENES, Scene, Split
from ergomesh.contract.job import TaskFacts

ROOT: Final = Path(__file__).parents[3]
CLIPS: Final = ROOT / ".bench" / "accuracy" / "clips"
PARTS: Final = ("tuning", "held-out", "all")

SEATED: Final = frozenset({"seated_picking"})
"""Motions of which a user would say that the work is done sitting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFiles:
    """A rendered clip and its truth."""

    name: str
    motion: str
    """Name of the work motion."""
    view: str
    """Kind of camera."""
    split: Split
    """What it may serve for."""
    task: TaskFacts
    """What a user would tell about the work."""
    video: Path
    truth: Path

    @property
    def exists(self) -> bool:
        """Whether it was rendered."""
        return self.video.is_file() and self.truth.is_file()


def files_of(scene: Scene, folder: Path) -> ClipFiles:
    """Return where a scene's clip lies, or will lie."""
    return ClipFiles(
        name=scene.name,
        motion=scene.motion,
        view=scene.camera,
        split=scene.split,
        task=TaskFacts(seated=scene.motion in SEATED),
        video=folder / f"{scene.name}.mp4",
        truth=folder / f"{scene.name}.truth.npz",
    )


def wanted_scenes(part: str, only: Iterable[str] = ()) -> list[Scene]:
    """Return the scenes of a part whose name holds one of some words.

    Args:
        part: One of :data:`PARTS`.
        only: Words; none takes all.
    """
    words = tuple(only)
    wanted = {"tuning": (False,), "held-out": (True,), "all": (False, True)}[part]
    return [
        scene
        for scene in SCENES
        if scene.held_out in wanted
        and (not words or any(word in scene.name for word in words))
    ]


def add_clip_options(parser: argparse.ArgumentParser, *, part: str = "tuning") -> None:
    """Add ``--clips``, ``--only`` and ``--part`` to a command."""
    parser.add_argument("--clips", type=Path, default=CLIPS, help="folder of clips")
    parser.add_argument(
        "--only", action="append", metavar="WORD", help="clips whose name holds this"
    )
    parser.add_argument(
        "--part", choices=PARTS, default=part, help="which clips (default: %(default)s)"
    )


def chosen_clips(chosen: argparse.Namespace) -> list[ClipFiles]:
    """Return the rendered clips that a command's options ask for."""
    scenes = wanted_scenes(chosen.part, chosen.only or ())
    clips = [files_of(scene, chosen.clips) for scene in scenes]
    return [clip for clip in clips if clip.exists]


def render_missing(chosen: argparse.Namespace) -> None:
    """Render the clips that a command's options ask for and that are not there.

    Raises:
        RuntimeError: When a clip cannot be rendered; why was said on the terminal.
    """
    from bench.workers import make_clips

    names = [s.name for s in wanted_scenes(chosen.part, chosen.only or ())]
    if make_clips.main(["--out", str(chosen.clips), "--only", *names]) != 0:
        msg = "the clips could not be rendered"
        raise RuntimeError(msg)
