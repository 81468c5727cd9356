"""Laws of the pose stage, with the looking itself replaced."""

from pathlib import Path

import numpy as np
import pytest

from ergomesh.contract.arrays import Landmarks
from ergomesh.contract.clip import ClipInfo, TimeRange, encode_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.events import PoseCompleted, PoseRequested
from ergomesh.contract.job import JobSettings, PersonAt
from ergomesh.contract.people import decode_people
from ergomesh.contract.skeleton import LANDMARKS
from ergomesh.pose import stage as stage_module
from ergomesh.pose.colours import SIZE
from ergomesh.pose.range_view import RangeView
from ergomesh.pose.stage import PoseStage
from ergomesh.runtime.errors import Unusable
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.testing import MemoryBus, MemoryStore
from ergomesh.runtime.work import Outcome, Work

RANGES = 3
RATE_HZ = 2.0
FRAMES = 4
"""Of each range."""


def seen_by(code: str, index: int) -> RangeView:
    """Return a range of two seconds that shows which code looked at it."""
    count, steps = len(LANDMARKS), FRAMES * index + np.arange(FRAMES)
    box = np.array([10.0, 8.0, 30.0, 40.0])
    return RangeView(
        frame=steps,
        time_s=steps / RATE_HZ,
        kept=np.ones(FRAMES, dtype=bool),
        scanned=np.ones(FRAMES, dtype=bool),
        track=np.zeros(FRAMES, dtype=np.int64),
        step=np.arange(FRAMES),
        box_px=np.tile(box, (FRAMES, 1)),
        head_px=np.tile(box, (FRAMES, 1)),
        checked=np.ones(FRAMES, dtype=bool),
        look=np.arange(FRAMES),
        points_px=np.full((FRAMES, count, 2), float(ord(code))),
        depth_px=np.zeros((FRAMES, count)),
        points_world_m=np.zeros((FRAMES, count, 3)),
        visibility=np.ones((FRAMES, count)),
        presence=np.ones((FRAMES, count)),
        colours=np.full((1, SIZE), 2 / SIZE),
        glimpse_track=np.zeros(0, dtype=np.int64),
        glimpse_step=np.zeros(0, dtype=np.int64),
        glimpse_box_px=np.zeros((0, 4)),
        glimpse_head_px=np.zeros((0, 4)),
        background_lines_px=np.zeros((0, 4)),
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
        duration_s=RANGES * FRAMES / RATE_HZ,
        frame_rate_hz=RATE_HZ,
        variable_frame_rate=False,
        first_pts_s=0.0,
        frame_times_s=[k / RATE_HZ for k in range(RANGES * FRAMES)],
        ranges=[
            TimeRange(index=k, start_s=2 * k, end_s=2 * k + 2, warmup_start_s=2 * k)
            for k in range(RANGES)
        ],
    )


class Bench:
    """A pose stage in memory; ``looked`` keeps what was analysed by which code."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code = "A"
        self.looked: list[tuple[str, int]] = []
        self._bus, self.store = MemoryBus(), MemoryStore()
        self._stage = PoseStage(folder)
        (folder / "pose").mkdir()
        (folder / "pose" / "pose_landmarker_full.task").write_bytes(b"model")
        monkeypatch.setattr(stage_module, "analyse_range", self._look)
        monkeypatch.setattr(stage_module, "code_version", lambda _: self.code)

    def _look(
        self, _url: str, _clip: ClipInfo, part: TimeRange, **_: object
    ) -> RangeView:
        self.looked.append((self.code, part.index))
        return seen_by(self.code, part.index)

    async def run(self, index: int, settings: JobSettings, job: str = "j") -> Outcome:
        """Handle the request for one range."""
        clip = encode_clip(clip_info())
        event = PoseRequested(
            tenant="t",
            job=job,
            source=await self.store.put("s", b"clip", media_type="video/mp4"),
            clip=await self.store.put("c", clip, media_type="text/json"),
            settings=settings,
            range_index=index,
        )
        work = Work(
            event=event,
            stage=self._stage.name,
            bus=self._bus,
            store=self.store,
            jobs=Jobs(self._bus, lambda: "2026-01-01T00:00:00Z"),
        )
        return await self._stage.handle(event, work)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A pose stage in memory."""
    return Bench(tmp_path, monkeypatch)


def completed(outcome: Outcome) -> PoseCompleted:
    """Return the event at the end of pose."""
    (done,) = outcome.events
    assert isinstance(done, PoseCompleted)
    return done


async def test_a_clip_is_never_joined_of_two_codes(bench: Bench) -> None:
    """After an update in mid-clip every frame of the result is of the new code."""
    outcomes = []
    for index, code in enumerate("ABB"):
        bench.code = code
        outcomes.append(await bench.run(index, JobSettings()))

    assert [outcome.completes for outcome in outcomes] == [False, False, True]
    done = completed(outcomes[-1])
    result = Landmarks.from_npz(await bench.store.get(done.landmarks))
    assert result.frame.tolist() == list(range(RANGES * FRAMES))
    assert (result.points_px == ord("B")).all()
    assert bench.looked == [("A", 0), ("B", 1), ("B", 2), ("B", 0)]


async def test_another_choice_of_the_worker_looks_at_nothing_again(
    bench: Bench,
) -> None:
    """Who points at a second person gets the ranges that were looked at before."""
    first = JobSettings(person=PersonAt(x=0.3, y=0.5, time_s=1))
    second = JobSettings(person=PersonAt(x=0.4, y=0.5, time_s=2))
    done = []
    for job, settings in (("one", first), ("two", second)):
        for index in range(RANGES):
            outcome = await bench.run(index, settings, job)
        done.append(completed(outcome))

    assert len(bench.looked) == RANGES
    one, two = (event.people for event in done)
    assert one
    assert two
    assert one.key != two.key
    people = decode_people(await bench.store.get(one))
    assert [person.number for person in people.persons] == [1]
    assert set(outcome.artifacts) == {"landmarks.npz", "people.json"}


async def test_pointing_at_nobody_ends_the_job_with_its_code(bench: Bench) -> None:
    """Where nobody is, the job fails with a code and one sentence."""
    settings = JobSettings(person=PersonAt(x=0.99, y=0.01, time_s=1))
    for index in range(RANGES - 1):
        await bench.run(index, settings)

    with pytest.raises(Unusable) as caught:
        await bench.run(RANGES - 1, settings)
    assert caught.value.code is FailureCode.NO_PERSON
    assert caught.value.message.startswith("Nobody is at 0.99,0.01")
