"""The real worker loop and the unchanged handler, ordered by the real dispatcher.

A real nats-server and SeaweedFS; RunPod itself is the stand-in of its wire.
"""

import asyncio
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import numpy as np
import pytest
from typing_extensions import override

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import PoseCompleted
from ergomesh.contract.job import JobSettings, ViewFacts
from ergomesh.mesh.backends.local import LocalBackend
from ergomesh.mesh.backends.remote_job import Facts
from ergomesh.mesh.backends.runpod import piece, polling
from ergomesh.mesh.backends.runpod.backend import RunPodBackend
from ergomesh.mesh.stage import Fit, FitBackend
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.errors import Cancelled, Unusable
from ergomesh.runtime.jetstream import JetStreamBus
from ergomesh.runtime.s3 import S3Store
from ergomesh.runtime.work import Work
from mesh_runpod.runpod_rig import (
    MODELS,
    RATE_USD_S,
    Running,
    options,
    pose_completed,
    until,
    work_on,
    worker_process,
)
from mesh_runpod.standin import API_KEY, ENDPOINT, RemoteJob, StandIn

pytestmark = [pytest.mark.servers, pytest.mark.slow]


class Client:
    """Somebody who wants landmarks fitted on RunPod."""

    def __init__(self, bus: JetStreamBus, store: S3Store) -> None:
        self.bus = bus
        self.store = store

    async def work(self, landmarks: Landmarks) -> Work:
        """Return a job of a tenant of its own, so that nothing is cached."""
        tenant = f"t-{uuid4().hex[:8]}"
        event = await pose_completed(self.store, landmarks, tenant=tenant)
        return work_on(event, self.bus, self.store)

    async def fit(
        self,
        runpod: StandIn,
        landmarks: Landmarks,
        work: Work | None = None,
        *,
        local: FitBackend | None = None,
        **changes: Any,
    ) -> Fit:
        """Dispatch to the end."""
        backend = self.backend(runpod, local, **changes)
        return await backend.fit(landmarks, work or await self.work(landmarks))

    def backend(
        self, runpod: StandIn, local: FitBackend | None = None, **changes: Any
    ) -> RunPodBackend:
        """Return a dispatcher."""
        chosen = options(runpod.url, **changes)
        return RunPodBackend(chosen, local=local or LocalBackend(MODELS))


class Prepared(LocalBackend):
    """A local backend that has already done its work."""

    def __init__(self, result: Fit) -> None:
        super().__init__(MODELS)
        self._result = result

    @override
    async def fit(self, landmarks: Landmarks, work: Work) -> Fit:
        """Return it."""
        return self._result


@pytest.fixture
def client(bus: JetStreamBus, s3_store: S3Store) -> Client:
    """A client with the shared servers."""
    return Client(bus, s3_store)


def same_motion(one: Fit, other: Fit) -> bool:
    """Tell whether two fits have the same motion to the last bit."""
    return one.motion.to_npz() == other.motion.to_npz()


async def test_remote_and_local_motion_are_equal(
    client: Client,
    served: StandIn,
    worker: Running,
    landmarks: Landmarks,
    local_fit: Fit,
) -> None:
    """Both run the same fit: bit for bit the same; the report tells place and price."""
    fit = await client.fit(served, landmarks)
    assert same_motion(fit, local_fit)
    job, report = served.only_job(), fit.report
    assert report.executed_s is not None
    assert (job.status, job.takes, served.asked["run"]) == ("COMPLETED", 1, 1)
    assert report.backend == "runpod"
    assert report.remote_job == job.id
    told = job.told()
    assert report.queued_s == told["delayTime"] / 1000
    assert report.executed_s == told["executionTime"] / 1000
    assert report.cost_usd == pytest.approx(report.executed_s * RATE_USD_S, abs=1e-6)
    assert msgspec.structs.replace(
        report,
        backend="local",
        remote_job=None,
        queued_s=None,
        executed_s=None,
        gpu_rate_usd_s=None,
        cost_usd=None,
    ) == pytest.approx(local_fit.report)


