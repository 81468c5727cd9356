"""The benchmark's section of docs/benchmarks.md (pure)."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bench.accuracy import compare, metrics
from bench.accuracy.compare import Comparison
from bench.accuracy.results import RMSE_GOALS_DEG, Part, Results, goals, plain
from ergomesh.ergonomics.core.tables import METHODS

MARK: Final = "<!-- accuracy_bench -->"
"""Around the whole report, of the default preset."""
SHORT_MARK: Final = "<!-- accuracy_bench_{preset} -->"
"""Around the short report of another preset."""

PICTURES: Final[Mapping[str, str]] = {
    "accuracy_rmse.png": "RMSE of each angle on the clips kept out, ours and raw",
    "accuracy_coverage.png": "Share of exact angles inside the stated intervals",
}
"""File beside the report → what it shows."""

TABLE: Final = "accuracy_by_camera.csv"
"""File beside the report with a row for each angle and kind of camera."""

Fits = Mapping[str, Sequence[Comparison]]

_SHOWN: Final = tuple(RMSE_GOALS_DEG)


def section(results: Results) -> str:
    """Return the text between the marks."""
    return "\n\n".join(
        (
            _how(results),
            "### Goals, on the part kept out",
            _goal_table(results.held_out),
            "### Each angle, on the part kept out",
            _angle_table(results.held_out),
            _pictures(),
            "### Each camera",
            _camera_table(results),
            f"All of it by angle and camera: [{TABLE}]({TABLE}).",
            "### Scores",
            _score_table(results),
            "### What each part of the fit is worth",
            _worth(results),
            "### Kept out and tuned on",
            _split_table(results),
        )
    )


def short_section(results: Results) -> str:
    """Return the text between the marks of a preset that is not the default."""
    return "\n\n".join(
        (
            f"The same clips with preset {results.preset}, on the part kept out:",
            _goal_table(results.held_out),
            _angle_table(results.held_out),
            _score_table(results),
            _split_table(results),
        )
    )


_HOW: Final = """\
`make bench-accuracy` renders synthetic workers ({clips} clips: motions, bodies, \
clothes, rooms and cameras vary), sends each through the whole stack (preset {preset}, \
told nothing but the facts of the task) and compares with the exact angles. {kept_out} \
of the clips, {frames} analysed frames, are of motions and cameras that nothing was \
tuned on. Left and right are pooled.

*Raw* are the world landmarks of MediaPipe's full model in its video mode on the whole \
pictures, taken for the joints, with a level camera; *upright raw* is given the true \
vertical. Both count from the rest pose of the mean body.

The median RMSE is the median, over all pairs of a clip and one of the {angles} \
angles, of the RMSE over the clip's frames; every other RMSE pools the frames of all \
clips. An angle that was not observable enters no error; the share of frames with a \
value stands beside."""


def _how(results: Results) -> str:
    kept_out = results.held_out.ours
    refused = [
        f"Refused, and in no figure: {name}: {why}"
        for name, why in results.failed.items()
    ]
    said = _HOW.format(
        clips=len(results.tuning.ours) + len(kept_out),
        preset=results.preset,
        kept_out=len(kept_out),
        frames=sum(len(c.found.frame) for c in kept_out),
        angles=len(compare.PUBLIC_ANGLES),
    )
    return "\n\n".join([said, *refused])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: the first column is text, the others are numbers."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _goal_table(part: Part) -> str:
    return table(
        ("figure", "goal", "found", "raw", "reached"),
        [
            (g.what, g.wanted, g.found, g.raw, "yes" if g.reached else "**no**")
            for g in goals(part)
        ],
    )


def degrees(value: float) -> str:
    """Write degrees with one decimal, nothing where there is no number."""
    return f"{value:.1f}" if math.isfinite(value) else ""


def percent(share: float) -> str:
    """Write a share in percent, nothing where there is none."""
    return f"{share:.0%}" if math.isfinite(share) else ""


def _angle_table(part: Part) -> str:
    stats = compare.angle_stats(part.ours)
    same, raw, upright = _same_frames(part)
    rows = [
        (
            plain(name),
            degrees(stat.rmse_deg),
            degrees(stat.bias_deg),
            degrees(stat.p95_deg),
            percent(stat.inside_68),
            percent(stat.inside_95),
            percent(stat.share),
            degrees(same[name].rmse_deg),
            degrees(raw[name].rmse_deg),
            degrees(upright[name].rmse_deg),
        )
        for name, stat in stats.items()
    ]
    head = ("angle, °", "RMSE", "bias", "95 % of errors below", "in 68 %", "in 95 %")
    more = ("frames with a value", "RMSE where raw has one", "raw", "upright raw")
    return table((*head, *more), rows)


def _same_frames(part: Part) -> list[dict[str, metrics.AngleStat]]:
    ours, raw = compare.on_same_frames(part.ours, part.raw)
    _, upright = compare.on_same_frames(part.ours, part.raw_upright)
    return [compare.angle_stats(side) for side in (ours, raw, upright)]


def _pictures() -> str:
    return "\n".join(f"![{what}]({name})" for name, what in PICTURES.items())


def _camera_table(results: Results) -> str:
    head = ("camera", "clips", "median RMSE", *(plain(n) for n in _SHOWN))
    rows = [
        _camera_row(f"{view}{note}", ours, raw)
        for part, note in ((results.held_out, ", kept out"), (results.tuning, ""))
        for view, (ours, raw) in _by_view(part).items()
    ]
    return table((*head, "vertical", "raw, median RMSE"), rows)


