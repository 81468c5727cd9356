"""Laws of reading server-sent events."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergomesh.local.sse import EventParser, ServerEvent

VALUES = st.lists(
    st.tuples(
        st.sampled_from(["status", "progress"]),
        st.text(st.characters(codec="utf-8")).map(
            lambda text: msgspec.json.encode(text).decode()
        ),
        st.integers(0, 999).map(str),
    ),
    max_size=5,
)


def written(events: list[tuple[str, str, str]], end: str) -> bytes:
    """Return an event stream as a server writes it."""
    frames = [
        end.join([": keep-alive", f"id: {n}", f"event: {e}", f"data: {d}", "", ""])
        for e, d, n in events
    ]
    return "".join(frames).encode()


def read(chunks: list[bytes]) -> list[ServerEvent]:
    """Return all events of some chunks."""
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@settings(deadline=None)
@given(
    events=VALUES,
    end=st.sampled_from(["\n", "\r\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=20),
)
def test_events_do_not_depend_on_how_the_bytes_arrive(
    events: list[tuple[str, str, str]], end: str, cuts: list[int]
) -> None:
    """Cut anywhere, even within a letter or a line end, the events are the same."""
    stream = written(events, end)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[a:b] for a, b in pairwise(places)]
    assert read(chunks) == [ServerEvent(e, d, n) for e, d, n in events]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_at_a_time_gives_the_same_events(end: str) -> None:
    """No cut is special, not even the one within a CR LF."""
    events = [("status", "{}", "1"), ("progress", "1", "2")]
    stream = written(events, end)
    bytewise = [stream[at : at + 1] for at in range(len(stream))]
    assert read(bytewise) == [ServerEvent(e, d, n) for e, d, n in events]


def test_the_standard_s_own_examples() -> None:
    """Lines of data join, comments vanish, an id stays, an empty event is none."""
    stream = (
        b": test stream\n\ndata: first event\nid: 1\n\n"
        b"data:second event\nid\n\ndata:  third event\n\n"
        b"event: add\ndata: YHOO\ndata: +2\n\nevent: lost\n\ndata\n\n"
    )
    assert read([stream]) == [
        ServerEvent("message", "first event", "1"),
        ServerEvent("message", "second event", ""),
        ServerEvent("message", " third event", ""),
        ServerEvent("add", "YHOO\n+2", ""),
        ServerEvent("message", "", ""),
    ]


def test_a_bare_carriage_return_ends_a_line_too() -> None:
    """The third line end of the standard works, once the next byte is known."""
    assert read([b"data: x\r\r", b"data: y\r\r:"]) == [
        ServerEvent("message", "x", ""),
        ServerEvent("message", "y", ""),
    ]


def test_an_event_without_its_blank_line_is_not_told() -> None:
    """What the connection cut off is not guessed at."""
    assert read([b"data: half"]) == []
    assert read([b"data: half\n"]) == []
