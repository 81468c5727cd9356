"""Pictures of the frames that a fit gets most wrong: truth, fit and landmarks.

    PYTHONPATH=tests .venv/bin/python -m bench.accuracy.look --help

Left, the picture with the three skeletons; then the camera's own view of the joints
from the middle of the hips, the view from its right, and from above.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.progress import track

from bench.accuracy import metrics
from bench.accuracy.clip_files import add_clip_options, chosen_clips
from bench.accuracy.compare import PUBLIC_ANGLES, Comparison, without_side
from bench.accuracy.judge import Judge
from bench.accuracy.landmarks import KINDS, MODELS, Shelf, add_shelf_option
from bench.accuracy.measured import CENTRES, centred
from bench.accuracy.refit import Kept, changed_settings, kept_clips
from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.contract.job import Preset
from ergomesh.contract.skeleton import JOINT, LANDMARK, LIMB_LINKS
from ergomesh.ergonomics.core.angles import ANGLE_NAMES
from ergomesh.mesh.body_file import find_body, load_body
from ergomesh.mesh.core.body import BodyModel
from ergomesh.mesh.core.fit import fit
from ergomesh.mesh.core.settings import FitSettings

APART_S: Final = 0.7
"""Chosen frames of one clip are at least this far apart."""

COLOURS: Final = {"truth": "#1a9641", "fit": "#2b6cb0", "landmarks": "#d7301f"}
MARGIN: Final = 0.35
"""Room around the joints, as a share of their extent: the head has none."""

VIEWS: Final = {"camera": (0, 1), "from its right": (2, 1), "from above": (0, 2)}
"""View → components across and down, camera frame."""

LINKS: Final = [tuple(CENTRES.index(name) for name in link) for link in LIMB_LINKS]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A clip with its fit, judged."""

    kept: Kept
    motion: Motion
    judge: Judge
    comparison: Comparison


def fitted(kept: Kept, body: BodyModel, settings: FitSettings) -> Fitted:
    """Fit a clip and judge it."""
    motion = fit(kept.landmarks, body, settings).motion
    judge = Judge.of(kept.clip, motion.frame)
    return Fitted(
        kept=kept, motion=motion, judge=judge, comparison=judge.motion(motion)
    )


def frame_errors_deg(comparison: Comparison, angles: Sequence[str]) -> FloatArray:
    """Return (T,) the mean size of the errors of some angles, both sides."""
    columns = [k for k, name in enumerate(ANGLE_NAMES) if without_side(name) in angles]
    found, exact = (
        side.angles.values_deg[:, columns]
        for side in (comparison.found, comparison.exact)
    )
    size = np.abs(metrics.error_deg(found, exact))
    known = np.isfinite(size)
    total = np.where(known, size, 0.0).sum(axis=1)
    return np.asarray(total / known.sum(axis=1).clip(1))


def worst_frames(
    fits: Iterable[Fitted], angles: Sequence[str], count: int
) -> list[tuple[Fitted, int]]:
    """Return clips and rows with the largest errors, apart in time."""
    ranked = sorted(
        (
            (error, clip, row)
            for clip in fits
            for row, error in enumerate(frame_errors_deg(clip.comparison, angles))
        ),
        key=lambda entry: -entry[0],
    )
    chosen: list[tuple[Fitted, int]] = []
    for _, clip, row in ranked:
        if len(chosen) < count and not _near(chosen, clip, row):
            chosen.append((clip, row))
    return chosen


def _near(chosen: Sequence[tuple[Fitted, int]], clip: Fitted, row: int) -> bool:
    time_s = clip.motion.time_s
    return any(
        other is clip and abs(time_s[row] - time_s[taken]) < APART_S
        for other, taken in chosen
    )


def picture(video: Path, index: int) -> NDArray[Any]:
    """Return one frame of a clip, (H, W, 3)."""
    with av.open(video) as container:
        for k, frame in enumerate(container.decode(video=0)):
            if k == index:
                return frame.to_ndarray(format="rgb24")
    msg = f"{video} has no frame {index}"
    raise LookupError(msg)


