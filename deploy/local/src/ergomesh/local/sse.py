"""Server-sent events, read from bytes (pure).

Source: WHATWG HTML, §9.2.6 "Interpreting an event stream".
"""

import re
from dataclasses import dataclass
from typing import Final

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event."""

    event: str
    """Its type; ``message`` when the server names none."""
    data: str
    id: str
    """The last id the server gave, for ``Last-Event-ID``."""


class EventParser:
    """Turns chunks of bytes, cut anywhere, into events."""

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Return the events that this chunk completes."""
        text = self._rest + chunk
        # A CR may be half a line end: its LF would come with the next chunk.
        held = b"\r" if text.endswith(b"\r") else b""
        lines = _LINE_END.split(text.removesuffix(held))
        self._rest = lines.pop() + held
        found = (self._line(line) for line in lines)
        return [event for event in found if event is not None]

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        return ServerEvent(event or "message", "\n".join(data), self._id)
