"""Which gateway a command talks to: a given one, a running one, or one of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from ergomesh.local.client import Gateway, open_gateway
from ergomesh.local.datadir import DataDir
from ergomesh.local.errors import GatewayError
from ergomesh.local.lock import HeldError, exclusive, is_held, shared
from ergomesh.local.processes import Tell
from ergomesh.local.record import StackRecord, remove_record, running_stack
from ergomesh.local.stack import (
    SERVICE_START_S,
    Stack,
    StackBusyError,
    StackOptions,
    prepared,
)
from ergomesh.local.tasks import unless

POLL_S: Final = 0.3

T = TypeVar("T")
Work = Callable[[Gateway], Awaitable[T]]


async def at_url(url: str, work: Work[T]) -> T:
    """Do some work at a given gateway.

    Raises:
        GatewayError: When it is not ready.
    """
    async with open_gateway(url) as gateway:
        await gateway.check()
        return await work(gateway)


async def on_this_machine(
    options: StackOptions,
    work: Work[T],
    *,
    tell: Tell,
    hurry: asyncio.Event | None = None,
) -> T:
    """Do some work on the stack of a data folder; start one if none runs.

    A stack started here is stopped afterwards, once no other command uses it.

    Raises:
        StackError: When the stack does not start, or breaks down.
    """
    deadline = time.monotonic() + SERVICE_START_S
    waits = False
    while True:
        record = running_stack(options.data)
        if record is not None and (joined := await _join(options.data, record, work)):
            return joined[0]
        try:
            return await _alone(options, work, tell=tell, hurry=hurry)
        except StackBusyError:
            if time.monotonic() > deadline:
                raise
        if not waits:
            tell(
                "waiting for another ergomesh that starts or stops on this data folder"
            )
            waits = True
        await asyncio.sleep(POLL_S)


async def _join(data: DataDir, record: StackRecord, work: Work[T]) -> tuple[T] | None:
    """Do the work on a running stack; None when it is on its way out."""
    with shared(data.users) as held:
        # Its owner may have begun to stop it before we said that we use it.
        if not held or running_stack(data) != record:
            return None
        try:
            async with open_gateway(record.url) as gateway:
                await gateway.check()
        except GatewayError:
            return None
        return (await at_url(record.url, work),)


async def _alone(
    options: StackOptions, work: Work[T], *, tell: Tell, hurry: asyncio.Event | None
) -> T:
    async with prepared(options, tell, hurry=hurry) as stack:
        await stack.start()
        return await unless(stack.watch(), _then_leave(stack, work, tell))


async def _then_leave(stack: Stack, work: Work[T], tell: Tell) -> T:
    """Do the work, then wait until no other command uses our stack."""
    result = await at_url(stack.url, work)
    await _last_user(stack.plan.data, tell)
    return result


async def _last_user(data: DataDir, tell: Tell) -> None:
    """Wait until no other command uses our stack, and let none join any more."""
    if is_held(data.users):
        tell("done; waiting for another ergomesh command that uses this stack")
    while True:
        with suppress(HeldError), exclusive(data.users):
            remove_record(data)
            return
        await asyncio.sleep(POLL_S)
