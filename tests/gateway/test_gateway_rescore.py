"""Laws of scoring a finished job again with other facts."""

from typing import Any

import msgspec
import pytest

from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.contract.events import ErgonomicsRequested, JobCompleted
from ergomesh.contract.job import (
    Faces,
    JobManifest,
    JobSettings,
    JobState,
    Language,
    StageName,
    TaskFacts,
    WorkerFacts,
)
from ergomesh.contract.keys import content_key, manifest_key
from ergomesh.gateway.rescoring import FILES
from gateway.gateway_rig import Rig

CLIP = ClipInfo(
    sha256="ab" * 32,
    size=4,
    container="mp4",
    codec="h264",
    pixel_format="yuv420p",
    width_px=64,
    height_px=48,
    rotation_deg=0,
    duration_s=1.0,
    frame_rate_hz=10.0,
    variable_frame_rate=False,
    first_pts_s=0.0,
    frame_times_s=[0.0, 0.1],
    ranges=[TimeRange(index=0, start_s=0.0, end_s=1.0, warmup_start_s=0.0)],
)


async def finished(rig: Rig, **options: str) -> str:
    """Return a job that has run through, with all its files in the store."""
    job = await rig.upload(b"clip", **options)
    key = content_key("local", CLIP.sha256)
    await rig.store.put(key, b"clip", media_type="video/mp4")
    files = {
        name: await rig.attach(
            job, name, msgspec.json.encode(CLIP) if name == "clip.json" else b"x"
        )
        for name in (*FILES.values(), "result.json")
    }
    for stage in (StageName.POSE, StageName.MESH, StageName.ERGONOMICS):
        await rig.jobs.complete_stage("local", job, stage, seconds=5.0, artifacts={})
    await rig.jobs.conclude(JobCompleted(tenant="local", job=job, artifacts=files))
    return job


