"""Laws of ``ergomesh analyze``, against a gateway that plays parts."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from ergomesh.contract.events import Progress
from ergomesh.contract.job import JobSettings, JobState, JobStatus, StageName
from ergomesh.local import client
from ergomesh.local.analyze import analyze_clips
from ergomesh.local.client import Gateway, OnSent, Update, open_gateway
from ergomesh.local.errors import ClipFailed, GatewayError, UsageFault
from ergomesh.local.files import no_empty_folders
from ergomesh.local.orders import ClipOrder, plan_orders
from ergomesh.local.progress import ClipProgress, StepState
from local.conftest import COPIES, Cli
from local.local_dummies import eventually
from local.local_gateway import FILES, FakeGateway

Clips = Callable[..., list[str]]


class Watcher:
    """A view that remembers."""

    def __init__(self) -> None:
        self.seen: dict[str, list[ClipProgress]] = {}

    def show(self, order: ClipOrder, progress: ClipProgress) -> None:
        """Remember a progress."""
        self.seen.setdefault(order.label, []).append(progress)


def test_a_clip_goes_up_whole_and_its_files_come_down_whole(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """Bytes, name and settings arrive as they are; so do the results."""
    (clip,) = clips("good žluť + & [x] %.mp4")
    code, out, err = cli(
        "analyze", clip, "--out", str(tmp_path / "out"), "--url", gateway.url,
        "--preset", "fast", "--load-kg", "7.5", "--seated", "--no-overlay",
        "--coupling", "poor",
    )  # fmt: skip
    assert code == 0, err
    (job,) = gateway.jobs
    assert job.body == Path(clip).read_bytes()
    assert job.name == Path(clip).name
    assert job.options == {
        "preset": "fast",
        "overlay": "false",
        "load_kg": "7.5",
        "seated": "true",
        "coupling": "poor",
        "language": "en",
        "faces": "blurred",
    }
    folder = tmp_path / "out" / Path(clip).stem
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert msgspec.json.decode(found.pop("job.json"), type=JobStatus).job == job.id
    assert found == FILES
    assert Path(clip).name in out
    assert str(folder) in out


def test_the_table_tells_moments_levels_warnings_and_assumptions(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """What matters of result.json is on the screen, in the clip's own time."""
    (clip,) = clips("good.mp4")
    _, out, _ = cli("analyze", clip, "--out", str(tmp_path), "--url", gateway.url)
    rows = {tuple(line.split()[:2]): line.split() for line in out.splitlines() if line}
    assert rows["moment", "time"][2:] == (
        ["RULA", "left", "RULA", "right", "REBA", "left", "REBA", "right"]
    )
    assert rows["worst", "1:02.0"][2:] == ["7", "(4-7)", "(3-7)", "-", "11"]
    assert rows["best", "0:03.0"][2:] == ["2", "-", "-", "-"]
    head = " ".join(rows["likely", "share"])
    assert head == "likely share of time at level 1 4 certain 95th score scored"
    shares = ["25", "%", "75", "%", "12", "%"]
    assert rows["RULA", "left"][2:] == [*shares, "7", "50", "%"]
    assert rows["REBA", "right"][2:] == [*shares, "-", "50", "%"]
    assert "1:02.5 long, 620 frames analysed, person in 97 %" in out
    assert "warning: The feet [are] out of view." in out
    assert "assumed: load_kg 0" in out
    assert "given: seated yes" in out


