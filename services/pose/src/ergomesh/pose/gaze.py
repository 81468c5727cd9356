"""Look at a person with all models of a preset, or only glance at them."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Protocol

from numpy import uint8
from numpy.typing import NDArray

from ergomesh.pose.averaging import averaged
from ergomesh.pose.boxes import overlap
from ergomesh.pose.detection import Found, Look
from ergomesh.pose.presets import PosePlan
from ergomesh.pose.region import Region
from ergomesh.pose.track import PRESENT, SAME, alike, apart

ROUGH: Final = 0.2
"""Score of a first look, through a rough window, from which a second is worth it."""
CORRECTIONS: Final = 2
"""Looks after the first."""
COVERED: Final = 0.6
"""Overlap from which a second look at a body is no second person: where much of it is
hidden the network is not of one mind."""

Picture = NDArray[uint8]


class Eyes(Protocol):
    """What sees people in pictures; the networks do."""

    def finding(self, rgb: Picture, window: Region) -> "Future[list[Found]]":
        """Begin to find the people in a window of a picture."""
        ...

    def looking(
        self, rgb: Picture, region: Region, model: str, *, mirrored: bool = False
    ) -> "Future[Look]":
        """Begin to find the landmarks of a person."""
        ...


def gazing(
    eyes: Eyes, plan: PosePlan, rgb: Picture, region: Region
) -> Callable[[], Look]:
    """Begin to look at a person; the result waits for it.

    Args:
        eyes: The networks.
        plan: Which models, and whether mirrored.
        rgb: (H, W, 3) upright picture.
        region: Where the person is.
    """
    ways = (False, True) if plan.mirrored else (False,)
    looks = {
        model: [eyes.looking(rgb, region, model, mirrored=way) for way in ways]
        for model in plan.models
    }

    def result() -> Look:
        """Wait for all networks and average what they saw."""
        seen = {
            model: [each.result() for each in each_way]
            for model, each_way in looks.items()
        }
        world = [look for model in plan.world_models for look in seen[model]]
        return averaged(seen[plan.image_model], world)

    return result


def all_found(findings: Sequence["Future[list[Found]]"]) -> list[Found]:
    """Return who was found in some windows, each person once, the surest first."""
    found = [each for finding in findings for each in finding.result()]
    kept: list[Found] = []
    for each in sorted(found, key=lambda f: -f.score):
        if not any(alike(each.region, other.region) for other in kept):
            kept.append(each)
    return kept


def glanced(
    eyes: Eyes, model: str, rgb: Picture, found: Found, known: Sequence[Look]
) -> Look | None:
    """Return the person that the detector found, if there is one.

    The detector's window is rough for small people: a first look corrects it, and
    two in a row must agree, unless they are of somebody known.

    Args:
        eyes: The networks.
        model: Which to use.
        rgb: (H, W, 3) upright picture.
        found: Whom the detector found.
        known: Who is known to be in the picture.
    """
    before = eyes.looking(rgb, found.region, model).result()
    if before.score < ROUGH:
        return None
    for _ in range(CORRECTIONS):
        if before.score >= PRESENT and among(before, known):
            return before
        look = eyes.looking(rgb, before.next_region, model).result()
        if min(look.score, before.score) >= PRESENT and apart(before, look) < SAME:
            return look
        before = look
    return None


def among(look: Look, known: Sequence[Look]) -> bool:
    """Whether a look is of somebody known."""
    return any(
        apart(look, each) < SAME or overlap(look.box_px, each.box_px[None])[0] > COVERED
        for each in known
    )
