"""Laws of making documents and overlay in a process of their own."""

import dataclasses
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import clips
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import JobAccepted
from ergomesh.contract.job import JobSettings, StageName
from ergomesh.ergonomics import stage
from ergomesh.ergonomics.documents.about import About
from ergomesh.ergonomics.making import DOCUMENTS, OVERLAY_NAME, Order, Tick, make
from ergomesh.ergonomics.papers import CHARTS_NAME, REPORT_NAME, WORKBOOK_NAME
from ergomesh.ergonomics.pictures.subject import Shown
from ergomesh.ergonomics.workshop import (
    MakerEndedError,
    NotMadeError,
    Workshop,
    workshop,
)
from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.errors import Cancelled, Transient
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Work
from ergonomics.ergonomics_folders import assessment_of
from ergonomics.ergonomics_postures import clip_of
from ergonomics.ergonomics_reports import mixed_motion
from ergonomics.ergonomics_scenes import box_scene, landmarks_of

SIZE_PX = (192, 128)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Return what the files of a clip of 20 pictures are made of."""
    source = clips.write_clip(tmp_path / "clip.mp4", frames=20, rate=10, faststart=True)
    motion = mixed_motion(20)
    landmarks = landmarks_of(motion, SIZE_PX)
    clip = clip_of(motion, width_px=SIZE_PX[0], height_px=SIZE_PX[1])
    assessment = assessment_of(motion, size_px=SIZE_PX)
    shown = Shown(
        clip=clip,
        landmarks=landmarks,
        motion=motion,
        angles=assessment.angles,
        scores=assessment.scores,
        scene=box_scene(),
        people=None,
    )
    return Order(
        assessment=assessment,
        shown=shown,
        source=str(source),
        about=About(recording="clip.mp4"),
    )


def gone(order: Order) -> Order:
    """Return the same, but for a clip that is not there any more."""
    return dataclasses.replace(order, source=f"{order.source}.gone")


def pid_of(shop: Workshop) -> int:
    """Return its process."""
    assert shop._process is not None
    return shop._process.pid


def runs(pid: int) -> bool:
    """Tell whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def nothing(_share: float) -> None:
    """Listen to no progress."""


async def test_another_process_makes_the_same_files(
    order: Order, tmp_path: Path
) -> None:
    """Every file has the bytes that it has when it is made here, and one process."""
    shares: list[float] = []
    pids = set()
    async with workshop(order) as shop:
        for name in (*DOCUMENTS, OVERLAY_NAME):
            await shop.make(name, tmp_path / name, shares.append)
            pids.add(pid_of(shop))
    assert len(pids) == 1
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for name in (*DOCUMENTS, OVERLAY_NAME):
        make(order, name, tmp_path / f"here-{name}", nothing)
        here = (tmp_path / f"here-{name}").read_bytes()
        assert (tmp_path / name).read_bytes() == here, name


async def test_nothing_is_started_for_nothing(order: Order) -> None:
    """A workshop of which no file is wanted has no process."""
    async with workshop(order) as shop:
        assert shop._process is None
    await shop.close()


async def test_a_clip_that_is_gone_is_told_and_the_next_file_made(
    order: Order, tmp_path: Path
) -> None:
    """What cannot be made says why, and does not hinder another file."""
    async with workshop(gone(order)) as shop:
        for name in (OVERLAY_NAME, REPORT_NAME):
            with pytest.raises(NotMadeError, match=r"clip\.mp4\.gone"):
                await shop.make(name, tmp_path / name, nothing)
        with pytest.raises(NotMadeError, match="No such file"):
            await shop.make(WORKBOOK_NAME, tmp_path / "no" / "folder", nothing)
        await shop.make(CHARTS_NAME, tmp_path / CHARTS_NAME, nothing)
    assert (tmp_path / CHARTS_NAME).stat().st_size > 0