async def test_what_the_user_told_reaches_the_worker(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """Facts about the camera make the same other motion there as here."""
    told = (await client.work(landmarks)).event
    assert isinstance(told, PoseCompleted)
    settings = JobSettings(view=ViewFacts(tilt_deg=12.0, field_of_view_deg=50.0))
    event = msgspec.structs.replace(told, settings=settings)
    there, here = [
        await backend.fit(landmarks, work_on(event, client.bus, client.store))
        for backend in (client.backend(served), LocalBackend(MODELS))
    ]
    assert same_motion(there, here)
    assert not same_motion(there, local_fit)


async def test_the_answer_names_key_checksum_and_times(
    client: Client, served: StandIn, landmarks: Landmarks
) -> None:
    """RunPod's own record of the job says what lies where, for whoever looks there."""
    work = await client.work(landmarks)
    await client.fit(served, landmarks, work)
    output = served.only_job().output
    raw = await client.store.read(output["motion"]["key"])
    assert raw is not None
    assert output["motion"]["size"] == len(raw)
    assert set(output["timings"]) == {"download_s", "fit_s", "upload_s"}
    assert output["device"] == "cpu"


async def test_no_secret_reaches_the_worker_or_its_log(
    client: Client, served: StandIn, worker: Running, landmarks: Landmarks
) -> None:
    """The order has no credentials of the store, and the log no URL that opens it."""
    await client.fit(served, landmarks)
    order = repr(served.only_job().input)
    assert "X-Amz-Signature" in order
    assert "test-secret-key" not in order
    assert API_KEY not in order
    for secret in ("X-Amz-Signature", "X-Amz-Credential", "test-secret-key"):
        assert secret not in worker.said()


async def test_a_job_given_twice_is_done_once(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """The second worker finds the outcome and returns it: no second fit, no harm."""
    served.faults.twice = True
    fit = await client.fit(served, landmarks)
    assert same_motion(fit, local_fit)
    job = served.only_job()
    assert (job.takes, job.dones) == (2, 2)
    timings = job.output["timings"]
    assert timings["fit_s"] > 0.0
    assert fit.report.executed_s is not None
    assert fit.report.executed_s < timings["fit_s"]  # of the second take alone


async def test_a_late_progress_message_hides_no_result(
    client: Client,
    served: StandIn,
    landmarks: Landmarks,
    local_fit: Fit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RunPod may say "in progress" for ever: the outcome in the store counts."""
    monkeypatch.setattr(polling, "SETTLE_S", 0.3)
    served.faults.late_progress = True
    assert same_motion(await client.fit(served, landmarks), local_fit)
    assert served.asked["run"] == 1


async def test_a_changed_motion_is_not_accepted(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """Who overwrites the motion by its URL causes a second attempt, no wrong result.

    The second order asks for a fresh worker: the pod is renewed after it.
    """
    spoilt: list[str] = []

    def overwrite(job: RemoteJob) -> None:
        if not spoilt:
            spoilt.append(job.id)
            httpx.put(job.input["motion"]["put_url"], content=b"other bytes")

    served.faults.on_done = overwrite
    fit = await client.fit(served, landmarks)
    assert same_motion(fit, local_fit)
    first, second = served.jobs.values()
    assert (spoilt, fit.report.remote_job) == ([first.id], second.id)
    assert [job.input["refresh"] for job in (first, second)] == [False, True]
    assert served.stopped_pods == ["w1"]
    both_ms = first.told()["executionTime"] + second.told()["executionTime"]
    assert fit.report.executed_s == pytest.approx(both_ms / 1000)


async def test_rate_limits_and_server_errors_cost_time_only(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """429 and 5xx on every operation, and the job still runs once."""
    served.faults.statuses = {
        "run": deque([429, 500]),
        "status": deque([500, 429, 503]),
    }
    assert same_motion(await client.fit(served, landmarks), local_fit)
    assert len(served.jobs) == 1


async def test_a_lost_answer_to_run_may_cost_twice_but_harms_nothing(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """RunPod took the job and its answer got lost: a repeated one finds its outcome."""
    served.faults.swallow_run = 1
    assert same_motion(await client.fit(served, landmarks), local_fit)
    first, second = served.jobs.values()
    assert first.input["outcome"]["key"] == second.input["outcome"]["key"]
    await until(lambda: second.status == "COMPLETED", "the second's end")
    assert second.told()["executionTime"] < first.told()["executionTime"]


async def test_nobody_in_the_clip_is_told_once(
    client: Client, served: StandIn, landmarks: Landmarks
) -> None:
    """The worker's verdict on the input arrives with its code; no second attempt."""
    empty = replace(landmarks, detected=np.zeros_like(landmarks.detected))
    with pytest.raises(Unusable) as caught:
        await client.fit(served, empty)
    assert caught.value.code is FailureCode.NO_PERSON
    assert served.asked["run"] == 1
    assert served.stopped_pods == []


async def test_a_worker_of_other_sources_refuses(
    client: Client,
    served: StandIn,
    landmarks: Landmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A result never comes from other code than its key says; the pod is renewed."""
    monkeypatch.setattr(piece, "code_version", lambda _: "f" * 16)
    with pytest.raises(Unusable) as caught:
        await client.fit(served, landmarks, attempts=1)
    assert "built from other sources" in caught.value.message
    assert served.stopped_pods == ["w1"]


async def test_a_job_that_runs_out_its_ttl_is_ordered_anew(
    client: Client, served: StandIn, landmarks: Landmarks, local_fit: Fit
) -> None:
    """RunPod deletes it and says 404; the next attempt delivers."""
    served.faults.hold_queue = True
    fitting = asyncio.create_task(client.fit(served, landmarks))
    await until(lambda: served.asked["status"] >= 2, "polling")
    served.expire()
    await until(lambda: served.asked["run"] == 2, "the second order")
    served.faults.hold_queue = False
    assert same_motion(await fitting, local_fit)
    assert served.asked["run"] == 2


async def test_a_job_that_takes_too_long_is_paid_and_given_up(
    client: Client, served: StandIn, long_landmarks: Landmarks, local_fit: Fit
) -> None:
    """TIMED_OUT stops the fit at the worker, and what was spent is in the report."""
    fit = await client.fit(
        served,
        long_landmarks,
        attempts=2,
        execution_timeout_s=0.7,
        fallback_to_local=True,
        local=Prepared(local_fit),
    )
    assert [job.status for job in served.jobs.values()] == ["TIMED_OUT"] * 2
    assert fit.report.backend == "local"
    assert fit.report.fell_back is not None
    assert "TIMED_OUT" in fit.report.fell_back
    assert fit.report.executed_s == pytest.approx(1.4, abs=0.3)
    assert fit.report.cost_usd == pytest.approx(1.4 * RATE_USD_S, abs=0.3 * RATE_USD_S)


async def test_a_cancel_ends_the_fit_at_the_worker(
    client: Client,
    served: StandIn,
    landmarks: Landmarks,
    long_landmarks: Landmarks,
    local_fit: Fit,
) -> None:
    """Cancelled in the middle: the worker drops it and takes the next job at once."""
    work = await client.work(long_landmarks)
    fitting = asyncio.create_task(client.fit(served, long_landmarks, work))
    await until(served.is_at_work, "the fit")
    await asyncio.sleep(0.5)  # into the fit itself
    work.cancel()
    began_s = time.monotonic()
    with pytest.raises(Cancelled):
        await fitting
    assert time.monotonic() - began_s < 1.0
    assert served.only_job().status == "CANCELLED"
    assert same_motion(await client.fit(served, landmarks), local_fit)
    assert time.monotonic() - began_s < 6.0
    cancelled, _ = served.jobs.values()
    assert cancelled.dones == 0


async def test_progress_comes_from_the_worker(
    client: Client, served: StandIn, long_landmarks: Landmarks
) -> None:
    """Shares of a fit that is under way reach the one who waits, never falling."""
    work = await client.work(long_landmarks)
    told: list[float] = []

    def note(share: float, *_: object, **__: object) -> None:
        told.append(share)
        if share > 0.0:
            work.cancel()
        work.check()

    work.progress = note  # type: ignore[method-assign,assignment]
    with pytest.raises(Cancelled):
        await client.fit(served, long_landmarks, work)
    assert 0.0 < told[-1] < 1.0
    assert told == sorted(told)


async def test_a_worker_says_what_it_is(served: StandIn) -> None:
    """The order "facts" needs no store: it checks a deployment."""
    async with httpx.AsyncClient(headers={"Authorization": API_KEY}) as http:
        body = {"input": {"do": "facts"}}
        answer = await http.post(f"{served.url}/{ENDPOINT}/run", json=body)
    assert answer.status_code == httpx.codes.OK
    job = served.only_job()
    await until(lambda: job.ended_s, "an answer")
    assert job.status == "COMPLETED", job.error
    facts = msgspec.convert(job.output, type=Facts)
    assert facts.code_version == code_version("ergomesh.mesh")
    assert facts.body_sha256 == LocalBackend(MODELS).body_digest()


async def test_an_input_that_is_no_order_fails_with_a_sentence(served: StandIn) -> None:
    """A stray request is refused in words, and the worker stays."""
    async with httpx.AsyncClient(headers={"Authorization": API_KEY}) as http:
        body = {"input": {"prompt": "a cat"}}
        await http.post(f"{served.url}/{ENDPOINT}/run", json=body)
    job = served.only_job()
    await until(lambda: job.ended_s, "an answer")
    assert job.status == "FAILED"
    assert "no order of ergomesh" in job.error
    assert served.stopped_pods == []


async def test_a_dead_workers_job_is_finished_by_another(
    client: Client,
    served: StandIn,
    landmarks: Landmarks,
    local_fit: Fit,
    tmp_path: Path,
) -> None:
    """The machine vanishes mid-fit; RunPod requeues, another worker delivers."""
    served.faults.only_to = "doomed"
    with worker_process(served, "doomed", tmp_path) as doomed:
        fitting = asyncio.create_task(client.fit(served, landmarks))
        await until(served.is_at_work, "the fit")
        doomed.kill()
    served.faults.only_to = None
    assert same_motion(await fitting, local_fit)
    job = served.only_job()
    assert (job.takes, job.dones, job.worker) == (2, 1, "w1")


async def test_a_worker_that_is_stopped_finishes_its_job(
    client: Client,
    served: StandIn,
    landmarks: Landmarks,
    local_fit: Fit,
    tmp_path: Path,
) -> None:
    """SIGTERM mid-fit, as when RunPod scales down: the result is still delivered."""
    served.faults.only_to = "leaving"
    with worker_process(served, "leaving", tmp_path) as leaving:
        fitting = asyncio.create_task(client.fit(served, landmarks))
        await until(served.is_at_work, "the fit")
        leaving.process.terminate()
        assert same_motion(await fitting, local_fit)
        assert await asyncio.to_thread(leaving.process.wait, 20) == 0
    assert served.only_job().takes == 1


def test_a_worker_without_a_body_takes_no_job(runpod: StandIn, tmp_path: Path) -> None:
    """Its fitness check ends it before its first question, and tells RunPod why."""
    with worker_process(
        runpod, "unfit", tmp_path, models=tmp_path, wait=False
    ) as worker:
        assert worker.process.wait(60) == 1
        (said,) = runpod.unhealthy
    assert said["check"] == ["check_processor_and_body"]
    assert "no body model" in said["reason"][0]
    assert not runpod.knows("unfit")
