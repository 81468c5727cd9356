"""Tasks that end together, and signals that end them."""

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from ergomesh.local.errors import Interrupted

T = TypeVar("T")


async def all_or_first_error(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Run at least one coroutine; the first error cancels the others and is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await cancelled(*tasks)


async def unless(guard: Coroutine[Any, Any, None], work: Coroutine[Any, Any, T]) -> T:
    """Return the result of some work, unless its guard raises first."""
    task, watch = asyncio.create_task(work), asyncio.create_task(guard)
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await watch
        return await task
    finally:
        await cancelled(task, watch)


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, each once, and wait until they have cleaned up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def run(work: Coroutine[Any, Any, T], hurry: asyncio.Event) -> T:
    """Run a command; the first Ctrl-C or SIGTERM cancels it, the second hurries it.

    Args:
        work: The command.
        hurry: Set at the second signal, for the command's clean-up to look at.

    Raises:
        Interrupted: When a signal ended it.
    """
    return asyncio.run(_interruptible(work, hurry))


async def _interruptible(work: Coroutine[Any, Any, T], hurry: asyncio.Event) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    received: list[signal.Signals] = []

    def on_signal(number: signal.Signals) -> None:
        if received:
            hurry.set()
        else:
            task.cancel()
        received.append(number)

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup
        heard.append(signal.SIGHUP)
    for number in heard:
        loop.add_signal_handler(number, on_signal, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        raise Interrupted(received[0]) from None
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
