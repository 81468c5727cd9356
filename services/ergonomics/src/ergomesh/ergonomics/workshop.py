"""Files made in a process of its own, so that their memory ends with them (ADR 10).

::

    MakingError(RuntimeError)
    ├── NotMadeError      the clip could not be read, or the file not written
    └── MakerEndedError   the process ended before the file was made
"""

import asyncio
import pickle  # to our own process, through a pipe
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, cast

import msgspec

from ergomesh.ergonomics.maker import Failed, Reply, Request, Ticked
from ergomesh.ergonomics.making import Order, Tick

MAKER: Final = "ergomesh.ergonomics.maker"


class MakingError(RuntimeError):
    """A file was not made."""


class NotMadeError(MakingError):
    """The clip could not be read, or the file not written; says which."""


class MakerEndedError(MakingError):
    """The process that makes files ended; its last words are in the log."""


class Workshop:
    """Makes the files of one order; its process starts with the first of them."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._process: Process | None = None

    async def make(self, name: str, path: Path, tick: Tick) -> None:
        """Make a file.

        Args:
            name: Which file.
            path: Where to write it.
            tick: Told the share done; may raise to end the work.

        Raises:
            NotMadeError: When the clip cannot be read, or the file not written.
            MakerEndedError: When the process ended, whatever the cause.
        """
        request = msgspec.json.encode(Request(name=name, path=str(path)))
        if self._process is None:
            self._process = await _started()
            request = await asyncio.to_thread(pickle.dumps, self._order) + request
        await _say(self._process, request + b"\n")
        while isinstance(reply := await _heard(self._process), Ticked):
            tick(reply.share)
        if isinstance(reply, Failed):
            raise NotMadeError(reply.reason)

    async def close(self) -> None:
        """End the process, in the middle of its work if need be."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.communicate()
        self._process = None


@asynccontextmanager
async def workshop(order: Order) -> AsyncGenerator[Workshop]:
    """Open a workshop; when it is left, nothing of it runs on."""
    opened = Workshop(order)
    try:
        yield opened
    finally:
        await opened.close()


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", MAKER, stdin=PIPE, stdout=PIPE
    )


async def _say(process: Process, words: bytes) -> None:
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdin.write(words)
    with suppress(ConnectionError):  # that it ended is heard next
        await stdin.drain()


async def _heard(process: Process) -> Reply:
    """Return the next reply.

    Raises:
        MakerEndedError: When there is none.
    """
    line = await cast("asyncio.StreamReader", process.stdout).readline()
    if not line.endswith(b"\n"):
        msg = f"the process that makes files ended with {await process.wait()}"
        raise MakerEndedError(msg)
    reply: Reply = msgspec.json.decode(line, type=Reply)
    return reply