async def ask(rig: Rig, job: str, **body: Any) -> dict[str, Any]:
    """Ask for another score; return the new job."""
    answer = await rig.http.post(f"/v1/jobs/{job}/rescore", json=body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["links"]["self"]
    return found


async def test_a_new_job_starts_at_the_motion(rig: Rig) -> None:
    """One event goes out: to score the same objects with the new facts."""
    old = await finished(rig, load_kg="3", language="cs", preset="fast")
    new = await ask(rig, old, task={"load_kg": 12, "coupling": "fair"})
    (event,) = rig.events("*.ergonomics.requested")
    assert isinstance(event, ErgonomicsRequested)
    before = (await rig.status(old)).artifacts
    assert event.job == new["job"] != old
    assert {f: getattr(event, f) for f in FILES} == {
        f: before[name] for f, name in FILES.items()
    }
    assert event.source.key == content_key("local", CLIP.sha256)
    assert event.settings.task == msgspec.convert(
        {"load_kg": 12, "coupling": "fair"}, TaskFacts
    )
    assert event.settings.language is Language.CZECH
    assert not event.settings.overlay
    assert len(rig.events("*.job.accepted")) == 1


async def test_the_old_job_stays_as_it_ended(rig: Rig) -> None:
    """A job ends once: scoring again changes neither its status nor its files."""
    old = await finished(rig)
    before = await rig.status(old)
    await ask(rig, old, task={"load_kg": 12})
    await ask(rig, old, task={"load_kg": 20})
    assert await rig.status(old) == before
    assert len(rig.events("*.ergonomics.requested")) == 2
    assert len(rig.events(f"*.{old}.job.completed")) == 1


async def test_the_record_lies_in_the_store(rig: Rig) -> None:
    """Manifest and status of the new job name the old one, and what it rests on."""
    old = await finished(rig)
    new = await ask(rig, old, faces="shown", overlay=True)
    raw = await rig.store.read(manifest_key("local", new["job"]))
    assert raw is not None
    manifest = msgspec.json.decode(raw, type=JobManifest)
    status = await rig.status(new["job"])
    assert manifest.rescore_of == status.rescore_of == old
    assert manifest.settings == JobSettings(faces=Faces.SHOWN)
    assert status.state is JobState.ACCEPTED
    assert set(status.stages) == {StageName.POSE, StageName.MESH}
    assert set(status.artifacts) == set(FILES.values())


async def test_a_new_score_can_be_scored_again(rig: Rig) -> None:
    """What was scored again is, once finished, a job like any other."""
    old = await finished(rig)
    new = await ask(rig, old, task={"load_kg": 5})
    await rig.jobs.conclude(JobCompleted(tenant="local", job=new["job"], artifacts={}))
    newer = await ask(rig, new["job"])
    assert newer["rescore_of"] == new["job"]
    assert newer["settings"]["task"]["load_kg"] == 5
    untold = await ask(rig, new["job"], task={})
    assert untold["settings"]["task"]["load_kg"] is None


async def test_what_documents_say_stays_until_it_is_told_anew(rig: Rig) -> None:
    """Workplace and assessor are kept one by one; an empty text takes one out."""
    old = await finished(rig, workplace="Hall 2", assessed_by="J. Doe")
    both = {"workplace": "Hall 2", "assessed_by": "J. Doe"}
    for told, kept in (
        ({}, both),
        ({"document": {}}, both),
        ({"document": {"assessed_by": "A. Nový"}}, both | {"assessed_by": "A. Nový"}),
        ({"document": {"workplace": ""}}, both | {"workplace": ""}),
    ):
        assert (await ask(rig, old, **told))["settings"]["document"] == kept


async def test_facts_of_the_fit_cannot_change(rig: Rig) -> None:
    """Another height or camera needs another fit; the same one is fine to repeat."""
    old = await finished(rig, height_m="1.8", tilt_deg="5")
    same: dict[str, Any] = {
        "worker": {"height_m": 1.8, "neutral_start_s": 0, "neutral_end_s": 1},
        "view": {"tilt_deg": 5},
    }
    new = await ask(rig, old, **same)
    kept = (await rig.status(new["job"])).settings
    told = WorkerFacts(height_m=1.8, neutral_start_s=0.0, neutral_end_s=1.0)
    assert kept.worker == told
    answer = await rig.http.post(
        f"/v1/jobs/{old}/rescore",
        json={"worker": {"height_m": 1.7}, "view": {"tilt_deg": 6, "roll_deg": 1}},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_settings")
    fields = [mistake["field"] for mistake in answer.json()["errors"]]
    assert fields == ["worker.height_m", "view.tilt_deg", "view.roll_deg"]


async def test_all_mistakes_are_told_at_once(rig: Rig) -> None:
    """Unknown keys and wrong values are named together, and nothing starts."""
    old = await finished(rig)
    answer = await rig.http.post(
        f"/v1/jobs/{old}/rescore",
        json={
            "task": {"load_kg": -1, "coupling": "firm"},
            "preset": "fast",
            "document": {"workplace": 7},
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_settings")
    fields = {mistake["field"] for mistake in answer.json()["errors"]}
    assert fields == {"task.load_kg", "task.coupling", "preset", "document.workplace"}
    assert rig.events("*.ergonomics.requested") == []


async def test_only_a_finished_job_can_be_scored_again(rig: Rig) -> None:
    """A job on its way, a cancelled one and nobody's are refused by their codes."""
    running = await rig.upload(b"clip")
    cancelled = await rig.upload(b"clip")
    await rig.http.delete(f"/v1/jobs/{cancelled}")
    for job, code in (
        (running, "job_not_completed"),
        (cancelled, "job_not_completed"),
        ("nobody", "job_not_found"),
    ):
        answer = await rig.http.post(f"/v1/jobs/{job}/rescore", json={})
        assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("lost", "code"), [("motion.npz", "artifact_gone"), ("clip", "source_missing")]
)
async def test_what_was_deleted_is_told(rig: Rig, lost: str, code: str) -> None:
    """Without the motion or the clip there is no new job, but a sentence."""
    old = await finished(rig)
    refs = {name: ref.key for name, ref in (await rig.status(old)).artifacts.items()}
    key = refs.get(lost, content_key("local", CLIP.sha256))
    await rig.store.delete(key)
    answer = await rig.http.post(f"/v1/jobs/{old}/rescore", json={})
    assert answer.json()["code"] == code
    assert rig.events("*.ergonomics.requested") == []


async def test_the_link_is_there_once_it_works(rig: Rig) -> None:
    """A job shows the way to another score when it is completed, and not before."""
    running, done = await rig.upload(b"clip"), await finished(rig)
    assert "rescore" not in (await rig.http.get(f"/v1/jobs/{running}")).json()["links"]
    links = (await rig.http.get(f"/v1/jobs/{done}")).json()["links"]
    assert (await rig.http.post(links["rescore"], json={})).status_code == 202
