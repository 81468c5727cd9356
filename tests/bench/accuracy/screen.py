"""Tables for people at a terminal."""

import math
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.accuracy import compare, metrics
from bench.accuracy.compare import Comparison
from bench.accuracy.metrics import AngleStat
from ergomesh.ergonomics.core.tables import METHODS

WIDTH = 132
"""Columns of the terminal that the tables want, piped or not."""

NONE = "-"
"""Shown where there is no number."""


def number(value: float, digits: int = 1) -> str:
    """Write a number, a dash where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else NONE


def percent(share: float) -> str:
    """Write a share in whole percent."""
    return f"{100 * share:.0f}" if math.isfinite(share) else NONE


def show_angles(
    console: Console, ours: Sequence[Comparison], raw: Sequence[Comparison]
) -> None:
    """Print a row per angle: ours, and raw landmarks' RMSE on the same frames.

    Args:
        console: Where to.
        ours: One per clip.
        raw: Of the same clips, or none.
    """
    stats = compare.angle_stats(ours)
    baseline: Mapping[str, AngleStat] = {}
    if raw:
        baseline = compare.angle_stats(compare.on_same_frames(ours, raw)[1])
    table = Table(title=f"{len(ours)} clips", title_justify="left")
    table.add_column("angle")
    for name in ("RMSE", "bias", "noise", "p95", "in 68 %", "in 95 %", "seen %", "raw"):
        table.add_column(name, justify="right")
    for name, stat in stats.items():
        other = baseline.get(name)
        table.add_row(
            name,
            number(stat.rmse_deg),
            number(stat.bias_deg),
            number(stat.noise_deg),
            number(stat.p95_deg),
            percent(stat.inside_68),
            percent(stat.inside_95),
            percent(stat.share),
            number(other.rmse_deg) if other else NONE,
        )
    console.print(table)


def show_summary(
    console: Console, ours: Sequence[Comparison], raw: Sequence[Comparison]
) -> None:
    """Print the figures of the whole: medians, verticals, jitter, kappas."""
    gravity, focal = compare.gravity_errors_deg(ours), compare.focal_errors(ours)
    size = [abs(error) for error in focal]
    mine, theirs = compare.jitter(ours), compare.jitter(raw)
    console.print(
        f"median RMSE {number(compare.median_rmse_deg(ours), 2)}° "
        f"(raw {number(compare.median_rmse_deg(raw), 2)}°)"
    )
    console.print(
        f"vertical off by {number(metrics.median(gravity), 2)}° in the median, "
        f"at most {number(max(gravity, default=math.nan), 1)}°"
    )
    console.print(
        f"focal length off by {number(100 * metrics.median(size), 1)} % in the "
        f"median (with sign {number(100 * metrics.median(focal), 1)} %)"
    )
    console.print(
        f"jitter {number(mine.size, 2)} m/s² (exact {number(mine.exact, 2)}, raw "
        f"{number(theirs.size, 2)}); error {number(mine.error, 2)} (raw "
        f"{number(theirs.error, 2)})"
    )
    for method in METHODS:
        console.print(
            f"{method.upper()} kappa {number(compare.frame_kappa(ours, method), 3)} "
            f"where scored, {percent(compare.scored_share(ours, method))} %; "
            f"{number(compare.guessed_kappa(ours, method), 3)} with best guesses "
            f"(raw {number(compare.frame_kappa(raw, method), 3)})"
        )


def show_clips(console: Console, ours: Sequence[Comparison]) -> None:
    """Print a row per clip, the worst first."""
    table = Table(title="Clips", title_justify="left")
    for name in ("clip", "view"):
        table.add_column(name)
    for name in ("median RMSE", "vertical", "focal %", "worst angles"):
        table.add_column(name, justify="right")
    for one in sorted(ours, key=lambda c: -compare.median_rmse_deg([c])):
        (gravity,) = compare.gravity_errors_deg([one]) or [math.nan]
        (focal,) = compare.focal_errors([one]) or [math.nan]
        table.add_row(
            one.clip,
            one.view,
            number(compare.median_rmse_deg([one])),
            number(gravity),
            number(100 * focal),
            _worst(one),
        )
    console.print(table)


def _worst(one: Comparison) -> str:
    stats = compare.angle_stats([one]).items()
    known = [(stat.rmse_deg, name) for name, stat in stats if stat.rmse_deg > 0]
    return ", ".join(f"{name} {rmse:.0f}" for rmse, name in sorted(known)[:-4:-1])


def show_variants(
    console: Console,
    variants: Mapping[str, Sequence[Comparison]],
    angles: Sequence[str],
) -> None:
    """Print a row per variant of the fit.

    Args:
        console: Where to.
        variants: Name → one comparison per clip.
        angles: Whose RMSE to show.
    """
    table = Table(title="Variants", title_justify="left")
    table.add_column("fit")
    for name in ("median", *angles, "vertical", "jitter", "REBA"):
        table.add_column(name.replace("_", " "), justify="right")
    for name, clips in variants.items():
        stats = compare.angle_stats(clips)
        table.add_row(
            name,
            number(compare.median_rmse_deg(clips), 2),
            *(number(stats[angle].rmse_deg) for angle in angles),
            number(metrics.median(compare.gravity_errors_deg(clips))),
            number(compare.jitter(clips).error, 2),
            number(compare.guessed_kappa(clips, "reba"), 2),
        )
    console.print(table)


def show_views(console: Console, ours: Sequence[Comparison]) -> None:
    """Print the RMSE of each angle by kind of camera."""
    groups = compare.grouped(ours, lambda c: c.view)
    stats = {view: compare.angle_stats(members) for view, members in groups.items()}
    table = Table(title="RMSE by view", title_justify="left")
    table.add_column("angle")
    for view, members in groups.items():
        table.add_column(f"{view} ({len(members)})", justify="right")
    for name in compare.PUBLIC_ANGLES:
        table.add_row(name, *(number(s[name].rmse_deg) for s in stats.values()))
    console.print(table)
