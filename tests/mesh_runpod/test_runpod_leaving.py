"""Cancels, refusals, outages, long queues, and the way back to this machine."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from ergomesh.contract.errors import FailureCode
from ergomesh.mesh.backends.runpod.ledger import (
    INTENT_S,
    Stand,
)
from ergomesh.runtime.errors import Cancelled, Transient, Unusable
from mesh_runpod.dispatch_bench import NO_WAY, SILENCE, Bench, same_motion
from mesh_runpod.runpod_rig import until
from mesh_runpod.scripted import (
    COMPLETED,
    FAILED,
    QUEUED,
    RUNNING,
    TIMED_OUT,
    Life,
    Scripted,
)
from mesh_runpod.standin import API_KEY


async def test_a_cancelled_job_is_cancelled_at_runpod(bench: Bench) -> None:
    """The user's cancel reaches the remote job, and a later job starts anew."""
    runpod = Scripted(bench.good(QUEUED, RUNNING), bench.good())
    work = await bench.work()
    running = asyncio.create_task(bench.run(runpod, work))
    await until(lambda: "status" in runpod.asked, "polling")
    work.cancel()
    with pytest.raises(Cancelled):
        await running
    assert runpod.cancelled == ["0"]
    assert (await bench.record()).stand is Stand.OVER
    assert same_motion(await bench.run(runpod, await bench.work("job-2")), bench.fit)
    assert len(runpod.orders) == 2


async def test_a_cancel_does_not_wait_for_the_next_question(bench: Bench) -> None:
    """However long the pause between two questions, a stop is noticed at once."""
    runpod = Scripted(Life([RUNNING]))
    work = await bench.work()
    running = asyncio.create_task(bench.run(runpod, work, poll_s=600.0))
    await until(lambda: "status" in runpod.asked, "polling")
    work.cancel()
    with pytest.raises(Cancelled):
        await asyncio.wait_for(running, 5)
    assert runpod.cancelled == ["0"]


async def test_a_shared_job_is_cancelled_by_the_last_one(bench: Bench) -> None:
    """Who waits for the same work is not hurt by another one's cancel."""
    runpod = Scripted(bench.good(QUEUED, RUNNING))
    works = [await bench.work(f"job-{n}") for n in range(2)]
    tasks = [asyncio.create_task(bench.run(runpod, work)) for work in works]
    await until(lambda: bench.shared_by(2), "sharing")
    for work, task, cancelled in zip(works, tasks, ([], ["0"]), strict=True):
        work.cancel()
        with pytest.raises(Cancelled):
            await task
        assert runpod.cancelled == cancelled


async def test_a_cancel_stands_though_runpod_is_away(bench: Bench) -> None:
    """Our job ends at once; the log says that the remote one may run on."""
    runpod = Scripted(Life([RUNNING]))
    work = await bench.work()
    running = asyncio.create_task(bench.run(runpod, work))
    await until(lambda: "status" in runpod.asked, "polling")

    runpod.away = True
    work.cancel()
    with capture_logs() as logs, pytest.raises(Cancelled):
        await running
    assert any(line["event"] == "not cancelled" for line in logs)


@pytest.mark.parametrize(
    ("answer", "says"), [(401, "API_KEY"), (404, "ENDPOINT_ID"), (400, "refused")]
)
async def test_a_refusal_says_what_to_set(bench: Bench, answer: int, says: str) -> None:
    """A wrong key or endpoint is told in one sentence, without the key, unrepeated."""
    runpod = Scripted(Life([QUEUED], run=[answer] * 9))
    with capture_logs() as logs, pytest.raises(Transient) as caught:
        await bench.run(runpod)
    assert caught.value.code is FailureCode.GPU_UNREACHABLE
    assert says in caught.value.message
    assert runpod.asked == ["run"]
    assert (await bench.record()).stand is Stand.UNSENT
    assert API_KEY not in caught.value.message + repr(logs) + repr(caught.value)