def draw(clip: Fitted, row: int, angles: Sequence[str]) -> Figure:
    """Return the picture of one frame."""
    figure = Figure(figsize=(20, 6.5), layout="constrained")
    shown, *views = figure.subplots(1, 1 + len(VIEWS), width_ratios=(2, 1, 1, 1))
    truth, landmarks = clip.judge.truth, clip.kept.landmarks
    shown.imshow(picture(clip.kept.clip.video, int(truth.frame[row])))
    shown.set_axis_off()
    joints = [JOINT[name] for name in CENTRES]
    seen = [LANDMARK[name] for name in CENTRES]
    _skeleton(shown, "truth", truth.points_px[row, joints])
    _skeleton(shown, "fit", clip.motion.points_px[row, joints])
    _skeleton(shown, "landmarks", landmarks.points_px[row, seen])
    _frame(shown, truth.points_px[row, joints])
    world = centred(landmarks.points_world_m[[row]][:, seen])[0]
    for axes, (name, components) in zip(views, VIEWS.items(), strict=True):
        _skeleton(axes, "truth", clip.comparison.exact.joints_m[row][:, components])
        _skeleton(axes, "fit", clip.comparison.found.joints_m[row][:, components])
        _skeleton(axes, "landmarks", world[:, components])
        axes.set_title(name)
        axes.set_aspect("equal")
        axes.invert_yaxis()
    views[0].legend(frameon=False)
    figure.suptitle(_title(clip, row, angles))
    return figure


def _frame(axes: Axes, points_px: FloatArray) -> None:
    """Show the part of the picture around the worker."""
    (left, top), (right, bottom) = points_px.min(axis=0), points_px.max(axis=0)
    room = MARGIN * max(right - left, bottom - top)
    axes.set_xlim(left - room, right + room)
    axes.set_ylim(bottom + room, top - room)


def _skeleton(axes: Axes, name: str, points: FloatArray) -> None:
    label: str | None = name
    for ends in LINKS:
        x, y = points[list(ends)].T
        axes.plot(x, y, "-o", color=COLOURS[name], lw=1.5, ms=2.5, label=label)
        label = None


def _title(clip: Fitted, row: int, angles: Sequence[str]) -> str:
    found, exact = clip.comparison.found.angles, clip.comparison.exact.angles
    listed = [
        f"{name} {found.value_deg(name)[row]:.0f} (exact "
        f"{exact.value_deg(name)[row]:.0f})"
        for name in ANGLE_NAMES
        if without_side(name) in angles
    ]
    lines = [", ".join(listed[k : k + 6]) for k in range(0, len(listed), 6)]
    return "\n".join([f"{clip.kept.clip.name}, frame {clip.motion.frame[row]}", *lines])


def main() -> None:
    """Fit, find the worst frames, draw them."""
    chosen = _options().parse_args()
    mpl.use("Agg")
    clips = kept_clips(chosen_clips(chosen), Shelf(chosen.landmarks), chosen.kind)
    body, settings = load_body(find_body(MODELS)), changed_settings(chosen.set or ())
    fits = [fitted(kept, body, settings) for kept in track(clips, "fitting")]
    angles = chosen.angle or PUBLIC_ANGLES
    chosen.out.mkdir(parents=True, exist_ok=True)
    for place, (clip, row) in enumerate(worst_frames(fits, angles, chosen.count), 1):
        name = f"{place:02}_{clip.kept.clip.name}_{clip.motion.frame[row]}.png"
        draw(clip, row, angles).savefig(chosen.out / name, dpi=70)


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
        "--angle", choices=PUBLIC_ANGLES, action="append", help="judge by this angle"
    )
    parser.add_argument("--count", type=int, default=8, help="frames to draw")
    parser.add_argument("--set", action="append", metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, required=True, help="folder of pictures")
    return parser


if __name__ == "__main__":
    main()
