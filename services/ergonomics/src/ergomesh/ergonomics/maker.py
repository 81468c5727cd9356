"""``python -m ergomesh.ergonomics.maker``: makes the files of one job, then ends.

What typesetting, drawing and encoding leave behind in memory ends with it (ADR 10).
It is the other end of :mod:`ergomesh.ergonomics.workshop`::

    stdin    an Order (pickled), then a line for each Request
    stdout   lines: Ticked as often as there is news, then Made or Failed
    stderr   the worker's log

An error that nobody foresaw ends the process; its traceback is in the log.
"""

import os
import pickle  # from our own worker, through a pipe
import signal
import sys
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from ergomesh.ergonomics.making import Order, make

UNHEARD: Final = "nobody waits for it any more"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is wanted."""

    name: str
    path: str
    """Where to write it."""


class Ticked(msgspec.Struct, frozen=True, tag=True):
    """A share of the file is done."""

    share: float


class Made(msgspec.Struct, frozen=True, tag=True):
    """The file is written."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The clip cannot be read any more, or the file not written."""

    reason: str


Reply = Ticked | Made | Failed


def main() -> None:
    """Answer requests until there are no more, or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to answer
    with _own_stdout() as replies:
        order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  # as above
        for line in sys.stdin.buffer:
            request = msgspec.json.decode(line, type=Request)
            if not _said(replies, _answer(order, request, replies)):
                return


def _own_stdout() -> BinaryIO:
    """Take stdout; what libraries print there goes to the log."""
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(own, "wb", buffering=0)


def _answer(order: Order, request: Request, replies: BinaryIO) -> Reply:
    from ergomesh.ergonomics.overlay import OverlayError

    def tick(share: float) -> None:
        if not _said(replies, Ticked(share)):
            raise OverlayError(UNHEARD)

    try:
        make(order, request.name, Path(request.path), tick)
    except (OverlayError, OSError) as error:
        return Failed(str(error))
    return Made()


def _said(replies: BinaryIO, reply: Reply) -> bool:
    """Say something; return whether anybody listens."""
    try:
        replies.write(msgspec.json.encode(reply) + b"\n")
    except BrokenPipeError:
        return False
    return True


if __name__ == "__main__":
    main()
