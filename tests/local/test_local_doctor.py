"""Laws of the doctor's verdicts."""

import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ergomesh.contract.job import Preset
from ergomesh.local import models
from ergomesh.local.codecs import DECODERS, check_codecs
from ergomesh.local.datadir import DataDir, StoreKeys
from ergomesh.local.doctor import (
    Examination,
    check_broker,
    check_models,
    examine,
    service_finding,
)
from ergomesh.local.errors import UsageFault
from ergomesh.local.findings import Finding, all_well, findings_table, verdict
from ergomesh.local.health import http_ok, store_ok
from ergomesh.local.models import find_models_dir
from ergomesh.local.packages import (
    DISTRIBUTIONS,
    check_distribution,
    check_opencv,
    check_packages,
)
from ergomesh.local.plan import open_store
from local.conftest import Cli


def archive(path: Path) -> None:
    """Write a small archive, as models are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("weights", b"0123456789" * 100)


def complete(folder: Path) -> Path:
    """Fill a models folder."""
    for preset in Preset:
        for path in models.pose_files(preset):
            archive(folder / path)
    archive(folder / models.FREE_BODY)
    return folder


def verdicts(folder: Path) -> dict[str, bool]:
    """Return what the doctor says of a models folder."""
    return {finding.part: finding.ok for finding in check_models(folder)}


def test_a_complete_models_folder_is_well(tmp_path: Path) -> None:
    """Three presets and a body, all there."""
    assert set(verdicts(complete(tmp_path)).values()) == {True}
    assert len(verdicts(tmp_path)) == len(Preset) + 1


def test_a_missing_bundle_costs_only_the_presets_that_need_it(tmp_path: Path) -> None:
    """The advice says which preset to do without."""
    complete(tmp_path)
    (tmp_path / "pose/pose_landmarker_heavy.task").unlink()
    found = {finding.part: finding for finding in check_models(tmp_path)}
    assert [part for part, finding in found.items() if not finding.ok] == [
        "pose models, best"
    ]
    assert "pose_landmarker_heavy.task missing" in found["pose models, best"].detail
    assert "--preset best" in found["pose models, best"].advice


def test_a_damaged_model_is_not_well(tmp_path: Path) -> None:
    """A download that was cut off, or a flipped bit, is found."""
    complete(tmp_path)
    bundle = tmp_path / "pose/pose_landmarker_lite.task"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:-30])
    assert not verdicts(tmp_path)["pose models, fast"]
    bundle.write_bytes(whole.replace(b"0123", b"1123", 1))
    assert not verdicts(tmp_path)["pose models, fast"]
    assert verdicts(tmp_path)["pose models, balanced"]


def test_a_licensed_body_comes_before_the_free_one(tmp_path: Path) -> None:
    """The doctor names the body that the mesh service will use."""
    complete(tmp_path)
    assert models.body_file(tmp_path) == models.FREE_BODY
    for path in reversed(models.LICENSED_BODIES):
        archive(tmp_path / path)
        assert models.body_file(tmp_path) == path
    (body,) = [f for f in check_models(tmp_path) if f.part == "body model"]
    assert body.detail.startswith("licensed SMPL-X")


def test_an_empty_models_folder_has_an_advice_for_every_part(tmp_path: Path) -> None:
    """What is missing, and what to run."""
    for finding in check_models(tmp_path):
        assert not finding.ok
        assert "make models" in finding.advice


def test_the_models_folder_is_looked_for_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Option, variable, ./models if complete, the working copy's, ./models."""
    chosen, named, here = (tmp_path / name for name in ("chosen", "named", "here"))
    repository = complete(tmp_path / "repository")
    monkeypatch.setattr(models, "repository_models", lambda: repository)
    environ = {"ERGOMESH_MODELS_DIR": str(named)}
    for folder in (chosen, named, here):
        folder.mkdir()
    assert find_models_dir(chosen, environ, here) == chosen
    assert find_models_dir(None, environ, here) == named
    assert find_models_dir(None, {}, here) == repository
    complete(here / "models")
    assert find_models_dir(None, {}, here) == here / "models"
    monkeypatch.setattr(models, "repository_models", lambda: tmp_path / "none")
    assert find_models_dir(None, {}, chosen) == chosen / "models"
    with pytest.raises(UsageFault, match="does not exist"):
        find_models_dir(tmp_path / "none", {}, here)


def test_the_working_copy_has_a_models_folder() -> None:
    """An editable install finds the repository it came from."""
    assert (models.repository_models() / "registry.toml").is_file()


@settings(deadline=None)
@given(
    expected=st.frozensets(st.integers(1, 9), max_size=4),
    answered=st.frozensets(st.integers(1, 9), max_size=9),
)
def test_a_service_is_well_when_every_worker_of_it_has_answered(
    expected: frozenset[int], answered: frozenset[int]
) -> None:
    """A stranger's answer does not stand for a silent worker's."""
    finding = service_finding("pose", expected, answered)
    assert finding.ok == (bool(expected) and expected <= answered)
    for pid in expected - answered:
        assert str(pid) in finding.detail


