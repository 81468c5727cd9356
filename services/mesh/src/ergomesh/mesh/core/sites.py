"""Where on the body MediaPipe's landmarks lie: the table, as named data.

A site starts at an anchor (a joint or a special vertex of the model), is shifted
by a constant offset and moves rigidly with its host joint, as the markers of
MoSh (Loper, Mahmood, Black, SIGGRAPH Asia 2014). Offsets are in the rest frame
of the model (x to the worker's left, y up, z ahead), written for the left side
and mirrored for the right.
"""

from dataclasses import dataclass
from typing import Final

from ergomesh.contract.skeleton import SIDES, mirrored

SPECIAL_VERTICES: Final[dict[str, int]] = {
    "nose": 9120,
    "left_eye": 9448,
    "right_eye": 9929,
    "left_ear": 6,
    "right_ear": 616,
    "left_heel": 8846,
    "right_heel": 8635,
    "left_big_toe": 5770,
    "right_big_toe": 8463,
}
"""SMPL-X vertex ids by name (``smplx/vertex_ids.py``, table ``smplx``)."""

ROOT: Final = "pelvis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One point of the body that one landmark shows."""

    landmark: str
    """Name in :data:`ergomesh.contract.skeleton.LANDMARKS`."""
    host: str
    """Joint whose rotation moves the point."""
    anchor: str
    """Joint, or name in :data:`SPECIAL_VERTICES`, where the point starts."""
    offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """From the anchor, rest frame."""
    aside_m: float | None = None
    """Distance from the mid-plane at rest, wherever the model has the anchor; the
    point rises by :data:`RISE` of the way it is moved out."""
    spread: float = 1.0
    """Standard deviation of the landmark against the best ones."""


def _paired(site: Site) -> tuple[Site, Site]:
    x, y, z = site.offset_m
    other = Site(
        landmark=mirrored(site.landmark),
        host=mirrored(site.host),
        anchor=mirrored(site.anchor),
        offset_m=(-x, y, z),
        aside_m=site.aside_m,
        spread=site.spread,
    )
    return site, other


HIP_ASIDE_M: Final = 0.105
"""MediaPipe's hips are 19-24 cm apart; SMPL-X's hip joints about 12 cm, those of
the free body 22 cm (shared/reference/mesh.md §3.4)."""

RISE: Final = 2 / 3
"""SMPL-X's hip joints lie 4-5 cm inside MediaPipe's and about 3 cm below."""

_LEFT_SITES: Final[tuple[Site, ...]] = (
    Site(
        landmark="left_eye",
        host="head",
        anchor="left_eye",
        offset_m=(-0.008, 0.005, -0.014),
    ),
    Site(
        landmark="left_ear",
        host="head",
        anchor="left_ear",
        offset_m=(-0.030, 0.007, 0.023),
    ),
    Site(
        landmark="left_shoulder",
        host="left_collar",
        anchor="left_shoulder",
        offset_m=(-0.009, 0.019, -0.009),
        spread=2.0,
    ),
    Site(
        landmark="left_elbow",
        host="left_elbow",
        anchor="left_elbow",
        offset_m=(-0.009, -0.003, 0.024),
        spread=1.5,
    ),
    Site(
        landmark="left_wrist",
        host="left_wrist",
        anchor="left_wrist",
        offset_m=(0.008, -0.002, 0.002),
        spread=1.5,
    ),
    Site(
        landmark="left_pinky",
        host="left_wrist",
        anchor="left_pinky1",
        offset_m=(-0.016, -0.004, 0.022),
        spread=2.0,
    ),
    Site(
        landmark="left_index",
        host="left_wrist",
        anchor="left_index1",
        offset_m=(-0.026, -0.002, -0.022),
        spread=2.0,
    ),
    Site(
        landmark="left_thumb",
        host="left_wrist",
        anchor="left_thumb2",
        offset_m=(0.008, 0.018, -0.031),
        spread=2.5,
    ),
    Site(
        landmark="left_hip",
        host=ROOT,
        anchor="left_hip",
        offset_m=(-0.005, -0.014, 0.027),
        aside_m=HIP_ASIDE_M,
        spread=2.0,
    ),
    Site(
        landmark="left_knee",
        host="left_knee",
        anchor="left_knee",
        offset_m=(-0.004, -0.012, -0.008),
        spread=1.5,
    ),
    Site(
        landmark="left_ankle",
        host="left_ankle",
        anchor="left_ankle",
        offset_m=(-0.002, 0.020, 0.009),
        spread=1.5,
    ),
    Site(
        landmark="left_heel",
        host="left_ankle",
        anchor="left_heel",
        offset_m=(-0.010, -0.002, 0.020),
        spread=2.0,
    ),
    Site(
        landmark="left_foot_index",
        host="left_foot",
        anchor="left_big_toe",
        offset_m=(0.020, 0.003, -0.006),
        spread=2.0,
    ),
)
"""Offsets: where MediaPipe sees the free body of known posture, robust means over
the tuning clips of the synthetic benchmark (``docs/benchmarks.md``), sides together.
Before, hips 3 cm too far back and shoulders 1 cm too far ahead bent trunks by 5°."""

SITES: Final[tuple[Site, ...]] = (
    Site(landmark="nose", host="head", anchor="nose", offset_m=(0.0, 0.012, -0.018)),
    *(side for site in _LEFT_SITES for side in _paired(site)),
)
"""The 27 sites. Spreads: face 1, hip and shoulder 2, elbow, wrist, knee and ankle
1.5, foot and fingers 2 (mesh.md §2.1). Eye corners and mouth add nothing that
nose, eyes and ears do not say, and are left out."""

SITE: Final[dict[str, int]] = {site.landmark: i for i, site in enumerate(SITES)}
"""Index of each site by its landmark's name."""

HIP_SITES: Final[tuple[int, int]] = tuple(SITE[f"{side}_hip"] for side in SIDES)  # type: ignore[assignment]  # two sides, two sites
"""World landmarks are centred between these; both are rigid with the root."""