async def test_what_was_refused_is_sent_at_once_later(bench: Bench) -> None:
    """Nobody waits for an answer to what RunPod certainly did not take."""
    runpod = Scripted(bench.good(run=[401]))
    with pytest.raises(Transient):
        await bench.run(runpod)
    assert same_motion(await asyncio.wait_for(bench.run(runpod), 1), bench.fit)


async def test_an_outage_is_transient(bench: Bench) -> None:
    """RunPod away is no verdict on the job: the message is tried again later."""
    runpod = Scripted(bench.good(run=[503] * 5))
    with pytest.raises(Transient) as caught:
        await bench.run(runpod)
    assert caught.value.code is FailureCode.GPU_UNREACHABLE
    assert (await bench.record()).stand is Stand.INTENT  # a 503 may have taken it
    bench.now_s += INTENT_S + 1
    assert same_motion(await bench.run(runpod), bench.fit)


async def test_silence_beyond_patience_is_transient_and_resumable(bench: Bench) -> None:
    """A poll gives up after the operator's patience, but not the remote job."""
    runpod = Scripted(Life([QUEUED, SILENCE]))
    with pytest.raises(Transient):
        await bench.run(runpod, patience_s=-1.0)
    record = await bench.record()
    assert (record.stand, record.remote_job) == (Stand.SENT, "0")
    assert runpod.cancelled == []


@pytest.mark.parametrize(
    ("lives", "why"),
    [
        ([Life([FAILED]), Life([TIMED_OUT])], "failed 2 times"),
        ([Life([], run=[401])], "API key"),
        ([Life([], run=[NO_WAY] * 9)], "did not answer"),
    ],
)
async def test_the_local_backend_steps_in_when_allowed_and_says_so(
    bench: Bench, lives: list[Life], why: str
) -> None:
    """The report says that the fit ran here, why, and what was paid in vain."""
    fit = await bench.run(Scripted(*lives), attempts=2, fallback_to_local=True)
    assert (bench.local.fits, fit.report.backend) == (1, "local")
    assert fit.report.fell_back is not None
    assert why in fit.report.fell_back
    paid_s = 65.0 if "times" in why else None
    assert fit.report.executed_s == paid_s
    assert (fit.report.cost_usd is None) == (paid_s is None)


async def test_the_local_backend_never_steps_in_unasked(bench: Bench) -> None:
    """Without the operator's word the job fails instead."""
    with pytest.raises(Unusable):
        await bench.run(Scripted(Life([FAILED])), attempts=1)
    assert bench.local.fits == 0


async def test_an_endpoint_without_workers_is_left_when_allowed(bench: Bench) -> None:
    """Queued for too long: cancelled there, done here, and said so."""
    runpod = Scripted(Life([QUEUED]))
    running = asyncio.create_task(
        bench.run(runpod, fallback_to_local=True, queue_limit_s=600.0)
    )
    await until(lambda: "status" in runpod.asked, "polling")
    bench.now_s += 601
    fit = await asyncio.wait_for(running, 5)
    assert runpod.cancelled == ["0"]
    assert fit.report.fell_back is not None
    assert "no worker" in fit.report.fell_back


async def test_a_long_queue_alarms_ever_more_rarely(bench: Bench) -> None:
    """The log warns with the endpoint's workers, and again at twice the age."""
    runpod = Scripted(bench.good(*[QUEUED] * 200, COMPLETED))

    def tick() -> float:
        bench.now_s += 1
        return bench.now_s

    backend = bench.backend(runpod, queue_alarm_s=30.0, poll_max_s=0.001)
    backend._clock = tick
    with capture_logs() as logs:
        await backend.fit(bench.landmarks, await bench.work())
    alarms = [line for line in logs if "queue" in line["event"]]
    ages = [line["waited_s"] for line in alarms]
    assert 3 <= len(ages) <= 8
    assert ages[0] >= 30
    assert all(late >= 2 * early for early, late in pairwise(ages))
    assert alarms[0]["workers"] == {"throttled": 2}
