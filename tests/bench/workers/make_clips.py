"""Render the benchmark's clips: ``python -m bench.workers.make_clips --help``."""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from bench.workers.figure import BODY_FILE, BodyData, read_body
from bench.workers.film import Lens, write_film
from bench.workers.motions.all import MOTIONS
from bench.workers.motions.bystanders import BYSTANDERS
from bench.workers.renderer import Picture, Renderer, RendererError
from bench.workers.scenes import RATE_HZ, SCENES, Scene
from bench.workers.staging import Staged, stage
from bench.workers.truth import truth_of

ROOT: Final = Path(__file__).parents[3]
MODELS: Final = ROOT / "models"
CLIPS: Final = ROOT / ".bench" / "accuracy" / "clips"


def main(argv: Sequence[str] | None = None) -> int:
    """Render what is missing; return the exit code."""
    args = _arguments(argv)
    wanted = [s for s in SCENES if not args.only or any(o in s.name for o in args.only)]
    if not wanted:
        _say(f"No scene's name has {' or '.join(args.only)} in it: try --list.")
        return 2
    if args.list:
        for scene in wanted:
            _say(f"{scene.name}  {scene.split}")
        return 0
    try:
        _render_all(wanted, args.out)
    except (RendererError, FileNotFoundError) as error:
        _say(str(error))
        return 1
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make_clips",
        description="Render the synthetic workers with their exact motion. Clips that "
        "are there already, made by the same code, are left alone.",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="PART",
        help="only scenes with one of these in their name",
    )
    parser.add_argument(
        "--out", type=Path, default=CLIPS, help="folder of the clips (%(default)s)"
    )
    parser.add_argument(
        "--list", action="store_true", help="only say the scenes' names"
    )
    return parser.parse_args(argv)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _render_all(scenes: Sequence[Scene], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    body = read_body(MODELS)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        task = progress.add_task("clips", total=len(scenes))
        for scene in scenes:
            progress.update(task, description=scene.name)
            if not is_made(scene, out):
                render(scene, body, out)
            progress.advance(task)


def digest_of(scene: Scene) -> str:
    """Return a digest of all that decides a clip: scene, script, code, body."""
    found = hashlib.sha256(repr((scene, MOTIONS[scene.motion], BYSTANDERS)).encode())
    here = Path(__file__).parent
    code = sorted([*here.glob("*.py"), *here.glob("shaders/*")])
    for path in (*code, MODELS / BODY_FILE):
        if path.name not in {"scenes.py", "make_clips.py"}:
            found.update(path.read_bytes())
    return found.hexdigest()


def _note(scene: Scene, out: Path) -> Path:
    return out / f"{scene.name}.json"


def is_made(scene: Scene, out: Path) -> bool:
    """Say whether a scene's clip is there, made by this code."""
    note = _note(scene, out)
    if not note.is_file():
        return False
    return bool(json.loads(note.read_text())["digest"] == digest_of(scene))


def render(scene: Scene, body: BodyData, out: Path) -> None:
    """Write a scene's clip, its truth, and a note of what it is.

    Args:
        scene: The scene.
        body: The free body.
        out: Folder for ``<name>.mp4``, ``<name>.truth.npz`` and ``<name>.json``.
    """
    staged = stage(scene, body)
    truth = truth_of(staged.performance, staged.camera, body.name)
    film = out / f".{scene.name}.mp4"
    write_film(
        film,
        _pictures(staged, scene.seed),
        size_px=staged.camera.size_px,
        rate_hz=RATE_HZ,
    )
    facts: dict[str, Any] = asdict(scene)
    facts |= {"split": scene.split, "held_out": scene.held_out}
    facts["digest"] = digest_of(scene)
    (out / f"{scene.name}.truth.npz").write_bytes(truth.to_npz())
    film.replace(out / f"{scene.name}.mp4")
    _note(scene, out).write_text(json.dumps(facts, indent=1) + "\n")


def _pictures(staged: Staged, seed: int) -> Iterator[Picture]:
    lens = Lens(staged.camera.size_px, seed)
    renderer = Renderer(staged.stage, staged.camera, staged.lights)
    try:
        for picture in renderer.frames(staged.bones):
            yield lens.take(picture)
    finally:
        renderer.close()


if __name__ == "__main__":
    sys.exit(main())
