"""One order for one piece of work, over restarts and among many dispatchers."""

import asyncio
from dataclasses import replace

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import (
    DocumentFacts,
    Faces,
    JobSettings,
    Language,
    TaskFacts,
    ViewFacts,
    WorkerFacts,
)
from ergomesh.mesh.backends.remote_job import FitOrder
from ergomesh.mesh.backends.runpod import polling
from ergomesh.mesh.backends.runpod.ledger import (
    BUCKET,
    INTENT_S,
    begun,
)
from ergomesh.mesh.backends.runpod.piece import Piece
from ergomesh.mesh.stage import Fit
from ergomesh.runtime.errors import Abandoned, Transient
from mesh_runpod.dispatch_bench import BODY, Bench, same_motion
from mesh_runpod.runpod_rig import RATE_USD_S, pose_completed, until, work_on
from mesh_runpod.scripted import (
    COMPLETED,
    QUEUED,
    RUNNING,
    Life,
    Scripted,
    outcome_of,
)
from mesh_runpod.standin import API_KEY


async def test_a_completed_job_is_the_fit(bench: Bench) -> None:
    """The motion is the worker's, and the report adds times and the price."""
    runpod = Scripted(bench.good(QUEUED, RUNNING, COMPLETED))
    fit = await bench.run(runpod)
    assert same_motion(fit, bench.fit)
    report = fit.report
    assert (report.backend, report.remote_job, report.fell_back) == (
        "runpod",
        "0",
        None,
    )
    assert (report.queued_s, report.executed_s) == (1.5, 20.0)
    assert report.gpu_rate_usd_s == RATE_USD_S
    assert report.cost_usd == pytest.approx(20 * RATE_USD_S)
    assert bench.local.fits == 0


async def test_without_a_price_there_is_no_cost(bench: Bench) -> None:
    """An unknown price makes an unknown cost, not a free one."""
    fit = await bench.run(Scripted(bench.good()), gpu_usd_per_s=None)
    assert fit.report.cost_usd is None
    assert fit.report.executed_s == 20.0


async def test_the_order_holds_urls_and_no_credentials(bench: Bench) -> None:
    """Input is presigned URLs, digests and settings; the policy is ours."""
    runpod = Scripted(bench.good())
    await bench.run(runpod, ttl_s=120.0, execution_timeout_s=60.0)
    (body,) = runpod.orders
    assert body["policy"] == {"executionTimeout": 60_000, "ttl": 120_000}
    order = msgspec.convert(body["input"], type=FitOrder)
    event = await bench.event()
    assert order.landmarks.sha256 == event.landmarks.sha256
    assert order.body_sha256 == BODY
    for url in (order.landmarks.url, order.motion.put_url, order.outcome.get_url):
        assert "expires=720" in url  # outlives the job
    assert order.motion.key.startswith("tmp/acme/mesh/")
    assert API_KEY not in repr(body)


async def test_a_restart_resumes_and_pays_once(bench: Bench) -> None:
    """A dispatcher that is stopped while it polls leaves the job to the next."""
    runpod = Scripted(bench.good(QUEUED, *[RUNNING] * 30, COMPLETED))
    work = await bench.work()
    first = asyncio.create_task(bench.run(runpod, work))
    await until(lambda: runpod.asked.count("status") >= 3, "polling")
    work.abandon()
    with pytest.raises(Abandoned):
        await first
    fit = await bench.run(runpod)
    assert same_motion(fit, bench.fit)
    assert len(runpod.orders) == 1
    assert runpod.cancelled == []


async def test_a_result_may_be_fetched_again(bench: Bench) -> None:
    """A crash after the fit and before its event costs nothing."""
    runpod = Scripted(bench.good())
    first, second = await bench.run(runpod), await bench.run(runpod)
    assert same_motion(first, second)
    assert first.report == second.report
    assert len(runpod.orders) == 1


