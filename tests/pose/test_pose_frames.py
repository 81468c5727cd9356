import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pytest
from typing_extensions import override

import clips
from clip_pictures import is_upright, read_number
from ergomesh.contract.clip import ClipInfo, TimeRange
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip
from ergomesh.pose.frames import (
    Frame,
    FrameDecodeError,
    SourceUnreachableError,
    decode_range,
)

CLIPS: Final[dict[str, dict[str, Any]]] = {
    "plain.mp4": {},
    "b.mp4": {"b_frames": 3},
    "open.mp4": {"b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    "turned90.mp4": {"rotation_deg": 90, "size": (96, 192), "b_frames": 2},
    "turned180.mov": {"rotation_deg": 180},
    "turned270.mp4": {"rotation_deg": 270, "size": (96, 192)},
    "hevc10.mp4": {"codec": "libx265", "pix_fmt": "yuv420p10le", "b_frames": 3},
    "odd.webm": {"codec": "libvpx-vp9", "size": (193, 127)},
    "late.mkv": {"start_s": 3, "b_frames": 2, "audio": True},
    "stream.ts": {"start_s": 4, "b_frames": 2},
    "vfr.mp4": {"times_s": [k / 30 + (k % 7) / 300 for k in range(48)], "b_frames": 2},
    "old.avi": {"codec": "mpeg4", "b_frames": 2},
    "old.mpg": {"codec": "mpeg2video", "b_frames": 2},
}


def probe(path: Path, range_s: float = 0.5) -> ClipInfo:
    """Look into a clip as ingest does, in short ranges."""
    return probe_clip(
        path, limits=Limits(), sha256="0" * 64, range_s=range_s, overlap_s=0.2
    )


def frames_in(clip: ClipInfo, part: TimeRange) -> list[int]:
    """Return all frames of a range and its warm-up."""
    return [
        index
        for index, time_s in enumerate(clip.frame_times_s)
        if part.warmup_start_s <= time_s < part.end_s
    ]


def numbers(frames: Iterator[Frame]) -> list[tuple[int, int]]:
    """Return for each frame its index and the number in its picture."""
    return [(frame.index, read_number(frame.rgb)) for frame in frames]


@pytest.mark.parametrize("name", CLIPS)
def test_each_range_gives_the_pictures_of_its_indices(
    name: str, tmp_path: Path
) -> None:
    """In every range of every kind of clip, frame k is picture k, upright."""
    path = clips.write_clip(tmp_path / name, **{"frames": 48} | CLIPS[name])
    clip = probe(path)
    assert len(clip.ranges) > 2
    for part in clip.ranges:
        wanted = frames_in(clip, part)
        frames = list(decode_range(str(path), clip, part, wanted))
        assert [frame.index for frame in frames] == wanted
        assert [read_number(frame.rgb) for frame in frames] == wanted
        assert all(is_upright(frame.rgb) for frame in frames)
        shape = (clip.height_px, clip.width_px, 3)
        assert {frame.rgb.shape for frame in frames} == {shape}
        assert all(frame.rgb.flags.c_contiguous for frame in frames)
        assert [f.time_s for f in frames] == [clip.frame_times_s[k] for k in wanted]


@pytest.mark.parametrize("name", ["b.mp4", "open.mp4", "vfr.mp4", "odd.webm"])
def test_range_by_range_equals_the_whole(name: str, tmp_path: Path) -> None:
    """Every pixel is the same, wherever decoding begins."""
    path = clips.write_clip(tmp_path / name, **{"frames": 48} | CLIPS[name])
    clip, whole_clip = probe(path), probe(path, range_s=100.0)
    whole = list(decode_range(str(path), whole_clip, whole_clip.ranges[0], range(48)))
    for part in clip.ranges:
        for frame in decode_range(str(path), clip, part, frames_in(clip, part)):
            assert np.array_equal(frame.rgb, whole[frame.index].rgb)


def test_any_single_frame_can_be_had(tmp_path: Path) -> None:
    """Each frame can be the first wanted one, before and after keyframes."""
    options = {"x265-params": "log-level=none:open-gop=1:keyint=10:min-keyint=10"}
    path = clips.write_clip(
        tmp_path / "open.mp4", codec="libx265", b_frames=3, options=options
    )
    clip = probe(path, range_s=100.0)
    for index in range(30):
        found = decode_range(str(path), clip, clip.ranges[0], [index])
        assert numbers(found) == [(index, index)]


def test_only_wanted_frames_come(tmp_path: Path) -> None:
    """Frames between the wanted ones are left out."""
    path = clips.write_clip(tmp_path / "clip.mp4", b_frames=2)
    clip = probe(path, range_s=100.0)
    wanted = np.array([3, 4, 11, 29])
    found = decode_range(str(path), clip, clip.ranges[0], wanted)
    assert [index for index, _ in numbers(found)] == wanted.tolist()


def test_nothing_wanted_opens_nothing() -> None:
    """An empty request doesn't even look for the source."""
    part = TimeRange(index=0, start_s=0, end_s=1, warmup_start_s=0)
    clip = _some_clip()
    assert list(decode_range("nowhere.mp4", clip, part, [])) == []


def test_a_trimmed_clip_begins_where_a_player_begins(tmp_path: Path) -> None:
    """Frame 0 is the first picture after the cut, not the first in the file."""
    path = clips.write_trimmed(tmp_path / "trimmed.mp4", skip=7)
    clip = probe(path, range_s=100.0)
    found = numbers(decode_range(str(path), clip, clip.ranges[0], range(23)))
    assert found == [(index, index + 7) for index in range(23)]


def test_oblong_pixels_come_out_square(tmp_path: Path) -> None:
    """Pictures have the size that ingest promised."""
    path = clips.write_clip(tmp_path / "dv.mp4", sample_aspect=Fraction(4, 3))
    clip = probe(path, range_s=100.0)
    frame = next(decode_range(str(path), clip, clip.ranges[0], [9]))
    assert frame.rgb.shape == (128, 256, 3)
    assert read_number(frame.rgb) == 9


def test_damaged_pictures_are_an_error_not_a_picture(tmp_path: Path) -> None:
    """Good pictures come until the damage, then an error that names the place."""
    path = clips.write_clip(tmp_path / "clip.mp4", frames=60, faststart=True)
    clip = probe(path, range_s=100.0)
    clips.scramble(path, 0.5, 0.7)
    found: list[tuple[int, int]] = []
    frames = decode_range(str(path), clip, clip.ranges[0], range(60))
    with pytest.raises(FrameDecodeError, match=r"picture \d+ at .* s of clip.mp4"):
        found.extend((f.index, read_number(f.rgb)) for f in frames)
    assert 20 < len(found) < 45
    assert all(index == number for index, number in found)


def test_a_patched_up_picture_is_not_handed_on(tmp_path: Path) -> None:
    """A picture that the decoder filled in is an error, though it came out."""
    path = clips.write_clip(tmp_path / "clip.mp4")
    clip = probe(path, range_s=100.0)
    clips.scratch(path, 17)
    frames = decode_range(str(path), clip, clip.ranges[0], range(15, 20))
    assert [next(frames).index, next(frames).index] == [15, 16]
    with pytest.raises(FrameDecodeError, match="picture 17"):
        next(frames)


@pytest.mark.parametrize(
    "wanted", [[5, 4], [5, 5], [-1, 3], [29, 30], [0], [3, 29], [29]]
)
def test_frames_outside_the_range_are_refused(wanted: list[int]) -> None:
    """Asking for what a range doesn't have is the caller's mistake."""
    part = TimeRange(index=0, start_s=0.2, end_s=0.5, warmup_start_s=0.1)
    with pytest.raises(ValueError, match="wanted frames"):
        decode_range("nowhere.mp4", _some_clip(), part, wanted)


def _some_clip() -> ClipInfo:
    """Facts of a clip of 30 frames that doesn't exist."""
    part = TimeRange(index=0, start_s=0, end_s=1, warmup_start_s=0)
    return ClipInfo(
        sha256="0" * 64,
        size=1,
        container="mp4",
        codec="h264",
        pixel_format="yuv420p",
        width_px=192,
        height_px=128,
        rotation_deg=0,
        duration_s=1.0,
        frame_rate_hz=30,
        variable_frame_rate=False,
        first_pts_s=0.0,
        frame_times_s=[k / 30 for k in range(30)],
        ranges=[part],
    )


@dataclass
class ClipServer:
    """A server on a port of its own that holds one file."""

    body: bytes = b""
    mode: str = "good"
    """How it behaves; see the handler."""
    base_url: str = ""
    requests: list[str | None] = field(default_factory=list)
    """Range header of each request."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end, so that no handler keeps waiting."""


class ClipHandler(BaseHTTPRequestHandler):
    """Answers ranges, or misbehaves."""

    protocol_version = "HTTP/1.1"
    state: ClipServer

    @override
    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer as the server's mode says."""
        state, header = self.state, self.headers.get("Range")
        state.requests.append(header)
        if state.mode in {"silent", "hangs_up"}:
            state.released.wait(10 if state.mode == "silent" else 0)
            self.close_connection = True
        elif state.mode in {"missing", "broken", "page"}:
            status = {"missing": 404, "broken": 503, "page": 200}[state.mode]
            self._head(status, 4000)
            self.wfile.write(b"<p>no" * 800)
        else:
            ranged = header if state.mode != "no_ranges" else None
            self._file(ranged)

    def _head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _file(self, header: str | None) -> None:
        state, size = self.state, len(self.state.body)
        first, last = 0, size - 1
        if header is None:
            self._head(200, size)
        else:
            start, _, end = header.removeprefix("bytes=").partition("-")
            first, last = int(start), int(end or last)
            content = f"bytes {first}-{last}/{size}"
            self._head(206, last + 1 - first, Content_Range=content)
        good = state.mode in {"good", "no_ranges"}
        stop = last + 1 if good else min(last + 1, size // 2)
        self._send(state.body[first:stop])
        if state.mode == "stalls":
            state.released.wait(10)
        self.close_connection = not good

    def _send(self, part: bytes) -> None:
        for at in range(0, len(part), 65_536):
            try:
                self.wfile.write(part[at : at + 65_536])
            except OSError:  # the client has what it wanted
                self.close_connection = True
                return


@pytest.fixture
def server() -> Iterator[ClipServer]:
    """A clip server on the loopback interface."""
    state = ClipServer()
    handler = type("Handler", (ClipHandler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        state.base_url = f"http://127.0.0.1:{http.server_port}"
        yield state
        state.released.set()
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip too big for one buffer of FFmpeg's."""
    path = tmp_path_factory.mktemp("http") / "long.mp4"
    size = (640, 480)
    return clips.write_clip(path, frames=240, size=size, gop=30, faststart=True)


@pytest.mark.parametrize("mode", ["good", "no_ranges"])
def test_a_url_gives_the_same_pictures(
    mode: str, server: ClipServer, long_clip: Path
) -> None:
    """Over HTTP, with ranges or without, frame k is picture k."""
    server.body, server.mode = long_clip.read_bytes(), mode
    clip = probe(long_clip, range_s=2.0)
    url = f"{server.base_url}/bucket/long.mp4?X-Amz-Signature=secret"
    for part in clip.ranges:
        wanted = frames_in(clip, part)
        found = numbers(decode_range(url, clip, part, wanted))
        assert found == [(index, index) for index in wanted]


def test_decoding_begins_near_the_range(server: ClipServer, long_clip: Path) -> None:
    """The end of a long clip is asked for without what lies before it."""
    server.body = long_clip.read_bytes()
    clip = probe(long_clip, range_s=1.0)
    part = clip.ranges[-1]
    found = decode_range(f"{server.base_url}/x", clip, part, frames_in(clip, part))
    assert len(list(found)) > 20
    first, *later = [int(r[6:].partition("-")[0]) for r in server.requests if r]
    assert first == 0
    assert min(later) > 0.7 * len(server.body)


@pytest.mark.parametrize(
    ("mode", "timeout_s"),
    [
        ("missing", 5.0),
        ("broken", 5.0),
        ("hangs_up", 5.0),
        ("dies", 5.0),
        ("refused", 5.0),
        ("silent", 0.5),
        ("stalls", 0.5),
    ],
)
def test_a_server_that_fails_is_told_from_damage(
    mode: str, timeout_s: float, server: ClipServer, long_clip: Path
) -> None:
    """Whatever goes wrong on the way raises the error that may be tried again."""
    server.body, server.mode = long_clip.read_bytes(), mode
    base = server.base_url if mode != "refused" else "http://127.0.0.1:1"
    clip = probe(long_clip, range_s=100.0)
    url = f"{base}/bucket/long.mp4?X-Amz-Signature=secret"
    begun = time.monotonic()
    with pytest.raises(SourceUnreachableError) as caught:
        list(decode_range(url, clip, clip.ranges[0], range(240), timeout_s=timeout_s))
    assert time.monotonic() - begun < 8
    assert str(caught.value).startswith("long.mp4 can't be read: ")
    assert "secret" not in str(caught.value)


def test_a_page_instead_of_a_clip_is_damage(server: ClipServer) -> None:
    """An answer that is no clip is not worth another try."""
    server.mode = "page"
    clip = _some_clip()
    with pytest.raises(FrameDecodeError, match="can't be decoded"):
        list(decode_range(f"{server.base_url}/x", clip, clip.ranges[0], [0]))


def test_a_missing_file_is_unreachable(tmp_path: Path) -> None:
    """A path that isn't there may be there later."""
    clip = _some_clip()
    with pytest.raises(SourceUnreachableError, match=r"gone\.mp4"):
        list(decode_range(str(tmp_path / "gone.mp4"), clip, clip.ranges[0], [0]))


def test_sound_has_no_frames(tmp_path: Path) -> None:
    """A source without pictures is reported as what it is."""
    path, clip = clips.write_sound(tmp_path / "sound.mp4"), _some_clip()
    with pytest.raises(FrameDecodeError, match="no pictures"):
        list(decode_range(str(path), clip, clip.ranges[0], [0]))


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    """A source that names other files can't make the worker open them."""
    path = clips.bad_playlist(tmp_path / "clip.mp4")
    clip = _some_clip()
    with pytest.raises(FrameDecodeError):
        list(decode_range(str(path), clip, clip.ranges[0], [0]))


def test_leaving_early_closes_the_source(tmp_path: Path) -> None:
    """A reader that stops after one frame leaves no file open."""
    path = clips.write_clip(tmp_path / "clip.mp4")
    clip = probe(path, range_s=100.0)
    before = len(list(Path("/proc/self/fd").iterdir()))
    frames = decode_range(str(path), clip, clip.ranges[0], range(30))
    assert next(frames).index == 0
    del frames
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_change_of_the_picture_size_is_evened_out(tmp_path: Path) -> None:
    """Frames have the promised size even where the stored ones differ."""
    path = clips.write_clip(tmp_path / "clip.mp4")
    other = msgspec.structs.replace(
        probe(path, range_s=100.0), width_px=96, height_px=64
    )
    frame = next(decode_range(str(path), other, other.ranges[0], [17]))
    assert frame.rgb.shape == (64, 96, 3)
