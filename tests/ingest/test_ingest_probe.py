from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest

import clips
from ergomesh.contract.clip import ClipInfo
from ergomesh.contract.errors import FailureCode
from ergomesh.ingest.failures import ClipError
from ergomesh.ingest.limits import Limits
from ergomesh.ingest.probe import probe_clip

SHA256 = "0123456789abcdef" * 4
BAD = [(code, make) for code, makers in clips.BAD_CLIPS.items() for make in makers]
IRREGULAR_S = [0.0, 0.03, 0.07, 0.1, 0.5, 0.53, 0.6, 0.9]


def probe(path: Path, **limits: float) -> ClipInfo:
    """Probe with the default limits, or some of them changed."""
    return probe_clip(path, limits=Limits(**limits), sha256=SHA256)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A good clip that is unlike most, and what must be found out about it."""

    name: str
    write: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


ODD = [
    Odd(
        name="plain.mp4",
        facts={
            "container": "mp4",
            "codec": "h264",
            "pixel_format": "yuv420p",
            "width_px": 192,
            "height_px": 128,
            "rotation_deg": 0,
            "variable_frame_rate": False,
            "first_pts_s": 0,
        },
    ),
    *(
        Odd(
            name=f"turned{turn}.mp4",
            write={"size": (96, 192), "rotation_deg": turn},
            facts={"rotation_deg": turn, "width_px": 96, "height_px": 192},
        )
        for turn in (90, 180, 270)
    ),
    Odd(
        name="phone.mov",
        write={"rotation_deg": 90, "audio": True, "b_frames": 2},
        facts={"container": "mov", "rotation_deg": 90, "variable_frame_rate": False},
    ),
    Odd(
        name="hevc10.mp4",
        write={"codec": "libx265", "pix_fmt": "yuv420p10le", "b_frames": 3},
        facts={"codec": "hevc", "pixel_format": "yuv420p10le"},
    ),
    Odd(
        name="vp9.webm",
        write={"codec": "libvpx-vp9"},
        facts={"codec": "vp9", "container": "webm", "variable_frame_rate": False},
    ),
    Odd(
        name="odd.webm",
        write={"codec": "libvpx-vp9", "size": (193, 127)},
        facts={"width_px": 193, "height_px": 127},
    ),
    Odd(
        name="odd.mp4",
        write={"size": (193, 127), "pix_fmt": "yuv444p"},
        facts={"width_px": 193, "height_px": 127},
    ),
    Odd(
        name="oblong.mp4",
        write={"sample_aspect": Fraction(4, 3)},
        facts={"width_px": 256, "height_px": 128},
    ),
    Odd(name="five.mp4", write={"frames": 5}),
    Odd(name="two.mp4", write={"frames": 2}),
    Odd(name="fast.mp4", write={"rate": 120, "frames": 120}),
    Odd(
        name="fast.webm",
        write={"rate": 120, "frames": 120, "codec": "libvpx-vp9"},
        facts={"variable_frame_rate": False},
    ),
    Odd(name="Nábřeží 作業 ◎ %03d.mp4"),
    Odd(name="b.mp4", write={"b_frames": 3}, facts={"first_pts_s": 0}),
    Odd(name="late.mp4", write={"start_s": 5, "b_frames": 2}, facts={"first_pts_s": 5}),
    Odd(name="late.mkv", write={"start_s": 3}, facts={"container": "matroska"}),
    Odd(
        name="stream.ts",
        write={"start_s": 4, "b_frames": 2},
        facts={"container": "mpegts", "first_pts_s": 4, "rotation_deg": 0},
    ),
    Odd(
        name="old.avi",
        write={"codec": "mpeg4", "b_frames": 2},
        facts={"container": "avi", "codec": "mpeg4"},
    ),
    Odd(name="old.mpg", write={"codec": "mpeg2video", "b_frames": 2}),
    Odd(name="sound.mp4", write={"audio": True}, facts={"variable_frame_rate": False}),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_facts_of_good_clips_are_right(odd: Odd, tmp_path: Path) -> None:
    """However a good clip is stored, its facts and its times come out right."""
    path = clips.write_clip(tmp_path / odd.name, **odd.write)
    clip = probe(path)
    assert {name: getattr(clip, name) for name in odd.facts} == odd.facts
    rate_hz, count = odd.write.get("rate", 30), odd.write.get("frames", 30)
    wanted_s = [k / rate_hz for k in range(count)]
    assert clip.frame_times_s == pytest.approx(wanted_s, abs=1.1e-3)
    assert clip.duration_s == pytest.approx(count / rate_hz, rel=0.05)
    assert clip.frame_rate_hz == pytest.approx(count / clip.duration_s)
    assert (clip.size, clip.sha256) == (path.stat().st_size, SHA256)


def test_irregular_times_are_kept(tmp_path: Path) -> None:
    """A phone's variable rate is reported picture by picture."""
    path = clips.write_clip(tmp_path / "vfr.mp4", times_s=IRREGULAR_S, b_frames=2)
    clip = probe(path)
    assert clip.variable_frame_rate
    assert clip.frame_times_s == pytest.approx(IRREGULAR_S, abs=1e-4)
    assert clip.duration_s > IRREGULAR_S[-1]


