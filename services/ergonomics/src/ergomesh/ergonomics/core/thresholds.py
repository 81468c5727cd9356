"""Every choice the printed methods leave open, in one frozen, versioned block.

RULA and REBA print their bands and tables; those are data (``tables/``). What a
computer must decide besides (how far is "abducted"?) is here, is printed with
each result, and is the only place to change it. The methods give **no** limit for
the yes/no items. Where other programs publish theirs, the default is one of
those, named by program: ErgoCapture (hfelabs-boop/ErgoCapture, 4ba4d98),
dki97k (REBA on construction video), rs9000/ergonomics (78a4179).
"""

from typing import Final, Literal

import msgspec


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Implementation choices of the scores and of the summary."""

    version: str = "1"
    """Changes whenever a default does."""

    # ---- bands
    shared_end_point: Literal["lower", "upper"] = "lower"
    """Which score an angle exactly on a shared end point gets (20° is printed in
    two bands). The lower: McAtamney & Corlett 1993 share the end points, REBA's
    worksheet too, and an edge must be exceeded to count."""
    neutral_tolerance_deg: float = 5.0
    """Half-width of "upright" for trunk and neck. Printed as exactly 0°, which no
    body holds; ±5° in ErgoCapture and dki97k."""
    wrist_neutral_tolerance_deg: float = 5.0
    """Half-width of RULA's neutral wrist, printed as exactly 0°; ±5° as above."""

    # ---- trunk and neck
    trunk_twisted_deg: float = 20.0
    """Twist that counts as twisted: ErgoCapture, dki97k."""
    trunk_side_bent_deg: float = 10.0
    """Side bend that counts: ErgoCapture, and 10° in EN 1005-4 (rs9000 has 30°)."""
    neck_twisted_deg: float = 20.0
    """ErgoCapture, dki97k."""
    neck_side_bent_deg: float = 10.0
    """ErgoCapture."""
    rula_upright_trunk_score: Literal[1, 2] = 2
    """RULA trunk score of an upright, standing worker. 2 as in the 1993 paper,
    which gives 1 only to a seated and well supported trunk; the ErgoPlus and
    Cornell worksheets print 1."""
    rula_trunk_extension_score: Literal[2, 3, 4] = 2
    """RULA trunk score for leaning back, which the paper does not score;
    implementations use 2."""

    # ---- arm and hand
    upper_arm_band_angle: Literal["elevation", "flexion"] = "elevation"
    """Angle that picks the upper arm's band. Elevation against the trunk in any
    direction: the sagittal projection is undefined for an arm out to the side
    (ISB: Wu et al. 2005). Flexion is the literal reading."""
    upper_arm_behind_deg: float = 135.0
    """With elevation: the arm is in extension where its direction about the trunk
    is farther than this from straight ahead, that is more backward than
    sideways."""
    abducted_deg: float = 30.0
    """ErgoCapture (dki97k: 45°)."""
    wrist_deviated_deg: float = 20.0
    """Radial or ulnar deviation that counts: ErgoCapture, dki97k."""
    forearm_rotated_deg: float = 60.0
    """Pronation or supination "at or near the end of range" (RULA) and "twisted"
    (REBA). Three quarters of about 80° each way; dki97k takes 45°, which is
    mid-range."""
    across_midline_deg: float = 5.0
    """RULA: the hand works across the midline. The direction from the middle of
    the shoulders lies this far on the other side; hands that meet do not."""
    out_to_side_deg: float = 30.0
    """RULA: the hand works out to the side of its shoulder; as ``abducted_deg``."""

    # ---- legs
    foot_lifted_m: float = 0.15
    """Difference in height between the ankles from which the weight is taken to
    be on one leg. No source: about the height of a stair's step."""
    walking_m_s: float = 0.5
    """Horizontal speed of the pelvis over a second from which lifted feet are
    steps (REBA scores walking as both legs). No source: a slow walk."""

    # ---- certainty
    interval_probability: float = 0.9
    """Share of a score's distribution between ``_low`` and ``_high``: 5…95 %."""
    unusable_sd_deg: float = 60.0
    """An angle with a larger standard deviation is reported as not observable.
    A direction nothing is known of has 104°."""
    unobserved_share: float = 0.8
    """An angle is not observed when its standard deviation is more than this share
    of what it is before anything is seen: then the picture gives less than 36 % of
    the information on it, and the rest is what people usually do."""

    # ---- summary
    episode_action_level: int = 3
    """Action level from which an episode is reported: 3 is "change soon" in both
    methods."""
    episode_min_s: float = 0.5
    """Shortest episode; a shorter one is within the reach of tracking noise."""
    episode_bridge_s: float = 0.3
    """Interruptions up to this long do not end an episode."""
    low_certain: float = 0.2
    """Warn when the action level is certain in a smaller share of time; our choice."""
    low_scored: float = 0.7
    """Warn when a score is determinable in a smaller share of time; our choice."""
    jump_m_s: float = 12.5
    """Warn when the body moves faster: no runner has, so it is somebody else. Peak of
    the fastest 100 m run, 12.4 m/s (Graubner and Nixdorf 2011, NSA 26:19-53)."""
    moment_distance_s: float = 1.0
    """Worst moments are at least this far apart."""
    moment_count: int = 10
    """At most so many worst moments."""
    low_coverage: float = 0.8
    """Share of analysed frames with the person below which the result warns."""
    low_observed: float = 0.5
    """Share of frames in which a body part is observed below which it warns."""
    gravity_sd_warn_deg: float = 5.0
    """Uncertainty of the vertical above which the result warns: a quarter of
    the 20° band of the trunk."""
    sitting_deg: float = 60.0
    """Hip and knee flexion beyond which half of the clip looks like sitting and
    the result asks for the fact."""

    def to_dict(self) -> dict[str, str | float | int]:
        """Return every choice by name, for printing beside a result."""
        return msgspec.structs.asdict(self)


DEFAULT_THRESHOLDS: Final = Thresholds()
"""The choices of this version."""