async def test_two_jobs_with_the_same_work_share_one_bill(bench: Bench) -> None:
    """Whoever comes second joins the first one's remote job."""
    runpod = Scripted(bench.good(QUEUED, *[RUNNING] * 30, COMPLETED))
    works = [await bench.work(f"job-{n}") for n in range(4)]
    fits = await asyncio.gather(*(bench.run(runpod, work) for work in works))
    assert all(same_motion(fit, bench.fit) for fit in fits)
    assert len(runpod.orders) == 1
    assert set((await bench.record()).jobs) == {f"job-{n}" for n in range(4)}


async def test_an_intent_of_the_living_is_waited_for(bench: Bench) -> None:
    """Between intent and id nobody else sends: the sender is given its time."""
    runpod = Scripted(bench.good())
    await bench.write(begun("job-0", folder="f", now_s=bench.now_s))
    waiting = asyncio.create_task(bench.run(runpod))
    await asyncio.sleep(0.1)
    assert runpod.asked == []
    bench.now_s += INTENT_S + 1
    await asyncio.wait_for(waiting, 5)
    assert len(runpod.orders) == 1


async def test_a_dead_ones_intent_is_sent_again_into_its_folder(bench: Bench) -> None:
    """So whichever of the two jobs delivers first is enough, and the log says so."""
    runpod = Scripted(bench.good())
    old_s = bench.now_s - INTENT_S - 1
    await bench.write(begun("job-0", folder="folder-of-the-dead", now_s=old_s))
    with capture_logs() as logs:
        await bench.run(runpod)
    assert "folder-of-the-dead" in runpod.orders[0]["input"]["motion"]["key"]
    assert any("paid twice" in line["event"] for line in logs)


async def test_an_outcome_in_a_dead_ones_folder_is_taken(bench: Bench) -> None:
    """A job whose id was lost is not paid again once it has delivered."""
    runpod = Scripted()
    folder = "folder-of-the-dead"
    piece = Piece.of(await bench.event(), BODY)
    outcome, raw = outcome_of(bench.fit, piece.motion_key(folder))
    bench.store.upload(piece.motion_key(folder), raw)
    bench.store.upload(piece.outcome_key(folder), msgspec.json.encode(outcome))
    await bench.write(begun("job-0", folder=folder, now_s=bench.now_s))
    fit = await bench.run(runpod)
    assert same_motion(fit, bench.fit)
    assert fit.report.executed_s == 7.0  # the worker's own clock
    assert runpod.asked == []


async def test_pauses_grow_to_a_limit_and_start_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1, 2, 4, 8, 10, 10 s; from 1 s again when something happened."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    further = {**RUNNING, "output": {"share": 0.5}}
    statuses = [*[QUEUED] * 6, *[RUNNING] * 3, *[further] * 2]
    runpod = Scripted(bench.good(*statuses, COMPLETED))
    await bench.run(runpod, poll_s=1.0, poll_max_s=10.0)
    asked = [pause for pause in pauses if pause >= 1.0]
    assert asked == [1, 2, 4, 8, 10, 10, 1, 2, 4, 1, 2]


async def test_progress_is_passed_on(bench: Bench) -> None:
    """What the worker tells of its progress reaches whoever watches the job."""
    runpod = Scripted(bench.good(QUEUED, RUNNING, COMPLETED))
    work = await bench.work()
    told: list[tuple[float, str]] = []
    work.progress = lambda share, message="", **_: told.append((share, message))  # type: ignore[method-assign]
    await bench.run(runpod, work)
    assert told == [(0.0, polling.WAITING), (0.4, polling.RUNNING)]


