"""The pose service's own stage on a clip, without the services around it."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest import mock

from typing_extensions import override

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import encode_clip
from ergomesh.contract.events import Event, PoseCompleted, PoseRequested
from ergomesh.contract.job import JobSettings, Preset
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip
from ergomesh.pose.presets import PLANS
from ergomesh.pose.stage import PoseStage
from ergomesh.runtime.file_digest import file_digest
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Work

NAME: Final = "bench"
"""Tenant and job of everything here."""

CLIP_TYPE: Final = "video/mp4"


class OneClipStore(MemoryStore):
    """A store in memory whose only source is a file."""

    def __init__(self, video: Path) -> None:
        super().__init__()
        self._video = video

    @override
    def presign_get(self, key: str, *, expires_s: int, name: str | None = None) -> str:
        """Return the file's path, which reads as a URL would."""
        return str(self._video)


@contextmanager
def without_mirror(preset: Preset) -> Iterator[None]:
    """Spare a preset the look at the mirrored crop while the block runs."""
    plain = replace(PLANS[preset], mirrored=False)
    with mock.patch.dict(PLANS, {preset: plain}):
        yield


def looked_at(video: Path, preset: Preset, models_dir: Path) -> Landmarks:
    """Return what the pose service finds in a clip.

    Args:
        video: The clip.
        preset: Speed against accuracy.
        models_dir: The models folder.
    """
    return asyncio.run(_looked_at(video, preset, models_dir))


async def _looked_at(video: Path, preset: Preset, models_dir: Path) -> Landmarks:
    store, bus = OneClipStore(video), MemoryBus()
    stage, jobs = PoseStage(models_dir), Jobs(bus, lambda: "2026-01-01T00:00:00Z")
    waiting: deque[Event] = deque(await _requests(video, preset, store))
    while waiting:
        event = waiting.popleft()
        if isinstance(event, PoseCompleted):
            return Landmarks.from_npz(await store.get(event.landmarks))
        if isinstance(event, PoseRequested):
            work = Work(event=event, stage=stage.name, bus=bus, store=store, jobs=jobs)
            waiting.extend((await stage.handle(event, work)).events)
    msg = f"the pose stage did not finish {video.name}"
    raise RuntimeError(msg)


async def _requests(
    video: Path, preset: Preset, store: MemoryStore
) -> list[PoseRequested]:
    clip = probe_clip(video, limits=Limits(), sha256=file_digest(video))
    source = await store.put("source", video, media_type=CLIP_TYPE)
    facts = await store.put(
        "clip.json", encode_clip(clip), media_type="application/json"
    )
    return [
        PoseRequested(
            tenant=NAME,
            job=NAME,
            source=source,
            clip=facts,
            settings=JobSettings(preset=preset),
            range_index=part.index,
        )
        for part in clip.ranges
    ]
