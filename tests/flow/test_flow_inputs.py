"""Bad and odd clips through the whole stack."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import av
import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

import clips
from clips import demo_clip, write_clip
from ergomesh.contract.errors import FailureCode
from ergomesh.contract.job import JobState
from flow.flow_stack import RunningStack, demo_bytes, unlike

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]

Picture = NDArray[np.uint8]
Make = Callable[[Path], Path]

FIRST: Final = 10
"""From here on the sample clip shows the person in nearly every frame."""


@cache
def demo_pictures() -> list[Picture]:
    """Return part of the sample clip, small."""
    with av.open(demo_clip()) as container:
        frames = [
            f for f, _ in zip(container.decode(video=0), range(130), strict=False)
        ]
    return [
        np.ascontiguousarray(f.to_ndarray(format="rgb24", width=884, height=496))
        for f in frames[FIRST:]
    ]


def person(number: int, size: tuple[int, int]) -> Picture:
    """Return a picture with a person, of any size."""
    pictures = demo_pictures()
    return np.asarray(
        cv2.resize(pictures[number % len(pictures)], size), dtype=np.uint8
    )


def nobody(_number: int, size: tuple[int, int]) -> Picture:
    """Return an empty grey room."""
    return np.full((size[1], size[0], 3), 128, np.uint8)


def rarely(number: int, size: tuple[int, int]) -> Picture:
    """Return a person in eight pictures of a hundred."""
    return (person if number < 8 else nobody)(number, size)


def too_large(path: Path) -> Path:
    """Write more bytes than the test stack accepts."""
    path.write_bytes(demo_bytes() + bytes(9_000_000))
    return path


BAD: Final[dict[str, tuple[Make, FailureCode]]] = {
    "empty": (clips.bad_empty, FailureCode.EMPTY_FILE),
    "text": (clips.bad_text, FailureCode.NOT_A_VIDEO),
    "image": (clips.bad_png, FailureCode.NOT_A_VIDEO),
    "truncated": (clips.bad_cut_faststart, FailureCode.TRUNCATED),
    "sound": (clips.bad_sound_only, FailureCode.NO_VIDEO_STREAM),
    "one picture": (lambda p: write_clip(p, frames=1), FailureCode.ZERO_DURATION),
    "long": (lambda p: write_clip(p, frames=32, rate=1), FailureCode.TOO_LONG),
    "pixels": (
        lambda p: write_clip(p, frames=2, size=(2400, 1400)),
        FailureCode.TOO_MANY_PIXELS,
    ),
    "nobody": (lambda p: write_clip(p, picture=nobody), FailureCode.NO_PERSON),
    "rarely": (
        lambda p: write_clip(p, frames=100, rate=10, size=(884, 496), picture=rarely),
        FailureCode.PERSON_TOO_RARE,
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_clip_fails_with_its_code(
    stack: RunningStack, tmp_path: Path, kind: str
) -> None:
    """Each bad input ends as failed, with its own code and one plain sentence."""
    make, code = BAD[kind]

    status = stack.run(make(tmp_path / "clip.mp4"))

    assert status.state is JobState.FAILED
    assert status.failure is not None
    assert status.failure.code is code
    assert_plain(status.failure.message)


def assert_plain(message: str) -> None:
    """A sentence for people: one line, an end, no code, no path."""
    assert message.endswith(".")
    assert "\n" not in message
    for trace in ("Traceback", "Error(", "/tmp", "site-packages", "Errno"):  # noqa: S108  # what must not be in it
        assert trace not in message


def test_a_clip_over_the_size_limit_is_refused(
    stack: RunningStack, tmp_path: Path
) -> None:
    """More bytes than allowed end with file_too_large, whoever notices first."""
    answer = stack.submit(too_large(tmp_path / "clip.mp4"))

    if answer.status_code == 202:
        failure = stack.wait(answer.json()["job"]).failure
        assert failure is not None
        code, message = str(failure.code), failure.message
    else:
        code, message = answer.json()["code"], answer.json()["detail"]
    assert code == FailureCode.TOO_LARGE
    assert_plain(message)


def test_an_unknown_preset_is_named(stack: RunningStack) -> None:
    """A wrong setting is refused at once with a sentence that names it."""
    answer = stack.submit(b"x", preset="quickest")

    assert answer.status_code == 400
    assert answer.json()["code"] == FailureCode.INVALID_SETTINGS
    assert "quickest" in answer.json()["detail"] or "preset" in answer.json()["detail"]


def test_a_model_that_was_not_fetched_is_named(stack: RunningStack) -> None:
    """A preset without its model fails with model_missing; others still work."""
    status = stack.run(unlike(demo_bytes(), 20), preset="best")

    assert status.failure is not None
    assert status.failure.code is FailureCode.MODEL_MISSING
    assert "heavy" in status.failure.message


def test_the_command_line_tells_the_sentence(
    stack: RunningStack, tmp_path: Path
) -> None:
    """A bad clip costs its own exit code and sentence; the good one is finished."""
    bad = clips.bad_text(tmp_path / "notes.mp4")
    good = write_clip(tmp_path / "good.mp4", frames=30, size=(884, 496), picture=person)
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ergomesh")),
            *("analyze", str(bad), str(good), "--out", str(tmp_path / "out")),
            *("--data-dir", str(stack.data_dir), "--preset", "fast"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 1
    assert "not_a_video" in run.stderr
    assert "Traceback" not in run.stderr + run.stdout
    assert (tmp_path / "out" / "good" / "result.json").is_file()
    assert not (tmp_path / "out" / "notes" / "result.json").exists()


def test_an_unreachable_gateway_is_one_sentence(tmp_path: Path) -> None:
    """Without a server to talk to the command says so and exits with 3."""
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("ergomesh")),
            *("analyze", str(demo_clip()), "--out", str(tmp_path)),
            *("--url", "http://127.0.0.1:9"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 3
    assert "Traceback" not in run.stderr
    assert "127.0.0.1:9" in run.stderr


@pytest.mark.parametrize("service", ["ingest", "pose", "mesh", "ergonomics", "gateway"])
def test_a_service_without_a_broker_says_so(service: str) -> None:
    """Started alone with no broker, a service exits 3 with one sentence."""
    run = subprocess.run(
        [sys.executable, "-m", f"ergomesh.{service}"],
        env={
            "ERGOMESH_NATS_URL": "nats://127.0.0.1:9",
            "ERGOMESH_CONNECT_TIMEOUT_S": "0.5",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 3
    assert "127.0.0.1:9" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


ODD: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "turned by 90": ("clip.mp4", {"rotation_deg": 90}),
    "turned by 270": ("clip.mov", {"rotation_deg": 270}),
    "variable rate": (
        "clip.mp4",
        {"times_s": [k / 30 + 0.01 * (k % 3) for k in range(45)]},
    ),
    "10-bit HEVC": ("clip.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
    "VP9 in WebM": ("clip.webm", {"codec": "libvpx-vp9"}),
    "odd width": ("clip.mkv", {"size": (883, 497), "pix_fmt": "yuv444p"}),
    "five frames": ("clip.mp4", {"frames": 5}),
    "120 fps": ("clip.mp4", {"frames": 120, "rate": 120}),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_but_good_clip_works(
    stack: RunningStack, tmp_path: Path, kind: str
) -> None:
    """Odd clips complete, and the overlay shows them upright and whole."""
    name, changes = ODD[kind]
    options: dict[str, object] = {"frames": 45, "size": (884, 496), **changes}
    clip = write_clip(tmp_path / name, picture=person, **options)  # type: ignore[arg-type]  # a table of options

    status = stack.run(clip, name=f"Přenášení {name}")

    assert status.state is JobState.COMPLETED, status.failure
    assert status.source_name == f"Přenášení {name}"
    video = httpx.get(
        f"{stack.url}/v1/jobs/{status.job}/artifacts/overlay.mp4", timeout=30.0
    )
    (tmp_path / "overlay.mp4").write_bytes(video.content)
    with av.open(tmp_path / "overlay.mp4") as made:
        assert made.streams.video[0].width > made.streams.video[0].height
        times = options.get("times_s")
        count = len(times) if isinstance(times, list) else options["frames"]
        assert sum(1 for _ in made.decode(video=0)) == count