_SPLITS: Final = {
    "held_out": "motion kept out",
    "held_out_camera": "camera kept out, motion known",
    "tuning": "tuned on",
}
"""What :attr:`Comparison.split` says → words."""


def _split_table(results: Results) -> str:
    head = ("part", "clips", "median RMSE", *(plain(n) for n in _SHOWN))
    parts = (results.held_out, results.tuning)
    ours, raw = (
        compare.grouped((c for p in parts for c in pick(p)), lambda c: c.split)
        for pick in (_ours, _raw)
    )
    rows = [
        _camera_row(words, ours[split], raw[split])
        for split, words in _SPLITS.items()
        if split in ours
    ]
    return table((*head, "vertical", "raw, median RMSE"), rows)


def _ours(part: Part) -> Sequence[Comparison]:
    return part.ours


def _raw(part: Part) -> Sequence[Comparison]:
    return part.raw


def _by_view(
    part: Part,
) -> dict[str, tuple[list[Comparison], list[Comparison]]]:
    ours, raw = (compare.grouped(s, lambda c: c.view) for s in (part.ours, part.raw))
    return {view: (ours[view], raw[view]) for view in sorted(ours)}


def _camera_row(
    name: str, ours: Sequence[Comparison], raw: Sequence[Comparison]
) -> tuple[str, ...]:
    stats = compare.angle_stats(ours)
    return (
        name.replace("_", " "),
        str(len(ours)),
        degrees(compare.median_rmse_deg(ours)),
        *(degrees(stats[angle].rmse_deg) for angle in _SHOWN),
        degrees(metrics.median(compare.gravity_errors_deg(ours))),
        degrees(compare.median_rmse_deg(raw)),
    )


def _score_table(results: Results) -> str:
    part = results.held_out
    sides = (("ours", part.ours), ("raw", part.raw), ("upright raw", part.raw_upright))
    rows = [
        (
            f"{method.upper()}, {name}",
            f"{compare.frame_kappa(side, method):.2f}",
            percent(compare.frame_agreement(side, method)),
            percent(compare.scored_share(side, method)),
            f"{compare.guessed_kappa(side, method):.2f}",
            f"{compare.peak_kappa(side, method):.2f}",
        )
        for method in METHODS
        for name, side in sides
    ]
    head = ("action level against exact angles", "kappa", "same level")
    more = ("scored frames", "kappa of likely scores", "of each clip's highest")
    return table((*head, *more), rows)


def _worth(results: Results) -> str:
    kept, tuned = results.held_out, results.tuning
    if not kept.left_out:
        return "Not measured in this run."
    as_it_is, *_ = kept.left_out.values()
    base = compare.jitter(as_it_is).error
    said = (
        "The same landmarks, fitted again without one thing, or with one thing made "
        "perfect. Jitter is in units of the fit as it is."
    )
    without = _worth_table("without", kept.left_out, tuned.left_out, base)
    perfect = _worth_table("with the true", kept.made_perfect, tuned.made_perfect, base)
    return f"{said}\n\n{without}\n\n{perfect}"


def _worth_table(title: str, kept: Fits, tuned: Fits, base_jitter: float) -> str:
    head = (title, "kept out: median RMSE", *(plain(name) for name in _SHOWN))
    rows = [_worth_row(name, kept[name], tuned[name], base_jitter) for name in kept]
    return table((*head, "vertical", "jitter", "tuned on: median RMSE"), rows)


def _worth_row(
    name: str,
    kept: Sequence[Comparison],
    tuned: Sequence[Comparison],
    base_jitter: float,
) -> tuple[str, ...]:
    stats = compare.angle_stats(kept)
    return (
        name,
        degrees(compare.median_rmse_deg(kept)),
        *(degrees(stats[angle].rmse_deg) for angle in _SHOWN),
        degrees(metrics.median(compare.gravity_errors_deg(kept))),
        f"{compare.jitter(kept).error / base_jitter:.1f}",
        degrees(compare.median_rmse_deg(tuned)),
    )


_COLUMNS: Final = (
    "part",
    "camera",
    "angle",
    "frames",
    "share_with_value",
    "rmse_deg",
    "bias_deg",
    "p95_deg",
    "inside_68",
    "inside_95",
    "raw_rmse_deg",
)


def camera_csv(results: Results) -> str:
    """Return a row for each part, kind of camera and angle."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, part in (("kept out", results.held_out), ("tuning", results.tuning)):
        for view, (ours, raw) in _by_view(part).items():
            baseline = compare.angle_stats(compare.on_same_frames(ours, raw)[1])
            for angle, stat in compare.angle_stats(ours).items():
                figures = (stat.share, stat.rmse_deg, stat.bias_deg, stat.p95_deg)
                inside = (stat.inside_68, stat.inside_95, baseline[angle].rmse_deg)
                cells = [f"{value:.3f}" for value in (*figures, *inside)]
                writer.writerow([name, view, angle, stat.frames, *cells])
    return text.getvalue()


def replaced(text: str, new: str, mark: str = MARK) -> str:
    """Return a report with the text between the marks replaced.

    Raises:
        ValueError: When the report does not have the mark twice.
    """
    before, _, after = text.split(mark)
    return f"{before}{mark}\n{new}\n{mark}{after}"
