import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.strategies import struct
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import (
    JobAccepted,
    JobCancelled,
    JobCompleted,
    JobFailed,
)
from ergomesh.contract.job import (
    Coupling,
    DocumentFacts,
    Failure,
    JobManifest,
    JobSettings,
    JobState,
    LoadPattern,
    PersonAt,
    Preset,
    StageName,
    TaskFacts,
    ViewFacts,
    WorkerFacts,
)
from ergomesh.contract.keys import manifest_key, source_key
from ergomesh.runtime.errors import Transient
from gateway.gateway_rig import NOW, Rig, open_rig

LOADS = st.none() | st.floats(0, 500, allow_nan=False)
SHARES = st.floats(0, 1)
FACTS = st.builds(
    TaskFacts,
    load_kg=LOADS,
    load_pattern=st.none() | st.sampled_from(LoadPattern),
    coupling=st.none() | st.sampled_from(Coupling),
    arms_supported=st.none() | st.booleans(),
    seated=st.none() | st.booleans(),
)
SETTINGS = st.builds(
    JobSettings,
    preset=st.sampled_from(Preset),
    task=FACTS,
    person=st.none() | st.builds(PersonAt, x=SHARES, y=SHARES, time_s=SHARES),
    view=st.builds(ViewFacts, tilt_deg=st.none() | st.floats(-90, 90)),
    worker=st.builds(WorkerFacts, height_m=st.none() | st.floats(1, 2.3)),
    overlay=st.booleans(),
    document=struct(DocumentFacts),
)


def as_options(chosen: JobSettings) -> Mapping[str, str]:
    """Write settings as a query, leaving out what was not told."""
    told = msgspec.to_builtins(chosen)
    person = told.pop("person") or {}
    flat = {f"person_{name}": value for name, value in person.items()}
    for part in ("task", "view", "worker", "document"):
        flat |= told.pop(part)
    flat |= told
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in flat.items()
        if value is not None
    }


@given(SETTINGS)
@settings(max_examples=30, deadline=None)
async def test_settings_survive_every_way_in(chosen: JobSettings) -> None:
    """JSON, a query and a form carry the same settings to the same event."""
    async with open_rig() as rig:
        announced = await rig.announce(settings=msgspec.to_builtins(chosen))
        rig.store.upload(source_key("local", announced), b"clip")
        await rig.http.post(f"/v1/jobs/{announced}/start")
        await rig.send(b"clip", **as_options(chosen))
        await rig.http.post(
            "/v1/jobs", data=as_options(chosen), files={"file": ("a.mp4", b"clip")}
        )

        accepted = rig.events("*.job.accepted")

    assert [chosen] * 3 == [
        event.settings for event in accepted if isinstance(event, JobAccepted)
    ]


@pytest.mark.parametrize("word", ["source_name", "name"])
async def test_announced_job_awaits_its_upload(rig: Rig, word: str) -> None:
    """Announcing, in either word for the name, answers 201 with a URL."""
    answer = await rig.http.post("/v1/jobs", json={word: "lift.mp4"})

    body = answer.json()
    assert answer.status_code == 201
    assert body["source_name"] == "lift.mp4"
    assert body["state"] == "awaiting_upload"
    assert body["upload"]["method"] == "PUT"
    assert body["upload"]["expires_in_s"] == 3600
    assert source_key("local", body["job"]) in body["upload"]["url"]
    assert body["links"]["self"] == answer.headers["location"]
    assert rig.events() == []


async def test_manifest_rebuilds_the_status(rig: Rig) -> None:
    """The store's record of a job holds all that its first status says."""
    job = await rig.announce(source_name="lift.mp4", settings={"preset": "best"})

    raw = await rig.store.read(manifest_key("local", job))
    manifest = msgspec.json.decode(raw or b"", type=JobManifest)
    status = await rig.status(job)
    assert manifest.created_at == NOW
    assert source_key("local", job) == manifest.source_key
    for name in ("tenant", "job", "settings", "source_name", "created_at"):
        assert getattr(status, name) == getattr(manifest, name)


@pytest.mark.parametrize("body", [{"json": {}}, {"content": b"clip"}])
async def test_no_record_no_job(rig: Rig, body: dict[str, object]) -> None:
    """A job that the store cannot record is refused and leaves no trace."""
    rig.store.reachable = False
    kind = {} if "json" in body else {"headers": {"content-type": "video/mp4"}}

    answer = await rig.http.post("/v1/jobs", **body, **kind)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unreachable")
    assert await (await rig.bus.bucket("jobs")).keys() == []
    assert rig.events() == []


async def test_start_needs_the_source(rig: Rig) -> None:
    """Starting before the upload is a conflict that says what to do."""
    job = await rig.announce()

    answer = await rig.http.post(f"/v1/jobs/{job}/start")

    assert answer.status_code == 409
    assert answer.json()["code"] == "source_missing"
    assert "PUT" in answer.json()["detail"]
    assert JobState.AWAITING_UPLOAD is (await rig.status(job)).state