def test_a_clip_that_fails_does_not_stop_the_others(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """Exit 1, a sentence with its code for the bad ones, results for the good."""
    names = clips("bad.mp4", "good.mp4", "refused.mp4")
    code, out, err = cli(
        "analyze", *names, "--out", str(tmp_path / "out"), "--url", gateway.url
    )
    assert code == 1
    assert "bad.mp4: No person was found: film the whole body. [no_person]" in err
    assert "refused.mp4: The clip is too large: cut it. [file_too_large]" in err
    assert "good.mp4" in out
    assert "bad.mp4" not in out
    assert (tmp_path / "out/good/result.json").exists()
    assert not (tmp_path / "out/bad").exists()
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("damaged", "download_damaged"),
        ("evil", "internal_error"),
        ("empty", "internal_error"),
        ("forgotten", "job_not_found"),
    ],
)
def test_nothing_false_is_left_where_results_are_expected(
    gateway: FakeGateway,
    clips: Clips,
    cli: Cli,
    tmp_path: Path,
    part: str,
    code: str,
) -> None:
    """A damaged file, a name that leaves the folder, a missing result: exit 1."""
    exit_code, out, err = cli(
        "analyze", *clips(f"{part}.mp4"), "--out", str(tmp_path / "out"), "--url",
        gateway.url,
    )  # fmt: skip
    assert exit_code == 1
    assert f"[{code}]" in err
    assert out == ""
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert "evil.txt" not in left
    assert not any(name.endswith(".part") for name in left)
    if part == "damaged":
        assert "angles.csv" not in left
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert all(any(path.iterdir()) for path in made)


def test_clips_of_one_stem_get_folders_of_their_own(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """The second is numbered, and the command says so."""
    names = clips("a/good.mp4", "b/good.mov")
    code, out, err = cli(
        "analyze", *names, "--out", str(tmp_path / "out"), "--url", gateway.url
    )
    assert code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"good", "good-2"}
    assert f"results go to {tmp_path / 'out/good-2'}" in err
    assert "good-2" in out


