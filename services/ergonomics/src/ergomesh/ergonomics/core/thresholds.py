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

    version: str = "3"
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

    # ---- lifts (revised NIOSH lifting equation)
    lift_min_m: float = 0.25
    """Least way up of both hands that is a lift: the equation treats shorter ways
    as 25 cm."""
    lift_hands_apart_m: float = 0.8
    """Hands farther apart carry nothing together. No source: wider than the 65 cm
    at which NIOSH calls a container too wide."""
    lift_hands_uneven_m: float = 0.3
    """Nor do hands whose heights differ by more; the method asks for both hands and
    an even load. No source."""
    lift_grip_change_m: float = 0.3
    """A load keeps the hands' distance; one that changes by more during the way up
    is no lift. No source: twice the usual error of two hands."""
    lift_still_m_s: float = 0.1
    """The hands rest while they rise or sink more slowly. No source."""
    lift_rest_s: float = 0.5
    """A rest this long ends a lift; a shorter one is within it. No source."""
    lift_sd_m: float = 0.15
    """Hands or feet less certain than this tell nothing of a lift. No source: a
    quarter of the reach beyond which NIOSH allows no load."""
    lift_sd_factor: float = 2.0
    """Errors of hands, feet and heading at the ends of a lift, over their standard
    deviations: hands that hold something are misjudged more than most. By measure 1.2
    to 3.8, root mean square over the rendered lifts that were tuned on; with twice the
    deviations the bounds held 14 of 16 exact limits (``make bench-recognition``)."""
    lift_direction: Literal["up", "both"] = "up"
    """Which ways count as lifts. NIOSH covers lowering, too, but no picture tells
    lowering a load from reaching down for one; "both" counts either."""
    lift_count_s: float = 60.0
    """In less observed time than this, lifts per minute are those between the first
    and the last lift: such clips are cut around lifts. No source; the manual counts
    over 15 minutes."""
    lift_count_min: int = 3
    """Fewer lifts than this in such a clip tell no pace: one lift that is seen in two
    pieces would be a lift every second. No source."""
    niosh_between_rows: Literal["next_higher", "interpolated"] = "next_higher"
    """What a frequency between two rows of the table gets. The manual is silent.
    The next row (Ergo-AI) never allows more than is printed; ErgoCapture
    interpolates."""
    niosh_sagittal: Literal["feet", "pelvis"] = "feet"
    """What is straight ahead: where the feet point, as the manual's neutral body
    has no twisted legs; or the pelvis, which twists along with the trunk. The
    pelvis, too, where the feet are not observed."""
    niosh_ankle_height_m: float = 0.10
    """Height of the ankles' joints above the floor, in shoes: 8 cm in the free body
    and a sole."""

    # ---- OWAS
    owas_back_bent_deg: float = 20.0
    """OWAS: the back is bent. No limit is printed; 20° in most implementations."""
    owas_back_twisted_deg: float = 20.0
    """OWAS: the back is twisted; implementations have 20…30°."""
    owas_back_side_bent_deg: float = 20.0
    """OWAS: the back is bent sideways; implementations have 20…30°."""
    owas_arm_raised: Literal["elbow", "elbow_or_hand"] = "elbow_or_hand"
    """OWAS: an arm is at or above shoulder level when its elbow is, or when any of it
    is. The short wording of the code leaves it open; the wider reading never calls a
    raised hand low."""
    owas_knee_bent_deg: float = 30.0
    """OWAS: a standing leg is bent; ISO 11226: a worker stands on flexed knees. No
    limit is printed. REBA's first band of the knee begins here."""
    owas_disputed_cells: Literal["most_programs", "milder", "stricter"] = (
        "most_programs"
    )
    """OWAS: which reading the table's disputed cells get; the result lists them."""
    kneeling_knee_m: float = 0.2
    """A bent knee this little above the lower ankle is on the floor: about the
    thickness of a leg. No source."""
    kneeling_flexion_deg: float = 60.0
    """Least knee flexion of kneeling. No source: it tells kneeling from lying."""
    seated_off_feet_m: float = 0.1
    """The centre of mass this far behind the feet cannot be held without a seat: a
    heel is 5…6 cm behind its ankle. No source."""
    seated_thigh_deg: float = 45.0
    """Least inclination of a seated worker's thighs against down. No source."""
    seated_hips_below_knees_m: float = 0.05
    """Hips farther below the knees are a squat's, whatever the balance. No source: a
    chair's seat is about as high as its user's knees."""
    seated_held_thigh_deg: float = 60.0
    """Thighs this far from down, held for longer than ``seated_held_s``, have a seat.
    No source: halfway between standing and a chair."""
    seated_held_s: float = 5.0
    """Nobody works on a half squat for longer. No source."""

    # ---- ISO 11226 and EN 1005-4
    static_s: float = 4.0
    """A posture held longer is static: INSHT NTP 847 on ISO 11226."""
    static_variation_deg: float = 10.0
    """Within that time the angle varies by no more than this. Printed as "little"; a
    quarter of the bands of 40° that must be held for a limited time."""
    static_bridge_s: float = 0.3
    """Breaks up to this long in what is seen do not end a hold, and in a posture do
    not make it a new movement; as ``episode_bridge_s``."""
    asymmetry_deg: float = 10.0
    """ISO 11226: trunk or neck count as bent sideways or twisted. No limit is
    printed; field studies use 10°, as EN 1005-4 does for the trunk."""
    awkward_arm_deg: float = 10.0
    """ISO 11226, EN 1005-4: the upper arm points backward or across the body. Printed
    as any; a hanging arm swings by this much."""
    line_of_sight_deg: float = 15.0
    """EN 1005-4: how far the line of sight lies below straight ahead of an upright
    head. The normal line of sight of MIL-STD-1472; it makes the 40° of EN 1005-4 the
    25° of the head in ISO 11226."""
    end_of_range_share: float = 0.9
    """From this share of a joint's usual range it is near the end. No source."""

    # ---- NV 361/2007
    nv361_head_angle: Literal["head_inclination", "neck_flexion"] = "head_inclination"
    """What "bent head" means: the head against the vertical, as in ISO 11226, whose
    support of the trunk the decree's items share; or against the trunk."""
    squatting_knee_deg: float = 100.0
    """Least flexion of both knees of squatting. No source: more than on a chair."""
    squatting_hip_share: float = 0.45
    """Hips this low, as a share of the legs' length above the lower ankle, are below
    those on a chair. No source: on a chair it is a half."""
    lying_trunk_deg: float = 60.0
    """Least inclination of the trunk of lying. No source."""
    lying_hip_share: float = 0.35
    """Hips this low, likewise, tell lying from bending over. No source."""

    # ---- repetition
    held_over_s: float = 60.0
    """RULA, REBA: a part is static when held over a minute."""
    repeated_over_per_min: float = 4.0
    """RULA, REBA: a part repeats when it moves over four times a minute (REBA's
    worksheet: small range)."""
    repetition_deg: float = 15.0
    """A movement there and back over this angle is a repetition. No source: well over
    what a held part sways."""

    active_knee_deg: float = 30.0
    """RULA, REBA: a leg is held where its knee is bent farther, and it bears the body.
    The methods do not say which held legs count; REBA's score of bent knees begins at
    30°."""

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
