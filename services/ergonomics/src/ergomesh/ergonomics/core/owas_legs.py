"""The questions about the legs that decide their OWAS code."""

import numpy as np

from ergomesh.contract.skeleton import SIDES
from ergomesh.ergonomics.core.angles import Angles
from ergomesh.ergonomics.core.bands import Steps, beyond
from ergomesh.ergonomics.core.owas_atoms import Atom
from ergomesh.ergonomics.core.owas_codes import Part
from ergomesh.ergonomics.core.stance import Stance, of_angle
from ergomesh.ergonomics.core.thresholds import Thresholds


def legs(angles: Angles, stance: Stance, thresholds: Thresholds) -> Part:
    """Answer the questions about the legs.

    Args:
        angles: T frames.
        stance: Of the same frames.
        thresholds: The choices.
    """
    limit = thresholds.foot_lifted_m
    lower = thresholds.shared_end_point == "lower"
    lifted = Steps(np.array([-limit, limit]), np.array([0, 1, 2]), lower)
    bent = beyond(thresholds.owas_knee_bent_deg, thresholds)
    lift = stance.foot_lift
    return Part(
        "legs",
        (
            stance.sits,
            Atom.exactly(stance.walks),
            stance.kneels,
            *(of_angle(angles, f"{side}_knee_flexion", bent) for side in SIDES),
            Atom.of_value(lifted, lift.height_m, lift.sd_m),
        ),
    )
