"""Where jobs stand: compare-and-set on statuses, and one end for each job."""

import asyncio
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import (
    JobCancelled,
    JobCompleted,
    JobFailed,
    TerminalEvent,
)
from ergomesh.contract.job import (
    TERMINAL_STATES,
    Failure,
    JobSettings,
    JobState,
    JobStatus,
    StageName,
    StageState,
)
from ergomesh.contract.keys import ObjectRef
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import Conflict
from ergomesh.runtime.jobs import (
    Jobs,
    ended,
    stage_completed,
    stage_started,
    status_key,
)
from runtime.harness import TENANT, Broker, accept, ends, status

REF = ObjectRef(key="art/x", sha256="0" * 64, size=3, media_type="text/csv")
OTHER = ObjectRef(key="art/y", sha256="1" * 64, size=4, media_type="text/csv")
FAILURE = Failure(
    code=FailureCode.NO_PERSON, message="Nobody is seen.", stage=StageName.POSE
)
JOB = {"tenant": TENANT, "job": "job-1"}
ENDS: list[TerminalEvent] = [
    JobCompleted(artifacts={"result.json": REF}, **JOB),
    JobFailed(failure=FAILURE, **JOB),
    JobCancelled(**JOB),
]
STATES = [JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED]
WORDS = st.text("abc", min_size=1, max_size=3)


def fresh(**changes: object) -> JobStatus:
    """Return the status of a job that was just accepted."""
    status = JobStatus(
        tenant=TENANT,
        job="job-1",
        state=JobState.ACCEPTED,
        source_name="clip.mp4",
        settings=JobSettings(),
        created_at="2026-01-02T03:04:05Z",
    )
    for name, value in changes.items():
        object.__setattr__(status, name, value)
    return status


async def test_a_job_is_recorded_once(bus: Bus) -> None:
    """Creating a job that exists is a conflict; nobody knows a job before."""
    jobs = Jobs(bus, now_rfc3339)
    assert await jobs.get(TENANT, "job-1") is None
    await jobs.create(fresh())
    assert await jobs.get(TENANT, "job-1") == fresh()
    with pytest.raises(Conflict):
        await jobs.create(fresh())


async def test_writers_at_once_lose_nothing(broker: Broker) -> None:
    """Of twenty changes at the same time each one is in the final status."""
    clients = [Jobs(await broker.connect(), now_rfc3339) for _ in range(4)]
    await clients[0].create(fresh())

    async def write(number: int) -> None:
        await clients[number % 4].complete_stage(
            TENANT,
            "job-1",
            StageName.POSE if number == 0 else f"stage-{number}",  # type: ignore[arg-type]  # any name
            seconds=1.0,
            artifacts={f"{number}.csv": REF},
        )

    await asyncio.gather(*(write(number) for number in range(20)))
    found = await clients[0].get(TENANT, "job-1")
    assert found is not None
    assert set(found.artifacts) == {f"{number}.csv" for number in range(20)}
    assert len(found.stages) == 20


async def test_changing_an_unknown_job_does_nothing(bus: Bus) -> None:
    """A change of a job that nobody recorded is None and records nothing."""
    jobs = Jobs(bus, now_rfc3339)
    assert await jobs.change(TENANT, "job-9", lambda found: found) is None
    await jobs.start_stage(TENANT, "job-9", StageName.POSE)
    assert await jobs.get(TENANT, "job-9") is None


@pytest.mark.parametrize("end", ENDS)
async def test_an_ended_job_does_not_change(bus: Bus, end: TerminalEvent) -> None:
    """After its end no stage moves a job, and no other end replaces the first."""
    jobs = Jobs(bus, now_rfc3339)
    await jobs.create(fresh())
    assert await jobs.conclude(end) == end
    before = await jobs.get(TENANT, "job-1")
    assert before is not None
    assert before.state in TERMINAL_STATES
    await jobs.start_stage(TENANT, "job-1", StageName.MESH)
    await jobs.complete_stage(
        TENANT, "job-1", StageName.MESH, seconds=1, artifacts={"x": REF}
    )
    for other in ENDS:
        assert await jobs.conclude(other) == end
    assert await jobs.get(TENANT, "job-1") == before
    assert await ends(bus) == [end]


@pytest.mark.parametrize("order", [*permutations(range(3))])
async def test_ends_at_once_leave_one(broker: Broker, order: tuple[int, ...]) -> None:
    """Completed, failed, cancelled at the same time: one end, and all agree on it."""
    clients = [Jobs(await broker.connect(), now_rfc3339) for _ in ENDS]
    await clients[0].create(fresh())
    standing = await asyncio.gather(
        *(client.conclude(ENDS[k]) for client, k in zip(clients, order, strict=True))
    )
    (stored,) = await ends(await broker.connect())
    assert standing == [stored] * 3
    found = await clients[0].get(TENANT, "job-1")
    assert found is not None
    assert found.state is STATES[ENDS.index(stored)]


