"""One real clip through real servers and five processes, to scores."""

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path

import av
import httpx
import msgspec
import nats
import numpy as np
import pytest
from nats.aio.client import Client

from clips import demo_clip
from ergomesh.contract.arrays import Landmarks, Motion
from ergomesh.contract.envelope import decode_event
from ergomesh.contract.events import VERSION, JobCompleted, PoseCompleted
from ergomesh.contract.job import JobState, JobStatus, StageName
from ergomesh.contract.skeleton import SIDES
from flow.flow_stack import RunningStack, demo_bytes, unlike

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]

ANGLES = [
    "trunk_inclination",
    "trunk_flexion",
    "trunk_side_bend",
    "trunk_twist",
    "neck_flexion",
    "neck_side_bend",
    "neck_twist",
    "head_inclination",
] + [
    f"{side}_{name}"
    for side in SIDES
    for name in [
        "upper_arm_elevation",
        "upper_arm_flexion",
        "upper_arm_abduction",
        "elbow_flexion",
        "wrist_flexion",
        "wrist_deviation",
        "hip_flexion",
        "knee_flexion",
    ]
]


@pytest.fixture(scope="module")
def done(stack: RunningStack) -> JobStatus:
    """The sample clip, analysed."""
    status = stack.run(demo_clip(), preset="balanced", load_kg=5)
    assert status.state is JobState.COMPLETED, status.failure
    return status


