"""Laws of the pose stage, with the looking itself replaced."""

from pathlib import Path

import numpy as np
import pytest

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import ClipInfo, TimeRange, encode_clip
from ergomesh.contract.events import PoseCompleted, PoseRequested
from ergomesh.contract.job import JobSettings
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose import stage as stage_module
from ergomesh.pose.stage import PoseStage
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Work

RANGES = 3


def seen_by(code: str, index: int) -> Landmarks:
    """Return a frame of a range that shows which code looked at it."""
    count = len(LANDMARKS)
    return Landmarks(
        frame=np.array([index]),
        time_s=np.array([float(index)]),
        points_px=np.full((1, count, 2), float(ord(code))),
        depth_px=np.zeros((1, count)),
        points_world_m=np.zeros((1, count, 3)),
        visibility=np.ones((1, count)),
        presence=np.ones((1, count)),
        detected=np.array([True]),
        size_px=np.array([64, 48]),
        background_lines_px=np.zeros((0, 4)),
        model="full",
    )


def clip_info() -> ClipInfo:
    """Return a clip of three ranges."""
    return ClipInfo(
        sha256="0" * 64,
        size=1,
        container="mp4",
        codec="h264",
        pixel_format="yuv420p",
        width_px=64,
        height_px=48,
        rotation_deg=0,
        duration_s=float(RANGES),
        frame_rate_hz=1.0,
        variable_frame_rate=False,
        first_pts_s=0.0,
        frame_times_s=[float(k) for k in range(RANGES)],
        ranges=[
            TimeRange(index=k, start_s=k, end_s=k + 1, warmup_start_s=k)
            for k in range(RANGES)
        ],
    )


async def test_a_clip_is_never_joined_of_two_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update in mid-clip every frame of the result is of the new code."""
    (tmp_path / "pose").mkdir()
    (tmp_path / "pose" / "pose_landmarker_full.task").write_bytes(b"model")
    bus, store = MemoryBus(), MemoryStore()
    source = await store.put("s", b"clip", media_type="video/mp4")
    clip = await store.put("c", encode_clip(clip_info()), media_type="text/json")
    running = {"code": "A"}
    looked: list[tuple[str, int]] = []

    def look(_url: str, _clip: ClipInfo, part: TimeRange, **_: object) -> Landmarks:
        looked.append((running["code"], part.index))
        return seen_by(running["code"], part.index)

    monkeypatch.setattr(stage_module, "analyse_range", look)
    monkeypatch.setattr(stage_module, "code_version", lambda _: running["code"])
    outcomes = []
    for index, code in enumerate("ABB"):
        running["code"] = code
        event = PoseRequested(
            tenant="t",
            job="j",
            source=source,
            clip=clip,
            settings=JobSettings(),
            range_index=index,
        )
        stage = PoseStage(tmp_path)
        work = Work(
            event=event,
            stage=stage.name,
            bus=bus,
            store=store,
            jobs=Jobs(bus, lambda: "2026-01-01T00:00:00Z"),
        )
        outcomes.append(await stage.handle(event, work))

    assert [outcome.completes for outcome in outcomes] == [False, False, True]
    (done,) = outcomes[-1].events
    assert isinstance(done, PoseCompleted)
    result = Landmarks.from_npz(await store.get(done.landmarks))
    assert result.frame.tolist() == [0, 1, 2]
    assert (result.points_px == ord("B")).all()
    assert looked == [("A", 0), ("B", 1), ("B", 2), ("B", 0)]
