"""What ends an attempt, what spoils it, and how often it is made."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ergomesh.contract.errors import FailureCode
from ergomesh.mesh.backends.remote_job import FitOrder, Unfit
from ergomesh.mesh.backends.runpod import polling
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Unusable
from mesh_runpod.dispatch_bench import NO_WAY, SILENCE, Bench, same_motion
from mesh_runpod.runpod_rig import RATE_USD_S
from mesh_runpod.scripted import (
    COMPLETED,
    FAILED,
    GONE,
    QUEUED,
    RUNNING,
    TIMED_OUT,
    Life,
    Scripted,
    delivers,
    outcome_of,
)


@pytest.mark.parametrize("fault", [429, 500, 503, NO_WAY, SILENCE])
async def test_run_is_repeated_after_trouble(
    bench: Bench, fault: int | Exception
) -> None:
    """Rate limits, server errors and silence are no reason to give up."""
    runpod = Scripted(bench.good(run=[fault, fault, fault]))
    assert same_motion(await bench.run(runpod), bench.fit)
    assert runpod.asked.count("run") == 4


@pytest.mark.parametrize("fault", [429, 500, 502, NO_WAY, SILENCE, {"id": 7}])
async def test_status_is_asked_until_it_is_answered(bench: Bench, fault: Any) -> None:
    """A poll that fails, or makes no sense, is no verdict on the job."""
    runpod = Scripted(bench.good(RUNNING, *[fault] * 20, RUNNING, COMPLETED))
    assert same_motion(await bench.run(runpod), bench.fit)
    assert len(runpod.orders) == 1


async def test_a_state_unknown_to_us_is_waited_out(bench: Bench) -> None:
    """RunPod may add states; only the documented ends are ends."""
    odd = [{"status": "THROTTLED"}, {"status": "RUNNING"}, {"status": "COMPLETING"}]
    runpod = Scripted(bench.good(*odd, COMPLETED))
    assert (await bench.run(runpod)).report.executed_s == 20.0


@pytest.mark.parametrize(
    "end", [FAILED, TIMED_OUT, {"status": "CANCELLED"}, GONE, COMPLETED]
)
async def test_an_attempt_that_leaves_nothing_is_made_again(
    bench: Bench, end: Any
) -> None:
    """However it ended: the next attempt has a folder of its own and delivers."""
    runpod = Scripted(Life([QUEUED, RUNNING, end]), bench.good())
    assert same_motion(await bench.run(runpod), bench.fit)
    first, second = (o["input"]["motion"]["key"] for o in runpod.orders)
    assert first != second
    assert runpod.orders[1]["input"]["refresh"] is True


async def test_failed_attempts_are_paid_too(bench: Bench) -> None:
    """The cost is that of all attempts."""
    runpod = Scripted(Life([TIMED_OUT]), Life([FAILED]), bench.good())
    report = (await bench.run(runpod)).report
    assert report.executed_s == 60 + 5 + 20
    assert report.cost_usd == pytest.approx(85 * RATE_USD_S)
    assert report.remote_job == "2"


async def test_attempts_end(bench: Bench) -> None:
    """After the last attempt the job fails, and its sentence says how it ended."""
    runpod = Scripted(*[Life([FAILED]) for _ in range(9)])
    with pytest.raises(Unusable) as caught:
        await bench.run(runpod, attempts=2)
    assert caught.value.code is FailureCode.FIT_FAILED
    assert "failed 2 times" in caught.value.message
    assert "CUDA error" in caught.value.message
    assert len(runpod.orders) == 2


async def test_a_redelivery_makes_no_new_attempts(bench: Bench) -> None:
    """A job that has used its attempts has used them; another job has its own."""
    runpod = Scripted(*[Life([FAILED]) for _ in range(2)], bench.good())
    for _ in range(3):
        with pytest.raises(Unusable):
            await bench.run(runpod, attempts=2)
    assert len(runpod.orders) == 2
    fit = await bench.run(runpod, await bench.work("job-2"), attempts=2)
    assert fit.report.executed_s == 20.0


async def test_forgotten_by_runpod_is_not_lost(bench: Bench) -> None:
    """After 30 minutes /status is 404, but the outcome still lies in the store."""
    runpod = Scripted(bench.good(RUNNING, GONE))
    fit = await bench.run(runpod)
    assert same_motion(fit, bench.fit)
    assert fit.report.executed_s == 7.0  # the worker's own clock
    assert len(runpod.orders) == 1


@pytest.mark.parametrize("say", [RUNNING, SILENCE])
async def test_an_outcome_is_taken_though_runpod_never_says_so(
    bench: Bench, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late progress message over the result, or an outage, does not hold it up."""
    monkeypatch.setattr(polling, "SETTLE_S", -1.0)
    runpod = Scripted(bench.good(RUNNING, say))
    assert same_motion(await bench.run(runpod), bench.fit)