async def test_a_killed_process_is_an_error_and_not_a_wait(
    order: Order, tmp_path: Path
) -> None:
    """Whether it is killed at rest or at work, the file's making ends and says so."""
    async with workshop(order) as shop:
        await shop.make(WORKBOOK_NAME, tmp_path / WORKBOOK_NAME, nothing)
        os.kill(pid_of(shop), signal.SIGKILL)
        with pytest.raises(MakerEndedError, match="-9"):
            await shop.make(CHARTS_NAME, tmp_path / CHARTS_NAME, nothing)
    async with workshop(order) as shop:
        with pytest.raises(MakerEndedError, match="-9"):
            await shop.make(
                OVERLAY_NAME,
                tmp_path / OVERLAY_NAME,
                lambda _: os.kill(pid_of(shop), signal.SIGKILL),
            )


async def test_an_unforeseen_error_ends_the_process(
    order: Order, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw is no news of the clip; its traceback is in the log."""
    shown = dataclasses.replace(order.shown, scene=b"no scene")
    broken = dataclasses.replace(order, shown=shown)
    async with workshop(broken) as shop:
        with pytest.raises(MakerEndedError, match="1"):
            await shop.make(OVERLAY_NAME, tmp_path / OVERLAY_NAME, nothing)
    assert "SceneError" in capfd.readouterr().err


async def test_who_leaves_leaves_nothing_behind(order: Order, tmp_path: Path) -> None:
    """A workshop left at rest or in the middle of its work has no process any more."""
    pids = []

    def withdraw(_share: float) -> None:
        raise Cancelled

    async def two_files(tick: Tick) -> None:
        async with workshop(order) as shop:
            await shop.make(WORKBOOK_NAME, tmp_path / WORKBOOK_NAME, nothing)
            pids.append(pid_of(shop))
            await shop.make(OVERLAY_NAME, tmp_path / OVERLAY_NAME, tick)

    await two_files(nothing)
    with pytest.raises(Cancelled):
        await two_files(withdraw)
    assert not any(runs(pid) for pid in pids)


KILLED = """
import asyncio, os, pathlib, pickle, signal, sys
from ergomesh.ergonomics.workshop import workshop

async def main():
    folder = pathlib.Path(sys.argv[1])
    order = pickle.loads((folder / "order").read_bytes())
    async with workshop(order) as shop:
        def die(share):
            print(shop._process.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        await shop.make("overlay.mp4", folder / "overlay.mp4", die)

asyncio.run(main())
"""


def test_a_killed_worker_leaves_no_process_at_work(
    order: Order, tmp_path: Path
) -> None:
    """Whoever makes files for a worker that is gone notices, and ends quietly."""
    (tmp_path / "order").write_bytes(pickle.dumps(order))
    worker = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert worker.returncode == -signal.SIGKILL
    # That it returned says that the maker let go of stderr, too.
    assert worker.stdout.strip().isdigit()
    assert "Traceback" not in worker.stderr


async def test_a_job_tries_again_when_its_clip_cannot_be_read(
    order: Order, tmp_path: Path
) -> None:
    """For the job it is an outage, which names the file; another end is our fault."""
    work = work_in_hand()
    async with workshop(gone(order)) as shop:
        with pytest.raises(Transient, match=r"^overlay\.mp4 could not be") as told:
            await stage._make(shop, OVERLAY_NAME, tmp_path / OVERLAY_NAME, work)
        assert told.value.code is FailureCode.INTERNAL
        os.kill(pid_of(shop), signal.SIGKILL)
        with pytest.raises(MakerEndedError):
            await stage._make(shop, CHARTS_NAME, tmp_path / CHARTS_NAME, work)


async def test_a_withdrawn_job_begins_no_file(order: Order, tmp_path: Path) -> None:
    """Work that was cancelled starts no process."""
    work = work_in_hand()
    work.cancel()
    async with workshop(order) as shop:
        with pytest.raises(Cancelled):
            await stage._make(shop, CHARTS_NAME, tmp_path / CHARTS_NAME, work)
        assert shop._process is None


def work_in_hand() -> Work:
    """Return the work on some job."""
    bus = MemoryBus()
    event = JobAccepted(
        tenant="acme", job="job-1", source_key="src/job-1", settings=JobSettings()
    )
    return Work(
        event=event,
        stage=StageName.ERGONOMICS,
        bus=bus,
        store=MemoryStore(),
        jobs=Jobs(bus, now_rfc3339),
    )
