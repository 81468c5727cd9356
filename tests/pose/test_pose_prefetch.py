"""Laws of decoding ahead."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.pose.prefetch import prefetched


def threads() -> list[str]:
    """Return the names of the running prefetch threads."""
    return [t.name for t in threading.enumerate() if t.name == "prefetch"]


@given(st.lists(st.integers(), max_size=50), st.integers(1, 8))
def test_items_come_in_their_order(items: list[int], depth: int) -> None:
    """The reader sees exactly what the source yields, whatever the depth."""
    with prefetched(iter(items), depth=depth) as ahead:
        assert list(ahead) == items

    assert not threads()


def test_an_error_comes_after_the_items_before_it() -> None:
    """What was decoded before the fault is not lost, and the fault is raised."""

    def source() -> Iterator[int]:
        yield 1
        yield 2
        msg = "damaged"
        raise ValueError(msg)

    seen: list[int] = []
    with (
        pytest.raises(ValueError, match="damaged"),
        prefetched(source(), depth=1) as ahead,
    ):
        seen.extend(ahead)

    assert seen == [1, 2]
    assert not threads()


def test_leaving_early_stops_the_source() -> None:
    """A reader that gives up does not leave a thread decoding for ever."""
    made: list[int] = []

    def source() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    with prefetched(source(), depth=2) as ahead:
        assert next(ahead) == 0

    count = len(made)
    assert not threads()
    assert count == len(made)
    assert count <= 5


def test_the_source_never_runs_further_ahead_than_the_depth() -> None:
    """Memory is bounded: at most depth items wait, one is in hand on each side."""
    made: list[int] = []

    def source() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            yield i

    with prefetched(source(), depth=3) as ahead:
        for item in ahead:
            assert len(made) - item <= 3 + 3