async def test_an_outcome_is_not_taken_before_runpod_had_time(bench: Bench) -> None:
    """While the outcome is fresh, RunPod's own numbers are waited for."""
    runpod = Scripted(bench.good(*[RUNNING] * 20, COMPLETED))
    assert (await bench.run(runpod)).report.executed_s == 20.0


def spoil_bytes(bench: Bench, order: FitOrder) -> None:
    """Leave a motion that was changed after the report."""
    delivers(bench.store, bench.fit)(order)
    raw = bytearray(bench.store.objects[order.motion.key][0])
    raw[len(raw) // 2] ^= 1
    bench.store.upload(order.motion.key, bytes(raw))


def spoil_other_motion(bench: Bench, order: FitOrder) -> None:
    """Leave a good motion that is not the reported one."""
    delivers(bench.store, bench.fit)(order)
    other = replace(bench.fit.motion, trans=bench.fit.motion.trans + 1.0)
    bench.store.upload(order.motion.key, other.to_npz())


def spoil_nothing_there(bench: Bench, order: FitOrder) -> None:
    """Leave an outcome without its motion."""
    delivers(bench.store, bench.fit)(order)
    del bench.store.objects[order.motion.key]


def spoil_other_place(bench: Bench, order: FitOrder) -> None:
    """Leave an outcome that points elsewhere."""
    outcome, raw = outcome_of(bench.fit, "art/acme/mesh/somebody-elses")
    bench.store.upload(outcome.motion.key, raw)
    bench.store.upload(order.outcome.key, msgspec.json.encode(outcome))


def spoil_no_npz(bench: Bench, order: FitOrder) -> None:
    """Leave bytes that are no motion, correctly reported."""
    outcome, _ = outcome_of(bench.fit, order.motion.key)
    raw = b"not a motion"
    ref = msgspec.structs.replace(
        outcome.motion, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw)
    )
    outcome = msgspec.structs.replace(outcome, motion=ref)
    bench.store.upload(order.motion.key, raw)
    bench.store.upload(order.outcome.key, msgspec.json.encode(outcome))


def spoil_other_clip(bench: Bench, order: FitOrder) -> None:
    """Leave the motion of other frames."""
    motion = replace(bench.fit.motion, frame=bench.fit.motion.frame + 1)
    delivers(bench.store, Fit(motion=motion, report=bench.fit.report))(order)


def spoil_json(bench: Bench, order: FitOrder) -> None:
    """Leave an outcome that was cut off."""
    delivers(bench.store, bench.fit)(order)
    bench.store.upload(order.outcome.key, b'{"outcome":"fitted","moti')


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_bytes,
        spoil_other_motion,
        spoil_nothing_there,
        spoil_other_place,
        spoil_no_npz,
        spoil_other_clip,
        spoil_json,
    ],
)
async def test_a_spoilt_result_is_never_accepted(bench: Bench, spoil: Any) -> None:
    """RunPod's COMPLETED counts for nothing unless the files stand up."""
    bad = Life([COMPLETED], lambda order: spoil(bench, order))
    with pytest.raises(Unusable) as caught:
        await bench.run(Scripted(bad, bad), attempts=1)
    assert caught.value.code is FailureCode.FIT_FAILED
    again = Scripted(Life([COMPLETED], bad.leaves), bench.good())
    fit = await bench.run(again, await bench.work("job-2"))
    assert same_motion(fit, bench.fit)


@pytest.mark.parametrize("end", [FAILED, COMPLETED, GONE])
async def test_the_landmarks_fault_is_no_reason_to_try_again(
    bench: Bench, end: Any
) -> None:
    """A worker's verdict on the input ends the job with its code, paid once."""
    verdict = Unfit(code=FailureCode.NO_PERSON, message="No frame has a person.")

    def leave(order: FitOrder) -> None:
        bench.store.upload(order.outcome.key, msgspec.json.encode(verdict))

    runpod = Scripted(Life([RUNNING, end], leave))
    for _ in range(2):
        with pytest.raises(Unusable) as caught:
            await bench.run(runpod, fallback_to_local=True)
        assert caught.value.code is FailureCode.NO_PERSON
    assert len(runpod.orders) == 1
    assert bench.local.fits == 0
