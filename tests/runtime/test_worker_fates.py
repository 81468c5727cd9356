"""What becomes of a message: published, retried, failed, or refused.

Each law holds on the fake broker and on a real nats-server.
"""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from ergomesh.contract.envelope import encode_event
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import JobAccepted, JobCancelled, JobCompleted, JobFailed
from ergomesh.contract.job import JobState, StageName, StageState
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import Transient, Unusable
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryStore
from ergomesh.runtime.work import Outcome, Work
from ergomesh.runtime.worker import OUR_FAULT
from runtime.harness import (
    SHORT_S,
    Calls,
    accept,
    ends,
    eventually,
    finished,
    has_ended,
    status,
    stored,
    stored_bodies,
    working,
)
from runtime.watched import WatchedBus

AWAY = Transient(FailureCode.STORE_UNREACHABLE, "The store is away; try again.")
AT = "ergomesh.v1.evt.acme.job-1.job.accepted"
RESULT = ObjectRef(key="art/x", sha256="0" * 64, size=3, media_type="text/csv")


def settled(bus: WatchedBus) -> bool:
    """Tell whether a message was acknowledged or refused."""
    return bool(bus.verbs("ack", "term"))


async def test_a_message_is_acknowledged_after_everything_else(bus: Bus) -> None:
    """Start, products, status, end: all are with the broker before the ack."""
    watched = WatchedBus(bus)
    await accept(bus)
    async with working(Calls(), watched):
        await eventually(lambda: settled(watched))
    assert watched.verbs("publish", "update", "ack") == [
        ("publish", "ergonomics.started"),
        ("update", "acme.job-1"),
        ("publish", "ergonomics.completed"),
        ("update", "acme.job-1"),
        ("publish", "job.completed"),
        ("update", "acme.job-1"),
        ("ack", "job.accepted"),
    ]


async def test_a_handled_message_leaves_its_events_and_its_status(bus: Bus) -> None:
    """The stream holds what the stage said, the status where the job stands."""
    event = await accept(bus)

    async def script(event: JobAccepted, work: Work) -> Outcome:
        done = finished(event)
        return Outcome(events=done.events, artifacts={"angles.csv": RESULT})

    async with working(script, bus):
        await eventually(lambda: has_ended(bus))
    names = [e.type_name().removeprefix("ergomesh.v1.") for e in await stored(bus)]
    assert names == [
        "job.accepted",
        "ergonomics.started",
        "ergonomics.completed",
        "job.completed",
    ]
    now = await status(bus, event.job)
    assert now.state is JobState.COMPLETED
    assert now.artifacts == {"angles.csv": RESULT}
    stage = now.stages[StageName.ERGONOMICS]
    assert stage.state is StageState.COMPLETED
    assert stage.started_at is not None
    assert stage.seconds is not None


async def test_a_part_of_a_stage_does_not_complete_it(bus: Bus) -> None:
    """An outcome that does not complete leaves the stage running."""
    watched = WatchedBus(bus)
    await accept(bus)

    async def script(event: JobAccepted, work: Work) -> Outcome:
        return Outcome(completes=False)

    async with working(script, watched):
        await eventually(lambda: settled(watched))
    now = await status(bus)
    assert now.state is JobState.RUNNING
    assert now.stages[StageName.ERGONOMICS].state is StageState.STARTED


async def test_an_outage_is_waited_out(bus: Bus) -> None:
    """After transient faults with growing pauses the work succeeds, once."""
    calls = Calls(raises=[AWAY, AWAY, AWAY])
    await accept(bus)
    async with working(calls, bus, backoff_s=0.05):
        await eventually(lambda: has_ended(bus))
    assert len(calls.calls) == 4
    pauses_s = [later - sooner for sooner, later in pairwise(calls.times_s)]
    for pause_s, least_s in zip(pauses_s, (0.05, 0.1, 0.2), strict=True):
        assert 0.9 * least_s < pause_s < 2 * least_s + 0.5
    assert (await status(bus)).state is JobState.COMPLETED


async def test_an_unusable_input_fails_the_job_once(bus: Bus) -> None:
    """The end carries code, sentence and stage; the message is refused for good."""
    watched = WatchedBus(bus)
    fault = Unusable(FailureCode.NO_PERSON, "Nobody is seen in the clip.")
    calls = Calls(raises=[fault])
    await accept(bus)
    async with working(calls, watched):
        await eventually(lambda: settled(watched))
    (end,) = await ends(bus)
    assert isinstance(end, JobFailed)
    assert end.failure.code is FailureCode.NO_PERSON
    assert end.failure.message == "Nobody is seen in the clip."
    assert end.failure.stage is StageName.ERGONOMICS
    assert (await status(bus)).failure == end.failure
    assert watched.verbs("ack", "nak", "term") == [("term", "job.accepted")]
    assert len(calls.calls) == 1


