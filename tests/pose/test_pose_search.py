"""Laws of what is searched when."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from ergomesh.pose import windows
from ergomesh.pose.region import Region
from ergomesh.pose.search import AT_ONCE, SCAN_S, Scene, Search, differs, scene

SIZE_PX = (1280, 720)
BOX = np.array([600.0, 200.0, 700.0, 500.0])


def picture(noise: int = 0, seed: int = 0) -> NDArray[np.uint8]:
    """Return a still room, with a codec's noise."""
    room = np.random.default_rng(0).integers(50, 200, (720, 1280, 3))
    grain = np.random.default_rng(seed).integers(-noise, noise + 1, room.shape)
    return (room + grain).astype(np.uint8)


def with_somebody(
    rgb: NDArray[np.uint8], box: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return a picture with a person-sized patch."""
    left, top, right, bottom = box.astype(int)
    changed = rgb.copy()
    changed[top:bottom, left:right] = 255 - changed[top:bottom, left:right]
    return changed


def every() -> set[Region]:
    """Return all windows."""
    return {*windows.coarse(*SIZE_PX), *windows.fine(*SIZE_PX)}


def searched(
    shown: Callable[[float], Scene], *, tallest_px: float = 0.0, until_s: float = 8.0
) -> dict[float, list[Region]]:
    """Return what is searched at which time."""
    search = Search(SIZE_PX)
    found = {0.0: search.first(0.0, shown(0.0)) + search.smaller(0.0, shown(0.0))}
    for k in range(1, round(until_s * 15)):
        time_s = k / 15
        found[time_s] = search.due(time_s, tallest_px, shown(time_s), missed=False)
    return found


def test_a_still_room_is_searched_once() -> None:
    """After the first picture nothing is searched where nothing changes."""
    found = searched(lambda t: scene(picture(5, round(15 * t)), []))

    assert set(found.pop(0.0)) == every()
    assert not any(found.values())


def test_who_comes_in_is_searched_for_at_the_next_turn() -> None:
    """Every window that shows somebody new is searched within a second."""

    def shown(time_s: float) -> Scene:
        room = picture()
        return scene(with_somebody(room, BOX) if time_s > 3 else room, [])

    found = searched(shown)

    new = {w for time_s, each in found.items() if 3 < time_s < 4.1 for w in each}
    whole = [w for w in every() if w.side_px > 300 and _holds(w, BOX)]
    assert set(whole) <= new
    assert not any(each for time_s, each in found.items() if 0 < time_s < 3)


def _holds(window: Region, box: NDArray[np.float64]) -> bool:
    low, high = (
        window.center_px - window.side_px / 2,
        window.center_px + window.side_px / 2,
    )
    return bool((low <= box[:2]).all() and (box[2:] <= high).all())


def test_what_known_people_do_is_no_change() -> None:
    """A person who moves within their box starts no search."""

    def shown(time_s: float) -> Scene:
        moved = with_somebody(picture(), BOX + 20 * np.sin(5 * time_s))
        return scene(moved, [BOX + 20 * np.sin(5 * time_s)])

    found = searched(shown, tallest_px=300)

    assert sum(map(len, list(found.values())[1:])) == 0


def test_when_everything_changes_windows_take_turns() -> None:
    """With a moving camera a few windows are searched at a time, and all in the end."""
    found = searched(
        lambda t: scene(np.roll(picture(), round(900 * t), axis=1), []), tallest_px=300
    )
    later = [each for time_s, each in found.items() if time_s > 1.1 and each]

    assert all(len(each) == AT_ONCE for each in later)
    assert len(later) == pytest.approx(6.9 / SCAN_S, abs=2)
    relevant = {*windows.coarse(*SIZE_PX), *windows.fine(*SIZE_PX, 300)}
    assert {w for each in later for w in each} == relevant


def test_a_change_elsewhere_is_not_a_windows_own() -> None:
    """A window differs only by what is in it."""
    before, now = scene(picture(), []), scene(with_somebody(picture(), BOX), [])

    assert differs(Region(x_px=650, y_px=350, side_px=360), before, now)
    assert not differs(Region(x_px=200, y_px=350, side_px=360), before, now)
    assert not differs(Region(x_px=650, y_px=350, side_px=360), before, before)