def test_every_distribution_of_ours_is_looked_at_and_well_here() -> None:
    """The environment of the tests is complete."""
    found = {finding.part: finding for finding in check_packages()}
    assert found.keys() == {*DISTRIBUTIONS, "OpenCV"}
    assert all_well(list(found.values())), verdict(list(found.values()))
    assert "msgspec " in found["ergomesh-proto"].detail


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not installed, too old, and not importable are three findings."""
    finding = check_distribution("ergomesh-nothing", "ergomesh.nothing")
    assert not finding.ok
    assert "not installed" in finding.detail
    needs = ["no-such-thing>=1", "numpy>=99", "msgspec>=0.19"]
    monkeypatch.setattr("ergomesh.local.packages.requires", lambda _: needs)
    monkeypatch.setattr("ergomesh.local.packages._found", lambda _: False)
    wrong = check_distribution("ergomesh-proto", "ergomesh.runtime").detail.split("; ")
    assert wrong[0] == "the module ergomesh.runtime cannot be found"
    assert wrong[1] == "no-such-thing is not installed"
    assert wrong[2].startswith("numpy is ")
    assert wrong[2].endswith("but >=99 is needed")
    assert wrong[3] == "msgspec is installed but cannot be imported"


def test_looking_at_packages_imports_nothing_heavy() -> None:
    """The doctor may not load torch to find it."""
    before = set(sys.modules)
    list(check_packages())
    assert not {"torch", "mediapipe", "cv2"} & (set(sys.modules) - before)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_exactly_one_opencv_build_is_right(count: int) -> None:
    """Two overwrite each other; none is missing."""
    builds = ["opencv-contrib-python", "opencv-python"][:count]
    assert check_opencv(builds).ok == (count == 1)


def test_phone_clips_can_be_decoded_and_overlays_encoded() -> None:
    """The wheel of PyAV brings every codec, in a real round trip."""
    found = {finding.part: finding.ok for finding in check_codecs()}
    assert found == {f"decode {codec}": True for codec in DECODERS} | {
        "encode h264": True
    }


def test_a_missing_codec_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An FFmpeg without a decoder or encoder is told, not raised."""
    monkeypatch.setattr(
        "ergomesh.local.codecs.DECODERS", {"nonsense": "libx264", "h264": "nonsense"}
    )
    monkeypatch.setattr("ergomesh.local.codecs.OVERLAY_ENCODER", "nonsense")
    found = check_codecs()
    assert not any(finding.ok for finding in found)
    assert all("av" in finding.advice for finding in found)


def test_pictures_that_get_lost_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that loses pictures would lose them for users too."""
    monkeypatch.setattr("ergomesh.local.codecs._decoded", lambda _: 2)
    found = {finding.part: finding.ok for finding in check_codecs()}
    assert found.pop("encode h264")
    assert set(found.values()) == {False}


def test_the_table_marks_parts_and_shows_what_to_do() -> None:
    """A mark for each part, an arrow for each advice, and a sum at the end."""
    findings = [
        Finding("one", ok=True, detail="fine"),
        Finding("two", ok=False, detail="gone", advice="fetch it"),
    ]
    console = Console(width=60, markup=False)
    with console.capture() as captured:
        console.print(findings_table(findings))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert lines == ["✓  one  fine", "✗  two  gone", "        → fetch it"]
    assert verdict(findings) == "1 of 2 parts do not work: two."
    assert verdict(findings[:1]) == "Everything works."
    assert not all_well(findings)


async def test_servers_that_are_not_there_are_findings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No broker, no store, no gateway: three sentences, no exception."""
    monkeypatch.setattr("ergomesh.local.doctor.CONNECT_S", 0.1)
    broker = await check_broker("nats://127.0.0.1:9")
    assert not broker.ok
    assert "127.0.0.1:9" in broker.detail
    keys = StoreKeys(access_key="a", secret_key="s")  # noqa: S106  # opens nothing
    store = open_store("http://127.0.0.1:9", keys)
    missing = await store_ok(store)
    assert missing is not None
    assert "127.0.0.1:9" in missing
    assert "does not answer" in (await http_ok("http://127.0.0.1:9/readyz") or "")


@pytest.mark.parametrize(
    ("quick", "said"), [(True, "broker and store, but no services"), (False, "stack")]
)
async def test_the_doctor_says_what_it_starts(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    quick: bool,  # noqa: FBT001  # a parameter of the test
    said: str,
) -> None:
    """A quick look starts servers too, and says so."""
    told: list[str] = []

    async def nothing(*_: object, **__: object) -> None:
        return

    monkeypatch.setattr("ergomesh.local.doctor._throwaway", nothing)
    data = DataDir(tmp_path / "data")
    await examine(Examination(data=data, models_dir=tmp_path, quick=quick), told.append)
    assert told[-1] == f"starting a throwaway {said}"


@pytest.mark.servers
def test_a_quick_look_starts_real_servers_and_leaves_nothing(
    cli: Cli, tmp_path: Path
) -> None:
    """Broker and store do their round trips; missing models make it exit 1."""
    folder = complete(tmp_path / "models")
    code, out, err = cli("doctor", "--quick", "--models-dir", str(folder))
    assert code == 0, out + err
    assert "Everything works." in out
    for part in ("NATS", "SeaweedFS", "body model", "decode hevc", "ergomesh-pose"):
        assert f"✓  {part}" in out
    (folder / models.FREE_BODY).unlink()
    code, out, _ = cli("doctor", "--quick", "--models-dir", str(folder))
    assert code == 1
    assert "✗  body model" in out
    assert "1 of " in out