async def test_the_job_fails_before_the_message_is_refused(bus: Bus) -> None:
    """A crash between the two costs a repetition, never a job without an end."""
    watched = WatchedBus(bus)
    fault = Unusable(FailureCode.NO_PERSON, "Nobody is seen in the clip.")
    await accept(bus)
    async with working(Calls(raises=[fault]), watched):
        await eventually(lambda: settled(watched))
    assert watched.diary.index(("publish", "job.failed")) < watched.diary.index(
        ("term", "job.accepted")
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\x00", b"{}", b'{"x":' * 10_000],
    ids=["empty", "binary", "hollow", "deep"],
)
async def test_garbage_is_refused_and_nothing_follows(bus: Bus, body: bytes) -> None:
    """Bytes that are no event are terminated; the worker goes on to the next."""
    watched = WatchedBus(bus)
    calls = Calls()
    await bus.publish(AT, body, dedup_id="garbage")
    await accept(bus, "job-2")
    async with working(calls, watched):
        await eventually(lambda: watched.verbs("ack"))
    assert calls.calls == ["job-2"]
    assert watched.verbs("ack", "nak", "term") == [
        ("term", "job.accepted"),
        ("ack", "job.accepted"),
    ]


async def test_a_job_does_not_wait_for_an_unreadable_event(bus: Bus) -> None:
    """If an event of a known job cannot be read, its job ends as failed."""
    calls = Calls()
    await accept(bus)
    async with working(calls, bus):
        await eventually(lambda: has_ended(bus))
    created = await status(bus)
    other = msgspec.structs.replace(created, job="job-9", state=JobState.ACCEPTED)
    await Jobs(bus, now_rfc3339).create(other)
    at = AT.replace("job-1", "job-9")
    await bus.publish(at, b"{}", dedup_id="newer")
    async with working(calls, bus):
        await eventually(lambda: has_ended(bus, "job-9"))

    failure = (await status(bus, "job-9")).failure
    assert failure is not None
    assert failure.code is FailureCode.INTERNAL
    assert calls.calls == ["job-1"]


async def test_an_event_of_another_type_is_refused(bus: Bus) -> None:
    """A well-formed event on the wrong subject is not worked on."""
    watched = WatchedBus(bus)
    calls = Calls()
    stranger = encode_event(JobCancelled(tenant="acme", job="job-1"), time="now")
    await bus.publish(AT, stranger, dedup_id="stranger")
    async with working(calls, watched):
        await eventually(lambda: settled(watched))
    assert watched.verbs("term", "ack", "publish") == [("term", "job.accepted")]
    assert calls.calls == []


async def test_the_same_event_twice_is_worked_once(bus: Bus) -> None:
    """A repeated publication starts nothing."""
    calls = Calls()
    event = await accept(bus)
    body = encode_event(event, time=now_rfc3339())
    repeated = await bus.publish(event.subject(), body, dedup_id=event.dedup_id())
    assert not repeated
    async with working(calls, bus):
        await eventually(lambda: has_ended(bus))
        await asyncio.sleep(0.1)
    assert calls.calls == ["job-1"]


@pytest.mark.parametrize("attempts", [1, 3])
async def test_the_last_delivery_fails_the_job(bus: Bus, attempts: int) -> None:
    """An outage that outlasts all deliveries ends the job with its own code."""
    watched = WatchedBus(bus)
    calls = Calls(raises=[AWAY] * 9)
    await accept(bus)
    async with working(calls, watched, max_deliver=attempts, backoff_s=0.02):
        await eventually(lambda: settled(watched))
    assert len(calls.calls) == attempts
    (end,) = await ends(bus)
    assert isinstance(end, JobFailed)
    assert end.failure.code is FailureCode.STORE_UNREACHABLE
    assert end.failure.message == AWAY.message
    verdicts = watched.verbs("ack", "nak", "term")
    assert verdicts == [("nak", "job.accepted")] * (attempts - 1) + [
        ("term", "job.accepted")
    ]


async def test_our_own_fault_is_retried_and_then_admitted(bus: Bus) -> None:
    """An unexpected error ends as internal_error; no event tells what it was."""
    calls = Calls(raises=[ZeroDivisionError("secret of the house")] * 9)
    await accept(bus)
    async with working(calls, bus, max_deliver=2, backoff_s=0.02):
        await eventually(lambda: has_ended(bus))
    assert len(calls.calls) == 2
    (end,) = await ends(bus)
    assert isinstance(end, JobFailed)
    assert end.failure.code is FailureCode.INTERNAL
    assert end.failure.message == OUR_FAULT
    for body in await stored_bodies(bus):
        for word in (b"secret", b"Traceback", b"ZeroDivision"):
            assert word not in body
    assert "secret" not in repr(await status(bus))