def test_times_ascend_from_zero_and_lie_within_the_ranges(tmp_path: Path) -> None:
    """Each picture of a clip is kept by exactly one range."""
    path = clips.write_clip(tmp_path / "long.mp4", frames=130, size=(96, 64))
    limits = Limits()
    clip = probe_clip(path, limits=limits, sha256=SHA256, range_s=1.0, overlap_s=0.25)
    assert clip.frame_times_s[0] == 0
    assert all(a < b for a, b in pairwise(clip.frame_times_s))
    kept = [
        sum(r.start_s <= t < r.end_s for r in clip.ranges) for t in clip.frame_times_s
    ]
    assert set(kept) == {1}
    assert len(clip.ranges) == 5


def test_pictures_hidden_by_an_edit_list_do_not_count(tmp_path: Path) -> None:
    """A clip trimmed on the phone has only the pictures that a player shows."""
    path = clips.write_trimmed(tmp_path / "trimmed.mp4", skip=45, frames=60)
    assert len(probe(path).frame_times_s) == 15


def test_pictures_hidden_by_the_coder_do_not_count(tmp_path: Path) -> None:
    """A VP8 picture that is only there to refer to isn't shown."""
    path = clips.write_clip(tmp_path / "vp8.webm", codec="libvpx")
    with av.open(path) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    hidden = bytes([packets[10][0] & ~0x10]) + packets[10][1:]
    path.write_bytes(path.read_bytes().replace(packets[10], hidden))
    assert len(probe(path).frame_times_s) == 29


def test_a_mirrored_clip_is_not_taken_for_an_upside_down_one(tmp_path: Path) -> None:
    """A mirror in the display matrix leaves the head up."""
    assert probe(clips.write_mirrored(tmp_path / "selfie.mp4")).rotation_deg == 0


def test_names_and_endings_are_not_believed(tmp_path: Path) -> None:
    """The same bytes under any name give the same facts."""
    first = clips.write_clip(tmp_path / "clip.mp4")
    facts = probe(first)
    for name in ("notes.txt", "picture.png", "list.m3u8", "noending", "http:x"):
        other = first.with_name(name)
        other.write_bytes(first.read_bytes())
        assert probe(other) == facts


def test_facts_survive_the_wire(tmp_path: Path) -> None:
    """What ingest finds out follows the contract, value for value."""
    clip = probe(clips.write_clip(tmp_path / "clip.mp4"))
    assert msgspec.json.decode(msgspec.json.encode(clip), type=ClipInfo) == clip