async def test_the_ids_record_outlives_a_broker_in_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing down RunPod's id is repeated, also when a write was only unconfirmed."""
    runpod = Scripted(bench.good(RUNNING, COMPLETED))
    bucket = await bench.bus.bucket(BUCKET)
    update, troubles = bucket.update, iter(["lost", "unconfirmed"])

    async def shaky(key: str, value: bytes, revision: int) -> int:
        trouble = next(troubles, None)
        if trouble != "lost":
            revision = await update(key, value, revision)
        if trouble is not None:
            raise Transient(FailureCode.BROKER_UNREACHABLE, "away")
        return revision

    monkeypatch.setattr(bucket, "update", shaky)
    assert same_motion(await bench.run(runpod), bench.fit)
    assert len(runpod.orders) == 1
    assert runpod.cancelled == []


async def test_of_two_that_send_one_withdraws(bench: Bench) -> None:
    """A dispatcher that was thought dead cancels its own job when it finds another."""
    runpod = Scripted(Life([RUNNING]), bench.good(RUNNING, COMPLETED))
    answer = runpod.answer
    second: list[asyncio.Task[Fit]] = []

    async def slow(request: httpx.Request) -> httpx.Response:
        said = answer(request)
        if request.url.path.endswith("/run") and not second:
            bench.now_s += INTENT_S + 1
            second.append(asyncio.create_task(bench.run(runpod)))
            await until(lambda: len(runpod.orders) == 2, "the second order")
            await until(bench.is_sent, "its record")
        return said

    runpod.transport = httpx.MockTransport(slow)
    first = await bench.run(runpod, await bench.work("job-0"))
    assert same_motion(first, await second[0])
    assert runpod.cancelled == ["0"]


async def test_a_record_of_another_version_is_left_alone(bench: Bench) -> None:
    """What cannot be read is not overwritten: a newer worker may read it."""
    bucket = await bench.bus.bucket(BUCKET)
    await bucket.create(await bench.key(), b'{"stand":"from the future"}')
    runpod = Scripted(bench.good())
    with pytest.raises(Transient):
        await bench.run(runpod)
    assert runpod.asked == []


@pytest.mark.parametrize(
    ("settings", "orders"),
    [
        (JobSettings(view=ViewFacts(tilt_deg=10.0)), 2),
        (JobSettings(worker=WorkerFacts(height_m=1.8)), 2),
        (JobSettings(task=TaskFacts(load_kg=10.0), overlay=False), 1),
        (JobSettings(language=Language.CZECH, faces=Faces.SHOWN), 1),
        (JobSettings(document=DocumentFacts(assessed_by="J. Doe")), 1),
    ],
)
async def test_only_what_the_fit_heeds_makes_another_order(
    bench: Bench, settings: JobSettings, orders: int
) -> None:
    """Facts about camera and worker do; load, pictures and documents do not."""
    runpod = Scripted(bench.good(), bench.good())
    await bench.run(runpod)
    event = msgspec.structs.replace(await bench.event("job-2"), settings=settings)
    await bench.run(runpod, work_on(event, bench.bus, bench.store))
    assert len(runpod.orders) == orders


@pytest.mark.parametrize("what", ["landmarks", "body"])
async def test_another_input_is_another_order(bench: Bench, what: str) -> None:
    """Nobody gets the motion of other landmarks, or of another body."""
    piece = Piece.of(await bench.event(), BODY)
    ref = msgspec.structs.replace(piece.landmarks, sha256="c" * 64)
    others = {
        "landmarks": replace(piece, landmarks=ref),
        "body": replace(piece, body_sha256="c" * 64),
    }
    assert others[what].ledger_key != piece.ledger_key


async def test_tenants_share_nothing(bench: Bench) -> None:
    """The same landmarks of another tenant are another piece of work."""
    runpod = Scripted(bench.good(), bench.good())
    await bench.run(runpod)
    other = await pose_completed(bench.store, bench.landmarks, tenant="rival")
    fit = await bench.run(runpod, work_on(other, bench.bus, bench.store))
    assert fit.report.executed_s == 20.0  # of the first attempt
    keys = [order["input"]["motion"]["key"].split("/")[1] for order in runpod.orders]
    assert keys == ["acme", "rival"]