async def test_our_own_fault_may_pass(bus: Bus) -> None:
    """An unexpected error that does not come back costs a repetition only."""
    calls = Calls(raises=[RuntimeError("once")])
    await accept(bus)
    async with working(calls, bus):
        await eventually(lambda: has_ended(bus))
    assert len(calls.calls) == 2
    assert (await status(bus)).state is JobState.COMPLETED


async def test_an_unreachable_store_is_waited_for(bus: Bus) -> None:
    """A stage that writes to a store which comes back completes its job."""
    store = MemoryStore()
    store.reachable = False
    calls = Calls()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        calls.calls.append(event.job)
        store.reachable = len(calls.calls) > 2
        await work.store.put("art/x", b"abc", media_type="text/csv")
        return finished(event)

    await accept(bus)
    async with working(script, bus, store=store):
        await eventually(lambda: has_ended(bus))
    assert len(calls.calls) == 3
    assert (await status(bus)).state is JobState.COMPLETED


SETTLING = [
    ("publish", "ergonomics.completed"),
    ("update", "acme.job-1"),
    ("publish", "job.completed"),
    ("ack", "job.accepted"),
]


@pytest.mark.parametrize(("verb", "on"), SETTLING)
async def test_an_outage_while_settling_is_left_to_redelivery(
    bus: Bus, verb: str, on: str
) -> None:
    """If the broker fails at any step of a success, the job still ends, and once."""
    watched = WatchedBus(bus)
    calls = Calls()

    async def script(event: JobAccepted, work: Work) -> Outcome:
        done = await calls(event, work)
        if len(calls.calls) == 1:  # by now the stage has started
            fault = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
            watched.fail(verb, on, fault)
        return done

    await accept(bus)
    async with working(script, watched, ack_wait_s=SHORT_S):
        await eventually(lambda: settled(watched))
    assert len(calls.calls) == (1 if verb == "ack" else 2)
    assert watched.verbs("ack", "nak", "term") == [("ack", "job.accepted")]
    subjects = [e.type_name() for e in await stored(bus)]
    assert len(subjects) == len(set(subjects)) == 4
    assert (await status(bus)).state is JobState.COMPLETED
    assert isinstance((await ends(bus))[0], JobCompleted)


async def test_an_outage_while_failing_is_left_to_redelivery(bus: Bus) -> None:
    """If the broker is away when a job fails, the job fails after the ack wait."""
    watched = WatchedBus(bus)
    fault = Unusable(FailureCode.NO_PERSON, "Nobody is seen in the clip.")
    away = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
    watched.fail("publish", "job.failed", away)
    calls = Calls(raises=[fault, fault])
    await accept(bus)
    async with working(calls, watched, ack_wait_s=SHORT_S):
        await eventually(lambda: settled(watched))
    assert len(calls.calls) == 2
    (end,) = await ends(bus)
    assert isinstance(end, JobFailed)
    assert end.failure.code is FailureCode.NO_PERSON


async def test_an_outage_at_the_last_delivery_still_ends_the_job(bus: Bus) -> None:
    """A job whose last delivery could not be settled does not hang for ever."""
    watched = WatchedBus(bus)
    away = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
    watched.fail("publish", "job.failed", away)
    await accept(bus)
    calls = Calls(raises=[AWAY] * 9)
    async with working(calls, watched, ack_wait_s=SHORT_S, max_deliver=1):
        await eventually(lambda: has_ended(bus))
    assert len(calls.calls) == 1
    assert len(await ends(bus)) == 1


@pytest.mark.parametrize("which", ["status", "end"])
async def test_an_unreadable_record_does_not_end_the_worker(
    bus: Bus, which: str
) -> None:
    """A job recorded by a newer version is left to it; the worker takes the next."""
    calls = Calls()
    await accept(bus, "job-1")
    if which == "status":
        bucket = await bus.bucket("jobs")
        entry = await bucket.get("acme.job-1")
        assert entry is not None
        await bucket.update("acme.job-1", b'{"state":"hibernating"}', entry.revision)
    else:
        end = JobCancelled(tenant="acme", job="job-1")
        await bus.publish(end.subject(), b"newer", dedup_id=end.dedup_id())
    await accept(bus, "job-2")
    async with working(calls, bus):
        await eventually(lambda: has_ended(bus, "job-2"))
    assert calls.calls[-1] == "job-2"


async def test_a_failing_heartbeat_does_not_undo_the_work(bus: Bus) -> None:
    """A heartbeat that cannot be sent is not the work's fault: the result counts."""
    watched = WatchedBus(bus)
    away = Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")
    watched.fail("beat", "job.accepted", away)
    calls = Calls(seconds=2.2 * SHORT_S)
    await accept(bus)
    async with working(calls, watched, ack_wait_s=2 * SHORT_S):
        await eventually(lambda: has_ended(bus))
    assert calls.calls == ["job-1"]
    assert len(watched.verbs("beat")) >= 2
    assert watched.verbs("ack", "nak", "term") == [("ack", "job.accepted")]
