"""Pictures of the results."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.accuracy import compare
from bench.accuracy.results import Part, plain

OURS, RAW, PALE = "#1b6ca8", "#c46a1c", "#e0b48a"
WIDTH_IN = 8.0
DPI = 110


def draw(part: Part, folder: Path) -> None:
    """Write the pictures of a part into a folder.

    Args:
        part: The clips kept out.
        folder: Where the report lies.
    """
    mpl.use("Agg")
    _save(_rmse_figure(part), folder / "accuracy_rmse.png")
    _save(_coverage_figure(part), folder / "accuracy_coverage.png")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


def _rows(axes: Axes) -> None:
    names = [plain(name) for name in compare.PUBLIC_ANGLES]
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)


def _rmse_figure(part: Part) -> Figure:
    ours, raw = compare.on_same_frames(part.ours, part.raw)
    _, upright = compare.on_same_frames(part.ours, part.raw_upright)
    figure = Figure(figsize=(WIDTH_IN, 5.2), layout="constrained")
    axes = figure.subplots()
    _bars(
        axes,
        {
            "ergomesh": (ours, OURS),
            "raw landmarks, true vertical": (upright, PALE),
            "raw landmarks": (raw, RAW),
        },
    )
    _rows(axes)
    axes.set_xlabel("RMSE on the clips kept out, degrees")
    axes.legend(frameon=False)
    return figure


def _bars(
    axes: Axes, systems: Mapping[str, tuple[Sequence[compare.Comparison], str]]
) -> None:
    height = 0.8 / len(systems)
    rows = np.arange(len(compare.PUBLIC_ANGLES))
    for k, (name, (side, colour)) in enumerate(systems.items()):
        stats = compare.angle_stats(side)
        values = [stats[angle].rmse_deg for angle in compare.PUBLIC_ANGLES]
        at = rows + (k - 0.5 * (len(systems) - 1)) * height
        axes.barh(at, values, height, label=name, color=colour)


def _coverage_figure(part: Part) -> Figure:
    stats = compare.angle_stats(part.ours)
    figure = Figure(figsize=(WIDTH_IN, 4.6), layout="constrained")
    axes = figure.subplots()
    for stated, colour in ((68, RAW), (95, OURS)):
        found = [
            100 * (s.inside_68 if stated == 68 else s.inside_95)
            for s in (stats[name] for name in compare.PUBLIC_ANGLES)
        ]
        axes.axvspan(stated - 10, min(stated + 10, 100), color=colour, alpha=0.12, lw=0)
        axes.axvline(stated, color=colour, lw=1)
        axes.plot(found, range(len(found)), "o", color=colour, label=f"{stated} %")
    _rows(axes)
    axes.set_xlim(0, 100)
    axes.set_xlabel("exact angles inside the stated interval, % (band: ±10 points)")
    axes.legend(frameon=False, title="interval", loc="lower left")
    return figure
