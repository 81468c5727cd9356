"""``angles.csv`` and ``scores.csv`` as bytes.

A row per analysed frame, in a gap too; an empty cell is not observable. LF line
ends, UTF-8, fixed decimals: seconds 3, degrees 2, scores whole. ``scores.csv`` has
a column for each method that is computed: RULA and REBA.
"""

from collections.abc import Mapping

import numpy as np

from ergomesh.contract.arrays import FloatArray, Motion
from ergomesh.ergonomics.core.angles import ANGLE_NAMES, Angles
from ergomesh.ergonomics.core.scores import Scores


def angles_csv(motion: Motion, angles: Angles) -> bytes:
    """Return ``angles.csv``: ``<name>_deg`` and ``<name>_sd_deg`` per angle."""
    columns = {
        f"{name}{suffix}": column
        for name in ANGLE_NAMES
        for suffix, column in (
            ("_deg", angles.value_deg(name)),
            ("_sd_deg", angles.sd_of_deg(name)),
        )
    }
    return _csv(motion, columns, decimals=2)


def scores_csv(motion: Motion, scores: Scores) -> bytes:
    """Return ``scores.csv``: final scores with bounds, then part scores."""
    return _csv(motion, scores.columns(), decimals=0)


def _csv(motion: Motion, columns: Mapping[str, FloatArray], *, decimals: int) -> bytes:
    header = ",".join(["frame", "time_s", *columns])
    # Adding 0 turns the -0 that rounding leaves into 0.
    cells = np.round(np.stack(list(columns.values()), axis=1), decimals) + 0.0
    pattern = ",".join([f"%.{decimals}f"] * len(columns))
    rows = (
        f"{frame},{time:.3f},{(pattern % tuple(row)).replace('nan', '')}"
        for frame, time, row in zip(motion.frame, motion.time_s, cells, strict=True)
    )
    return "\n".join([header, *rows, ""]).encode()