@pytest.mark.parametrize(("code", "make"), BAD, ids=lambda x: getattr(x, "__name__", x))
def test_each_bad_clip_ends_in_its_own_code(
    code: str,
    make: Callable[[Path], Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Bad input ends in its code and one plain sentence, and nothing leaks."""
    path = make(tmp_path / "cq7x.mp4")
    capfd.readouterr()
    with pytest.raises(ClipError) as caught:
        probe(path)
    assert caught.value.code == code
    message = caught.value.message
    assert message.endswith(".")
    assert ". " not in message
    assert not any(leak in message for leak in ("\n", "/", "cq7x", "Errno", "["))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("name", ["a.mp4", "fast.mp4", "a.mov", "a.webm", "a.avi"])
def test_a_cut_clip_is_refused_wherever_it_is_cut(
    name: str, share: float, tmp_path: Path
) -> None:
    """A clip that lost its end is never taken for a shorter one."""
    path = tmp_path / name
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(path.suffix, "libx264")
    clips.write_clip(path, codec=codec, faststart=path.stem == "fast")
    with pytest.raises(ClipError) as caught:
        probe(clips.cut(path, share))
    assert caught.value.code is FailureCode.TRUNCATED


@pytest.mark.parametrize("share", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8])
def test_a_recording_that_was_stopped_at_any_byte_is_good(
    share: float, tmp_path: Path
) -> None:
    """A transport stream promises nothing; a broken last picture is left out."""
    path = clips.cut(clips.write_clip(tmp_path / "tap.ts", frames=60), share)
    with av.open(path) as container:
        container.streams.video[0].thread_type = "AUTO"  # others miss damage
        whole = [f.pts for f in container.decode(video=0) if not f.is_corrupt]
    assert 20 < len(whole) < 60
    assert len(probe(path).frame_times_s) == len(whole)


def test_a_recording_that_began_in_mid_stream_is_good(tmp_path: Path) -> None:
    """Pictures before the first keyframe of a tapped camera are left out."""
    path = clips.write_clip(tmp_path / "tap.ts", frames=60, gop=20)
    raw = path.read_bytes()
    path.write_bytes(raw[188 * (len(raw) // 188 // 6) :])
    clip = probe(path)
    assert len(clip.frame_times_s) in {20, 40}


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_bytes": 1000}, FailureCode.TOO_LARGE),
        ({"max_pixels": 192 * 128 - 1}, FailureCode.TOO_MANY_PIXELS),
        ({"max_duration_s": 0.9}, FailureCode.TOO_LONG),
    ],
)
def test_limits_hold(
    limits: dict[str, float], code: FailureCode, tmp_path: Path
) -> None:
    """A clip just beyond a limit is refused, at the limit it is accepted."""
    path = clips.write_clip(tmp_path / "clip.mp4")
    with pytest.raises(ClipError) as caught:
        probe(path, **limits)
    assert caught.value.code is code
    probe(path, max_pixels=192 * 128, max_duration_s=1.0)


def test_the_duration_limit_holds_without_a_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording that declares no duration is measured while it is read."""
    path = clips.write_clip(tmp_path / "live.webm", codec="libvpx-vp9")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\x44\x89\x88")  # the Duration element, made void
    raw[at : at + 11] = b"\xec\x89" + bytes(9)
    path.write_bytes(raw)
    assert len(probe(path).frame_times_s) == 30
    monkeypatch.setattr("ergomesh.ingest.probe._first_picture", None)
    with pytest.raises(ClipError) as caught:
        probe(path, max_duration_s=0.5)
    assert caught.value.code is FailureCode.TOO_LONG


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_duration_s": 0.5}, FailureCode.TOO_LONG),
        ({"max_pixels": 1000}, FailureCode.TOO_MANY_PIXELS),
    ],
)
def test_the_header_alone_is_enough_to_refuse(
    limits: dict[str, float],
    code: FailureCode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clip that says itself that it is too big is not read through."""
    path = clips.write_clip(tmp_path / "clip.mp4")
    monkeypatch.setattr("ergomesh.ingest.probe._shown_pts", None)
    with pytest.raises(ClipError) as caught:
        probe(path, **limits)
    assert caught.value.code is code


def test_a_cover_picture_does_not_make_a_record_a_clip(tmp_path: Path) -> None:
    """Sound with a cover has no moving pictures."""
    path = clips.write_sound(tmp_path / "song.mp4", cover=True)
    with pytest.raises(ClipError) as caught:
        probe(path)
    assert caught.value.code is FailureCode.NO_VIDEO_STREAM


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "mp3")])
def test_sound_files_are_told_from_other_files(
    name: str, codec: str, tmp_path: Path
) -> None:
    """Sound recordings get their own answer."""
    with pytest.raises(ClipError) as caught:
        probe(clips.write_sound(tmp_path / name, codec=codec))
    assert caught.value.code is FailureCode.NO_VIDEO_STREAM


def test_a_missing_file_is_not_the_clips_fault(tmp_path: Path) -> None:
    """What isn't there raises the system's own error."""
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "nowhere.mp4")


def test_facts_of_the_real_clip_are_right() -> None:
    """The clip of the demo reads as what it is."""
    clip = probe(clips.demo_clip())
    assert (clip.width_px, clip.height_px, clip.rotation_deg) == (1768, 994, 0)
    assert len(clip.frame_times_s) == 230
    assert clip.frame_rate_hz == pytest.approx(30)


def told_lens(path: Path, out: Path, written: str) -> Path:
    """Copy a clip and write a lens into it, as iPhones do; return the copy."""
    tags = {"movflags": "use_metadata_tags"}
    with av.open(str(path)) as source, av.open(str(out), "w", options=tags) as copy:
        copy.metadata["com.apple.quicktime.camera.focal_length.35mm_equivalent"] = (
            written
        )
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return out


@pytest.mark.parametrize(
    ("written", "found"), [("26", 26.0), ("0", None), ("nan", None), ("wide", None)]
)
def test_the_recorders_lens_is_read_where_it_is_one(
    tmp_path: Path, written: str, found: float | None
) -> None:
    """A focal length in the metadata is a fact; nonsense there is none."""
    plain = clips.write_clip(tmp_path / "plain.mov")

    clip = probe(told_lens(plain, tmp_path / "told.mov", written))

    assert probe(plain).focal_length_35mm is None
    assert clip.focal_length_35mm == found