def test_files_of_an_older_run_are_not_passed_off_as_new(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """What this result did not write is named; nothing is deleted."""
    old = tmp_path / "good" / "overlay.mp4"
    old.parent.mkdir()
    old.write_text("old")
    _, out, _ = cli(
        "analyze", *clips("good.mp4"), "--out", str(tmp_path), "--url", gateway.url
    )
    assert "older files are still there: overlay.mp4" in out
    assert old.read_text() == "old"


def test_a_missing_clip_or_a_wrong_setting_is_a_usage_error(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """Exit 2 before anything is sent."""
    (clip,) = clips("good.mp4")
    rest = ("--out", str(tmp_path / "out"), "--url", gateway.url)
    wrong: list[tuple[str, ...]] = [
        ("nowhere.mp4", *rest),
        (str(tmp_path), *rest),
        (clip, *rest, "--preset", "quick"),
        (clip, *rest, "--load-kg", "501"),
        (clip, *rest, "--coupling", "sticky"),
        (clip, "--url", gateway.url),
        (clip, "--out", clip),
        (clip, "--out", f"{clip}/below", "--url", gateway.url),
        (clip, "--out", str(tmp_path), "--url", "server:80"),
        (clip, "--out", str(tmp_path), "--url", "http://[::1"),
        (clip, *rest, "--models-dir", str(tmp_path / "none")),
    ]
    for arguments in wrong:
        code, _, err = cli("analyze", *arguments)
        assert code == 2, arguments
        assert err
        assert "Traceback" not in err
    assert gateway.jobs == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        *(
            ("--load-kg", text, f'must be a number from 0 to 500, not "{text}".')
            for text in ("-3", "nan", "inf", "500.01", "much", "")
        ),
        ("--preset", "foo", 'must be fast, balanced or best, not "foo".'),
        ("--coupling", "x", 'must be good, fair, poor or unacceptable, not "x".'),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(
    clips: Clips, cli: Cli, tmp_path: Path, option: str, value: str, said: str
) -> None:
    """No usage lines, no path into a data structure: what is wrong, and what is not."""
    (clip,) = clips("good.mp4")
    out = str(tmp_path / "out")
    line = f"{option} {said} [invalid_settings]\n"
    assert cli("analyze", clip, "--out", out, option, value) == (2, "", line)


def test_a_gateway_out_of_reach_is_exit_3(
    clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """One sentence with the address, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    code, _, err = cli(
        "analyze", *clips("good.mp4"), "--out", str(tmp_path), "--url", url
    )
    assert code == 3
    assert f"The gateway at {url} cannot be reached" in err
    assert "Traceback" not in err


def connected(gateway: FakeGateway) -> int:
    """Return how many jobs have been asked for their events."""
    return len([job for job in gateway.jobs if job.connections])


async def updates_of(gateway: Gateway, clip: Path) -> list[Update]:
    """Submit a clip and return everything that follows."""
    size = len(clip.name) * COPIES
    job = await gateway.submit(clip, {}, size=size, on_sent=lambda _: None)
    return [update async for update in gateway.follow(job.job)]


async def test_a_broken_event_stream_is_taken_up_where_it_broke(
    gateway: FakeGateway, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second connection names the last event that was read."""
    monkeypatch.setattr(client, "RETRY_S", 0.01)
    (clip,) = clips("dropped.mp4")
    async with open_gateway(gateway.url) as opened:
        updates = await updates_of(opened, Path(clip))
    last = updates[-1]
    assert isinstance(last, JobStatus)
    assert last.state is JobState.COMPLETED
    assert gateway.jobs[0].connections == ["", "2"]


async def test_a_gateway_that_stays_away_ends_the_patience(
    gateway: FakeGateway, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 503 is waited out, but not for ever."""
    monkeypatch.setattr(client, "RETRY_S", 0.01)
    (clip,) = clips("away.mp4")
    async with open_gateway(gateway.url, patience_s=0.1) as opened:
        with pytest.raises(GatewayError, match="cannot be reached"):
            await updates_of(opened, Path(clip))
    assert len(gateway.jobs[0].connections) > 2


async def test_cancelling_cancels_the_jobs(
    gateway: FakeGateway, clips: Clips, tmp_path: Path
) -> None:
    """Whoever stops waiting does not leave work behind."""
    orders = plan_orders(list(map(Path, clips("hangs.mp4", "hangs 2.mp4"))), tmp_path)
    watcher = Watcher()
    async with open_gateway(gateway.url) as opened:
        task = asyncio.ensure_future(analyze_clips(opened, orders, {}, watcher))
        await asyncio.to_thread(eventually, lambda: connected(gateway) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert all(job.cancelled.is_set() for job in gateway.jobs)


def test_clips_that_fail_leave_no_folder(
    gateway: FakeGateway, clips: Clips, cli: Cli, tmp_path: Path
) -> None:
    """A folder, and those above it, come with the first file; an old one stays."""
    (clip,) = clips("bad.mp4")
    (tmp_path / "old").mkdir()
    for out in ("new/deep", "old"):
        cli("analyze", clip, "--out", str(tmp_path / out), "--url", gateway.url)
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "old"}


def test_folders_without_a_file_go_again(tmp_path: Path) -> None:
    """Only what is both new and empty is removed, whatever ended the work."""
    old, empty, full = tmp_path / "old", tmp_path / "new/a", tmp_path / "full/b"
    old.mkdir()

    def work() -> None:
        with no_empty_folders([old, empty, full]):
            empty.mkdir(parents=True)
            full.mkdir(parents=True)
            (full / "file").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert {path.name for path in tmp_path.rglob("*")} == {"old", "full", "b", "file"}


class SlowToCancel(Gateway):
    """A gateway whose jobs never end and take a while to cancel, each another."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []

    @override
    async def submit(
        self, clip: Path, options: Mapping[str, str], *, size: int, on_sent: OnSent
    ) -> JobStatus:
        return JobStatus(
            tenant="local",
            job=clip.stem,
            state=JobState.ACCEPTED,
            source_name=clip.name,
            settings=JobSettings(),
            created_at="2026-01-01T00:00:00Z",
        )

    @override
    async def follow(self, job: str) -> AsyncGenerator[Update]:
        self.begun.append(job)
        await asyncio.sleep(60)
        yield Progress(tenant="local", job=job, stage=StageName.POSE, fraction=1.0)

    @override
    async def cancel(self, job: str) -> None:
        await asyncio.sleep(0.02 * int(job))
        self.cancelled.append(job)


async def test_every_cancelling_runs_to_its_end(clips: Clips, tmp_path: Path) -> None:
    """The first job that is cancelled does not cut the others' cancelling short."""
    orders = plan_orders(list(map(Path, clips("1.mp4", "2.mp4", "3.mp4"))), tmp_path)
    slow = SlowToCancel()
    task = asyncio.ensure_future(analyze_clips(slow, orders, {}, Watcher()))
    await asyncio.to_thread(eventually, lambda: len(slow.begun) == 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.cancelled == ["1", "2", "3"]


async def test_a_job_that_somebody_else_cancels_is_a_failed_clip(
    gateway: FakeGateway, clips: Clips, tmp_path: Path
) -> None:
    """It ends the wait with a sentence."""
    (order,) = plan_orders(list(map(Path, clips("hangs.mp4"))), tmp_path)
    async with open_gateway(gateway.url) as opened:
        task = asyncio.ensure_future(analyze_clips(opened, [order], {}, Watcher()))
        await asyncio.to_thread(eventually, lambda: connected(gateway) == 1)
        gateway.jobs[0].cancelled.set()
        (outcome,) = await task
    assert isinstance(outcome.error, ClipFailed)
    assert outcome.error.code == "cancelled"


async def test_every_step_is_seen_on_its_way(
    gateway: FakeGateway, clips: Clips, tmp_path: Path
) -> None:
    """The view hears of the upload's bytes, of pose's parts and of each end."""
    (order,) = plan_orders(list(map(Path, clips("good.mp4"))), tmp_path)
    watcher = Watcher()
    async with open_gateway(gateway.url) as opened:
        await analyze_clips(opened, [order], {}, watcher)
    seen = watcher.seen["good.mp4"]
    uploads = [progress.steps["upload"].fraction for progress in seen]
    assert uploads[0] == 0.0
    assert uploads == sorted(uploads)
    assert any(progress.steps["pose"].parts == (1.0, 0.0) for progress in seen)
    assert {step.state for step in seen[-1].steps.values()} == {StepState.DONE}


async def test_a_clip_that_vanishes_is_a_failed_clip(
    gateway: FakeGateway, tmp_path: Path
) -> None:
    """Files come and go; the others are still analysed."""
    orders = plan_orders([tmp_path / "gone.mp4"], tmp_path / "out")
    async with open_gateway(gateway.url) as opened:
        (outcome,) = await analyze_clips(opened, orders, {}, Watcher())
    assert isinstance(outcome.error, ClipFailed)
    assert outcome.error.code == "file_unreadable"


async def test_a_folder_that_takes_no_files_is_a_failed_clip(
    gateway: FakeGateway, clips: Clips, tmp_path: Path
) -> None:
    """A file in the way of the folder is told by its path."""
    (tmp_path / "good").write_text("in the way")
    orders = plan_orders(list(map(Path, clips("good.mp4"))), tmp_path)
    async with open_gateway(gateway.url) as opened:
        (outcome,) = await analyze_clips(opened, orders, {}, Watcher())
    assert isinstance(outcome.error, ClipFailed)
    assert outcome.error.code == "output_unwritable"
    assert str(tmp_path / "good") in str(outcome.error)


@pytest.mark.parametrize("address", ["", "server", "ftp://x", "http://", "nats://x:1"])
async def test_an_address_that_is_none_is_told_before_anything_is_sent(
    address: str,
) -> None:
    """Only http and https with a host are web addresses."""
    with pytest.raises(UsageFault, match="is no web address"):
        async with open_gateway(address):
            pass


def test_ctrl_c_cancels_the_jobs_and_ends_quietly(
    gateway: FakeGateway, clips: Clips, tmp_path: Path
) -> None:
    """SIGINT to the real command: DELETE for the job, exit 130, no traceback."""
    (clip,) = clips("hangs.mp4")
    command = subprocess.Popen(
        [sys.executable, "-m", "ergomesh.local", "analyze", clip, "--out",
         str(tmp_path / "out"), "--url", gateway.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "ERGOMESH_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip
    assert eventually(lambda: connected(gateway) == 1)
    time.sleep(0.1)
    command.send_signal(signal.SIGINT)
    printed, _ = command.communicate(timeout=20)
    assert command.returncode == 130
    assert gateway.jobs[0].cancelled.is_set()
    assert b"Traceback" not in printed
    assert b"stopped by SIGINT" in printed
