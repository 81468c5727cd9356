"""Progress while a worker works: live, throttled, and from any thread."""

import asyncio
import time

import msgspec

from ergomesh.contract.events import JobAccepted, Progress, progress_filter
from ergomesh.contract.job import StageName
from ergomesh.runtime.work import Outcome, Work
from runtime.harness import (
    LONG_S,
    TENANT,
    Broker,
    accept,
    eventually,
    finished,
    has_ended,
    working,
)


async def ticks_of(broker: Broker, script: object) -> list[Progress]:
    """Return the ticks that a listener hears while a job is worked."""
    here, there = await broker.connect(), await broker.connect()
    heard: list[Progress] = []

    async def listen() -> None:
        async with there.listen(progress_filter(tenant=TENANT)) as messages:
            ready.set()
            async for message in messages:
                heard.append(msgspec.json.decode(message.body, type=Progress))
                assert message.subject == heard[-1].subject()

    ready = asyncio.Event()
    listener = asyncio.create_task(listen())
    await asyncio.wait_for(ready.wait(), LONG_S)
    await accept(here)
    async with working(script, here):  # type: ignore[arg-type]  # a script
        await eventually(lambda: has_ended(here))
        await eventually(lambda: heard and heard[-1].fraction >= 1.0)
    listener.cancel()
    return heard


def count_up(work: Work, seconds: float) -> None:
    """Report progress as fast as a loop can."""
    began_s = time.monotonic()
    while (gone_s := time.monotonic() - began_s) < seconds:
        work.progress(gone_s / seconds, "counting", part=1, parts=3)
        time.sleep(0.001)
    work.progress(1.0, "counted", part=1, parts=3)


async def test_ticks_are_live_and_few(broker: Broker) -> None:
    """Hundreds of reports from a thread make about ten ticks a second, in order."""

    async def script(event: JobAccepted, work: Work) -> Outcome:
        await work.in_thread(count_up, work, 0.35)
        return finished(event)

    heard = await ticks_of(broker, script)
    assert 3 <= len(heard) <= 6
    fractions = [tick.fraction for tick in heard]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    last = heard[-1]
    assert (last.tenant, last.job, last.stage) == (
        TENANT,
        "job-1",
        StageName.ERGONOMICS,
    )
    assert (last.part, last.parts, last.message) == (1, 3, "counted")


async def test_the_last_tick_is_never_swallowed(broker: Broker) -> None:
    """Progress of 1 is sent even right after another tick."""

    async def script(event: JobAccepted, work: Work) -> Outcome:
        work.progress(0.2)
        work.progress(0.3)
        work.progress(1.0, "done")
        return finished(event)

    heard = await ticks_of(broker, script)
    assert [tick.fraction for tick in heard] == [0.0, 1.0]
