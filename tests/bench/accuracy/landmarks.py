"""Landmarks of the benchmark's clips, kept in files: looking is the dear part.

    python -m bench.accuracy.landmarks --help

A note beside each says of which clip and code it is. ``video`` is no preset of ours:
it is MediaPipe in its own video mode on whole pictures, as most people run it.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track

from bench.accuracy import video_mode
from bench.accuracy.clip_files import ClipFiles, add_clip_options, chosen_clips
from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.job import Preset
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.file_digest import file_digest

ROOT: Final = Path(__file__).parents[3]
MODELS: Final = ROOT / "models"
CACHE: Final = ROOT / ".bench" / "accuracy" / "landmarks"
VIDEO: Final = "video"
"""MediaPipe's own video mode on whole pictures."""
UNMIRRORED: Final = "best-unmirrored"
"""The preset best without its look at the mirrored crop."""
KINDS: Final = (*(str(preset) for preset in Preset), UNMIRRORED, VIDEO)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of landmarks, by kind (a preset, or ``video``) and clip."""

    folder: Path

    def path(self, kind: str, name: str) -> Path:
        """Return where the landmarks of a clip lie."""
        return self.folder / kind / f"{name}.landmarks.npz"

    def read(self, kind: str, name: str) -> Landmarks | None:
        """Return landmarks, of whatever code, or None."""
        path = self.path(kind, name)
        return Landmarks.from_npz(path.read_bytes()) if path.is_file() else None

    def is_current(self, kind: str, clip: ClipFiles) -> bool:
        """Say whether there are landmarks of this clip, found by this code."""
        note = self._note(kind, clip.name)
        return note.is_file() and note.read_text() == origin(kind, clip.video)

    def keep(self, kind: str, clip: ClipFiles, landmarks: Landmarks) -> None:
        """Put landmarks of this code into the shelf."""
        path = self.path(kind, clip.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(landmarks.to_npz())
        self._note(kind, clip.name).write_text(origin(kind, clip.video))

    def current(self, kind: str, clip: ClipFiles) -> Landmarks:
        """Return landmarks of this clip and code, found now unless they are there."""
        if not self.is_current(kind, clip):
            self.keep(kind, clip, look(kind, clip.video))
        return Landmarks.from_npz(self.path(kind, clip.name).read_bytes())

    def _note(self, kind: str, name: str) -> Path:
        return self.folder / kind / f"{name}.origin"


def origin(kind: str, video: Path) -> str:
    """Return what landmarks depend on: the clip's bytes and the code that looks."""
    if kind == VIDEO:
        code = file_digest(Path(video_mode.__file__))
    else:
        code = code_version("ergomesh.pose")
    return f"{file_digest(video)} {code}\n"


def look(kind: str, video: Path) -> Landmarks:
    """Return the landmarks of a clip, found now.

    Args:
        kind: One of :data:`KINDS`.
        video: The clip.
    """
    if kind == VIDEO:
        model = MODELS / "pose" / f"pose_landmarker_{video_mode.VIDEO_MODEL}.task"
        return video_mode.whole_picture_landmarks(video, model)
    # Imported here: MediaPipe's own mode needs nothing of the service.
    from bench.accuracy.looking import looked_at, without_mirror

    if kind == UNMIRRORED:
        with without_mirror(Preset.BEST):
            return looked_at(video, Preset.BEST, MODELS)
    return looked_at(video, Preset(kind), MODELS)


def main() -> None:
    """Look at every clip whose landmarks are missing or of older code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_clip_options(parser)
    add_shelf_option(parser)
    parser.add_argument(
        "--kind", choices=KINDS, action="append", help="default: balanced and video"
    )
    parser.add_argument(
        "--missing-only", action="store_true", help="keep those of older code"
    )
    chosen = parser.parse_args()
    shelf, console = Shelf(chosen.landmarks), Console()
    for kind in chosen.kind or ("balanced", VIDEO):
        for clip in track(chosen_clips(chosen), kind, console=console):
            if chosen.missing_only and shelf.path(kind, clip.name).is_file():
                continue
            try:
                shelf.current(kind, clip)
            except Unusable as error:
                console.print(f"{clip.name}: {error}")


def add_shelf_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--landmarks``, the folder of the shelf."""
    parser.add_argument(
        "--landmarks", type=Path, default=CACHE, help="folder of kept landmarks"
    )


if __name__ == "__main__":
    main()