async def test_starting_often_starts_once(rig: Rig) -> None:
    """However many starts come at once, one event goes out and all are 202."""
    job = await rig.announce(source_name="lift.mp4")
    rig.store.upload(source_key("local", job), b"clip")

    starts = [rig.http.post(f"/v1/jobs/{job}/start") for _ in range(5)]
    answers = await asyncio.gather(*starts)

    assert {202} == {answer.status_code for answer in answers}
    assert {"accepted"} == {answer.json()["state"] for answer in answers}
    assert len(rig.events("*.job.accepted")) == 1


async def test_start_does_not_set_a_running_job_back(rig: Rig) -> None:
    """A start that comes late leaves the job where it is."""
    job = await rig.upload()
    await rig.jobs.start_stage("local", job, StageName.INGEST)

    answer = await rig.http.post(f"/v1/jobs/{job}/start")

    assert (answer.status_code, answer.json()["state"]) == (202, "running")


async def test_worker_may_be_faster_than_the_start(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that takes the event up before the start is recorded is not undone."""
    publish = rig.bus.publish

    async def taken_up(subject: str, body: bytes, *, dedup_id: str) -> bool:
        new = await publish(subject, body, dedup_id=dedup_id)
        await rig.jobs.start_stage("local", "job-0001", StageName.INGEST)
        return new

    monkeypatch.setattr(rig.bus, "publish", taken_up)

    answer = await rig.send(b"clip")

    assert (answer.status_code, answer.json()["state"]) == (202, "running")


async def test_upload_past_the_limit_cannot_start(rig: Rig) -> None:
    """A presigned upload knows no limit, so the start does."""
    job = await rig.announce()
    rig.store.upload(source_key("local", job), bytes(rig.gateway.max_upload_bytes + 1))

    answer = await rig.http.post(f"/v1/jobs/{job}/start")

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert rig.events() == []


@pytest.mark.parametrize("media_type", ["video/mp4", "application/octet-stream"])
async def test_body_upload_is_stored_and_started(rig: Rig, media_type: str) -> None:
    """The body's bytes lie under the source key before the event names it."""
    clip = bytes(range(256)) * 40

    answer = await rig.http.post(
        "/v1/jobs",
        content=clip,
        params={"name": "zvedání břemene.mp4"},
        headers={"content-type": media_type},
    )

    body = answer.json()
    (event,) = rig.events("*.job.accepted")
    assert isinstance(event, JobAccepted)
    assert (answer.status_code, body["state"]) == (202, "accepted")
    assert body["source_name"] == "zvedání břemene.mp4"
    assert body["job"] == event.job
    assert clip == await rig.store.read(event.source_key)


async def test_form_upload_is_stored_and_started(rig: Rig) -> None:
    """A form with one file does what the file as the body does."""
    clip = bytes(range(256)) * 40

    answer = await rig.http.post(
        "/v1/jobs?preset=fast",
        files={"file": ("C:\\videos\\zdvih.mp4", clip, "video/mp4")},
        data={"load_kg": "12.5"},
    )

    (event,) = rig.events("*.job.accepted")
    assert isinstance(event, JobAccepted)
    assert answer.status_code == 202, answer.text
    assert answer.json()["source_name"] == "zdvih.mp4"
    assert JobSettings(preset=Preset.FAST, task=TaskFacts(load_kg=12.5)) == (
        event.settings
    )
    assert clip == await rig.store.read(event.source_key)


async def test_form_with_wrong_fields_leaves_nothing(rig: Rig) -> None:
    """A form whose last field is wrong leaves neither job nor clip."""
    answer = await rig.http.post(
        "/v1/jobs", files={"file": ("a.mp4", b"clip")}, data={"preset": "turbo"}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_settings")
    assert rig.store.objects == {}
    assert rig.events() == []


async def test_large_upload_leaves_nothing(rig: Rig) -> None:
    """An upload over the limit leaves neither job nor clip."""
    clip = bytes(rig.gateway.max_upload_bytes + 1)
    answer = await rig.http.post(
        "/v1/jobs", content=clip, headers={"content-type": "video/mp4"}
    )

    assert answer.json()["code"] == "file_too_large"
    assert rig.store.objects == {}
    assert await (await rig.bus.bucket("jobs")).keys() == []


async def test_empty_upload_is_a_job(rig: Rig) -> None:
    """An empty file is taken in: ingest refuses it, as every other bad clip."""
    answer = await rig.http.post(
        "/v1/jobs", content=b"", headers={"content-type": "video/mp4"}
    )

    assert answer.status_code == 202
    assert answer.json()["state"] == "accepted"


async def test_upload_at_the_limit_is_taken(rig: Rig) -> None:
    """The limit itself is allowed, in a body and in a form."""
    clip = bytes(rig.gateway.max_upload_bytes)
    await rig.upload(clip)

    answer = await rig.http.post("/v1/jobs", files={"file": ("a.mp4", clip)})

    assert answer.status_code == 202


async def test_jobs_are_listed_newest_first(rig: Rig) -> None:
    """The list is the newest jobs of this tenant, newest first, up to the limit."""
    made = [await rig.announce() for _ in range(5)]
    bucket = await rig.bus.bucket("jobs")
    await bucket.create("other.job-9999", b"{}")

    listed = [
        [job["job"] for job in (await rig.http.get(path)).json()["jobs"]]
        for path in ("/v1/jobs", "/v1/jobs?limit=2")
    ]

    assert [made[::-1], made[:-3:-1]] == listed


async def test_view_is_the_status(rig: Rig) -> None:
    """A client can read the public form with the contract's own type."""
    job = await rig.upload(preset="fast")
    await rig.attach(job, "clip.json", b"{}")

    answer = await rig.http.get(f"/v1/jobs/{job}")

    assert answer.status_code == 200
    assert await rig.status(job) == msgspec.json.decode(
        answer.content, type=type(await rig.status(job))
    )


async def test_links_lead_somewhere(rig: Rig) -> None:
    """Every link of a view is an address that takes its method."""
    job = await rig.announce()
    await rig.attach(job, "clip.json", b"{}")
    links = (await rig.http.get(f"/v1/jobs/{job}")).json()["links"]
    await rig.jobs.conclude(JobCancelled(tenant="local", job=job))

    assert {"self", "events", "start", "artifacts"} == set(links)
    for link in (links["self"], links["events"], *links["artifacts"].values()):
        assert urlsplit(link).netloc == ""
        assert (await rig.http.get(link)).status_code == 200
    assert (await rig.http.post(links["start"])).status_code == 409
    after = (await rig.http.get(links["self"])).json()["links"]
    assert "start" not in after


async def test_cancelling_twice_cancels_once(rig: Rig) -> None:
    """Both answers are 200 with the cancelled status; one event goes out."""
    job = await rig.upload()

    answers = [await rig.http.delete(f"/v1/jobs/{job}") for _ in range(2)]

    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [
        (200, "cancelled")
    ] * 2
    assert [JobCancelled(tenant="local", job=job)] == rig.events("*.job.cancelled")


async def test_cancelled_job_does_not_start(rig: Rig) -> None:
    """Who cancels before the upload is not surprised by a start after it."""
    job = await rig.announce()
    await rig.http.delete(f"/v1/jobs/{job}")
    rig.store.upload(source_key("local", job), b"clip")

    answer = await rig.http.post(f"/v1/jobs/{job}/start")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_ended")
    assert rig.events("*.job.accepted") == []


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (JobCompleted(tenant="local", job="job-0001", artifacts={}), "was completed"),
        (
            JobFailed(
                tenant="local",
                job="job-0001",
                failure=Failure(
                    code=FailureCode.NO_PERSON,
                    message="Nobody is in the picture.",
                    stage=StageName.POSE,
                ),
            ),
            "failed: Nobody is in the picture.",
        ),
    ],
)
async def test_cancel_after_the_end_says_how_it_ended(
    rig: Rig, end: JobCompleted | JobFailed, words: str
) -> None:
    """An end is final: a late cancel is a conflict and publishes nothing."""
    job = await rig.upload()
    await rig.jobs.conclude(end)

    answer = await rig.http.delete(f"/v1/jobs/{job}")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_ended")
    assert words in answer.json()["detail"]
    assert rig.events("*.job.cancelled") == []


async def test_end_that_the_stream_forgot_is_still_an_end(rig: Rig) -> None:
    """The stream drops events by age; a job that ended is not cancelled then."""
    job = await rig.upload()
    await rig.jobs.change(
        "local",
        job,
        lambda status: msgspec.structs.replace(status, state=JobState.COMPLETED),
    )

    answer = await rig.http.delete(f"/v1/jobs/{job}")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_ended")
    assert rig.events("*.job.cancelled") == []


async def test_broker_that_fails_after_the_upload_is_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the event there is no 202: the client learns that nothing starts."""

    async def refuse(*_: object, **__: object) -> bool:
        raise Transient(FailureCode.BROKER_UNREACHABLE, "The broker is away.")

    monkeypatch.setattr(rig.bus, "publish", refuse)

    answer = await rig.http.post(
        "/v1/jobs", content=b"clip", headers={"content-type": "video/mp4"}
    )

    assert (answer.status_code, answer.json()["code"]) == (503, "broker_unreachable")
    assert answer.headers["retry-after"] == "5"