async def test_the_same_end_by_two_workers_is_one(broker: Broker) -> None:
    """Two workers that complete a job together complete it once."""
    clients = [Jobs(await broker.connect(), now_rfc3339) for _ in range(2)]
    await clients[0].create(fresh())
    both = await asyncio.gather(*(client.conclude(ENDS[0]) for client in clients))
    assert both == [ENDS[0]] * 2
    assert await ends(await broker.connect()) == [ENDS[0]]


async def test_the_stream_decides_and_the_status_follows(bus: Bus) -> None:
    """An end whose status was never written is recorded by whoever ends next."""
    jobs = Jobs(bus, now_rfc3339)
    await accept(bus)
    await jobs.publish(ENDS[2])  # and the process dies
    assert (await status(bus)).state is JobState.ACCEPTED
    assert await jobs.ending(TENANT, "job-1") == ENDS[2]
    assert await jobs.conclude(ENDS[0]) == ENDS[2]
    assert (await status(bus)).state is JobState.CANCELLED


async def test_an_end_beyond_the_dedup_window_stands(bus: Bus) -> None:
    """When the broker has forgotten an end's id, the end in the stream still counts."""
    jobs = Jobs(bus, now_rfc3339)
    await accept(bus)
    await jobs.publish(ENDS[1])

    async def forgetful(*args: object, **kwargs: object) -> bool:
        pytest.fail("a second end was published")

    bus.publish = forgetful  # type: ignore[method-assign]  # this bus only
    assert await jobs.conclude(ENDS[0]) == ENDS[1]


async def test_a_job_without_an_end_has_none(bus: Bus) -> None:
    """A running job has no end in the stream."""
    await accept(bus)
    assert await Jobs(bus, now_rfc3339).ending(TENANT, "job-1") is None


def test_the_first_start_counts() -> None:
    """A stage that is started again keeps its first time, done or not."""
    once = stage_started(fresh(), StageName.POSE, "10:00")
    assert once.state is JobState.RUNNING
    assert stage_started(once, StageName.POSE, "11:00") == once
    done = stage_completed(once, StageName.POSE, seconds=2, artifacts={})
    assert stage_started(done, StageName.POSE, "11:00") == done


def test_the_first_completion_counts() -> None:
    """A stage that is completed again keeps its first time and artifacts."""
    started = stage_started(fresh(), StageName.POSE, "10:00")
    done = stage_completed(started, StageName.POSE, seconds=2, artifacts={"a": REF})
    again = stage_completed(done, StageName.POSE, seconds=9, artifacts={"b": OTHER})
    assert again == done
    stage = done.stages[StageName.POSE]
    assert (stage.state, stage.started_at, stage.seconds) == (
        StageState.COMPLETED,
        "10:00",
        2,
    )


@given(st.lists(st.tuples(st.sampled_from(StageName), st.booleans()), max_size=6))
def test_stages_do_not_disturb_each_other(moves: list[tuple[StageName, bool]]) -> None:
    """Whatever order stages start and end in, each one's own state is kept."""
    status = fresh()
    for stage, completes in moves:
        if completes:
            status = stage_completed(
                status, stage, seconds=1, artifacts={f"{stage}.csv": REF}
            )
        else:
            status = stage_started(status, stage, "10:00")
    completed = {stage for stage, completes in moves if completes}
    assert set(status.stages) == {str(stage) for stage, _ in moves}
    assert set(status.artifacts) == {f"{stage}.csv" for stage in completed}
    for name, found in status.stages.items():
        assert (found.state is StageState.COMPLETED) == (name in completed)


def test_an_end_keeps_what_the_stages_made() -> None:
    """Completing adds artifacts, failing adds a reason, neither removes anything."""
    running = stage_completed(
        fresh(), StageName.MESH, seconds=1, artifacts={"motion.npz": OTHER}
    )
    done, failed, cancelled = (ended(running, end) for end in ENDS)
    assert done.artifacts == {"motion.npz": OTHER, "result.json": REF}
    assert failed.failure == FAILURE
    assert failed.artifacts == cancelled.artifacts == running.artifacts
    assert [done.state, failed.state, cancelled.state] == STATES


@given(st.tuples(WORDS, WORDS), st.tuples(WORDS, WORDS))
def test_jobs_have_keys_of_their_own(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Two jobs share a status key only if they are one job."""
    assert (status_key(*one) == status_key(*other)) == (one == other)