def rows(stack: RunningStack, job: str, name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV artifact."""
    text = stack.artifact(job, name).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_every_public_file_is_there(done: JobStatus) -> None:
    """A completed job offers the files of the design under their exact names."""
    expected = {
        "result.json",
        "angles.csv",
        "scores.csv",
        "motion.npz",
        "scene.glb",
        "people.json",
        "overlay.mp4",
        "report.pdf",
        "workbook.xlsx",
        "charts.zip",
    }

    assert expected <= set(done.artifacts)
    assert [str(s) for s in done.stages] == ["ingest", "pose", "mesh", "ergonomics"]
    assert all(stage.seconds is not None for stage in done.stages.values())


def test_documents_are_what_their_names_say(
    stack: RunningStack, done: JobStatus
) -> None:
    """Report, workbook and charts open, and every method is in the result."""
    report = stack.artifact(done.job, "report.pdf")
    sheets, charts = (
        zipfile.ZipFile(io.BytesIO(stack.artifact(done.job, name))).namelist()
        for name in ("workbook.xlsx", "charts.zip")
    )
    result = msgspec.json.decode(stack.artifact(done.job, "result.json"))

    assert report.startswith(b"%PDF-")
    assert "xl/workbook.xml" in sheets
    assert {name.rsplit(".", 1)[-1] for name in charts} == {"svg", "png"}
    for method in ("owas", "iso11226", "en1005_4", "nv361", "niosh"):
        assert result[method]["source"]


def test_scoring_again_touches_neither_pose_nor_mesh(
    stack: RunningStack, done: JobStatus
) -> None:
    """Other facts give a new job with the same motion, and other scores."""
    answer = httpx.post(
        f"{stack.url}/v1/jobs/{done.job}/rescore", json={"task": {"load_kg": 15}}
    )
    again = stack.wait(answer.raise_for_status().json()["job"])

    assert again.state is JobState.COMPLETED
    assert again.job != done.job
    assert again.artifacts["motion.npz"] == done.artifacts["motion.npz"]
    assert {s: again.stages[s] for s in ("pose", "mesh")} == {
        s: done.stages[s] for s in ("pose", "mesh")
    }
    told = msgspec.json.decode(stack.artifact(again.job, "result.json"))["assumptions"]
    assert next(a["value"] for a in told if a["name"] == "load_kg") == "15"
    assert again.artifacts["scores.csv"] != done.artifacts["scores.csv"]


def test_angles_have_the_public_columns(stack: RunningStack, done: JobStatus) -> None:
    """angles.csv has frame, time and each angle with its deviation, in their order."""
    table = rows(stack, done.job, "angles.csv")

    pairs = [(f"{name}_deg", f"{name}_sd_deg") for name in ANGLES]
    assert list(table[0]) == ["frame", "time_s", *(c for pair in pairs for c in pair)]
    for row in table:
        for value, deviation in pairs:
            assert (row[value] == "") == (row[deviation] == "")
    assert sum(row["trunk_inclination_deg"] != "" for row in table) > 90


def test_scores_have_the_public_columns_and_ranges(
    stack: RunningStack, done: JobStatus
) -> None:
    """Every score lies between its low and high and within its method's range."""
    table = rows(stack, done.job, "scores.csv")
    ranges = {"rula": (1, 7), "reba": (1, 15)}

    for row in table:
        for method, (least, most) in ranges.items():
            for side in SIDES:
                name = f"{method}_{side}"
                low, high = row[f"{name}_low"], row[f"{name}_high"]
                if low:
                    score = row[name] or low
                    assert least <= int(low) <= int(score) <= int(high) <= most
    for part in ("reba_trunk", "reba_left_upper_arm", "rula_right_wrist"):
        assert part in table[0]


def test_the_motion_is_a_body(stack: RunningStack, done: JobStatus) -> None:
    """motion.npz projects onto the landmarks it was fitted to, with constant bones."""
    motion = Motion.from_npz(stack.artifact(done.job, "motion.npz"))
    landmarks = Landmarks.from_npz(stack.artifact(done.job, "landmarks.npz"))
    present = np.isfinite(motion.joints_world_m).all(axis=(1, 2))

    assert motion.poses.shape == (len(landmarks.time_s), 165)
    camera = motion.joints_world_m @ motion.rotmat_cam_world.T
    projected = (camera + motion.trans_cam_world_m) @ motion.intrinsics.T
    np.testing.assert_allclose(
        (projected[..., :2] / projected[..., 2:])[present],
        motion.points_px[present],
        atol=0.01,
    )
    shin = motion.joints_world_m[present][:, 5] - motion.joints_world_m[present][:, 8]
    assert np.ptp(np.linalg.norm(shin, axis=1)) < 1e-6


def test_the_overlay_lasts_as_long_as_the_clip(
    stack: RunningStack, done: JobStatus, tmp_path: Path
) -> None:
    """overlay.mp4 is H.264 yuv420p with as many frames as the source."""
    path = tmp_path / "overlay.mp4"
    path.write_bytes(stack.artifact(done.job, "overlay.mp4"))
    with av.open(path) as made, av.open(demo_clip()) as source:
        frames = sum(1 for _ in made.decode(video=0))
        stream = made.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert frames == sum(1 for _ in source.decode(video=0))


def test_the_same_clip_again_is_not_computed_again(
    stack: RunningStack, done: JobStatus
) -> None:
    """Same work, same key: the second job refers to the very same objects."""
    again = stack.run(demo_clip(), preset="balanced", load_kg=5)

    assert again.job != done.job
    assert again.artifacts == done.artifacts


def test_other_facts_leave_the_body_alone(stack: RunningStack, done: JobStatus) -> None:
    """Another load gives other scores from the very same motion."""
    heavy = stack.run(demo_clip(), preset="balanced", load_kg=30, overlay="false")

    assert heavy.artifacts["motion.npz"] == done.artifacts["motion.npz"]
    assert heavy.artifacts["scores.csv"] != done.artifacts["scores.csv"]
    assert "overlay.mp4" not in heavy.artifacts


async def test_an_outsider_gets_one_completion_event(stack: RunningStack) -> None:
    """A plain NATS subscriber receives the completion once, with the keys in it."""
    client = await nats.connect(stack.nats_url)
    heard = await client.subscribe(f"{VERSION}.evt.*.*.job.completed")
    await client.flush()

    status = await asyncio.to_thread(
        stack.run, unlike(demo_bytes(), 7), preset="fast", overlay="false"
    )

    message = await heard.next_msg(timeout=10)
    event = decode_event(message.data)
    assert isinstance(event, JobCompleted)
    assert event.job == status.job
    assert event.artifacts["result.json"] == status.artifacts["result.json"]
    await asyncio.sleep(0.5)
    assert heard.pending_msgs == 0
    await client.close()


async def test_a_killed_pose_worker_costs_one_range(stack: RunningStack) -> None:
    """SIGKILL of a pose worker in mid-clip: the job completes, and only once."""
    client = await nats.connect(stack.nats_url)
    job = stack.submit(
        unlike(demo_bytes(), 8), preset="balanced", overlay="false"
    ).json()["job"]
    ticks = await client.subscribe(f"{VERSION}.progress.*.{job}.pose")
    await client.flush()
    while b'"fraction":0.0' in (await ticks.next_msg(timeout=60)).data:
        pass

    before = stack.pids("pose")
    os.kill(before[0], signal.SIGKILL)
    status = await asyncio.to_thread(stack.wait, job)

    assert status.state is JobState.COMPLETED, status.failure
    landmarks = Landmarks.from_npz(stack.artifact(job, "landmarks.npz"))
    assert len(set(landmarks.frame.tolist())) == len(landmarks.frame) == 115
    ends = await stored(client, job)
    assert ends[JobCompleted.__name__] == 1
    assert ends[PoseCompleted.__name__] == 1
    await client.close()


async def stored(client: Client, job: str) -> Counter[str]:
    """Return how many events of each type the stream holds for a job."""
    js = client.jetstream()
    reader = await js.subscribe(f"{VERSION}.evt.*.{job}.>", ordered_consumer=True)
    found: Counter[str] = Counter()
    while True:
        try:
            message = await reader.next_msg(timeout=1)
        except nats.errors.TimeoutError:
            return found
        found[type(decode_event(message.data)).__name__] += 1


def test_the_live_stream_tells_the_whole_story(stack: RunningStack) -> None:
    """SSE shows progress of the stages and ends with the completed status."""
    answer = stack.submit(unlike(demo_bytes(), 9), preset="fast", overlay="false")
    url = f"{stack.url}/v1/jobs/{answer.json()['job']}/events"
    kinds: list[str] = []
    last = b""
    with httpx.stream("GET", url, timeout=60.0) as lines:
        for line in lines.iter_lines():
            if line.startswith("event:"):
                kinds.append(line.removeprefix("event:").strip())
            elif line.startswith("data:") and kinds[-1] == "status":
                last = line.removeprefix("data:").encode()

    status = msgspec.json.decode(last, type=JobStatus)
    assert status.state is JobState.COMPLETED
    assert kinds[0] == "status"
    assert "progress" in kinds


def test_a_cancelled_job_stops(stack: RunningStack) -> None:
    """DELETE ends a running job as cancelled, and nothing follows."""
    answer = stack.submit(unlike(demo_bytes(), 10), preset="balanced")
    url = f"{stack.url}/v1/jobs/{answer.json()['job']}"
    while stack.status(answer.json()["job"]).state is not JobState.RUNNING:
        time.sleep(0.05)

    deleted = httpx.delete(url, timeout=10.0)

    assert deleted.status_code == 200
    status = stack.wait(answer.json()["job"])
    assert status.state is JobState.CANCELLED
    time.sleep(1.0)
    assert StageName.ERGONOMICS not in stack.status(status.job).stages


def test_the_command_line_writes_the_files(stack: RunningStack, tmp_path: Path) -> None:
    """`ergomesh analyze` on a running stack leaves the files and a table behind."""
    clip = tmp_path / "zvedání krabic.mp4"
    clip.write_bytes(demo_bytes())
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ergomesh")),
            *("analyze", str(clip), "--out", str(tmp_path / "out")),
            *("--data-dir", str(stack.data_dir), "--load-kg", "5"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    folder = tmp_path / "out" / "zvedání krabic"
    names = {path.name for path in folder.iterdir()}
    assert {"result.json", "angles.csv", "scores.csv"} <= names
    assert {"motion.npz", "overlay.mp4"} <= names
    for word in ("worst", "RULA", "REBA", str(folder.name)):
        assert word in run.stdout
