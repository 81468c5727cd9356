"""Choosing a backend by settings."""

import subprocess
import sys

import pytest

from ergomesh.mesh.backends.choice import choose_backend, runpod_problems
from ergomesh.mesh.backends.local import LocalBackend
from ergomesh.mesh.backends.runpod.backend import RunPodBackend
from ergomesh.mesh.settings import MeshSettings
from ergomesh.runtime.errors import SetupError

KEY = "rp-do-not-tell"
GOOD = {
    "ERGOMESH_MESH_BACKEND": "runpod",
    "ERGOMESH_RUNPOD_ENDPOINT_ID": "abc123",
    "ERGOMESH_RUNPOD_API_KEY": KEY,
    "ERGOMESH_S3_ENDPOINT": "https://account.r2.cloudflarestorage.com",
}


def load(monkeypatch: pytest.MonkeyPatch, **env: str) -> MeshSettings:
    """Read settings from an environment."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return MeshSettings.load()


def test_the_fit_runs_here_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a setting the backend is this machine."""
    assert isinstance(choose_backend(load(monkeypatch)), LocalBackend)


def test_runpod_is_chosen_by_one_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """With endpoint, key and a store on the internet, fits go to RunPod."""
    assert isinstance(choose_backend(load(monkeypatch, **GOOD)), RunPodBackend)


def test_falling_back_has_to_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody finds their fits on another machine than they chose by default."""
    settings = load(monkeypatch, **GOOD)
    assert settings.runpod_options.fallback_to_local is False
    asked = load(monkeypatch, ERGOMESH_RUNPOD_FALLBACK_TO_LOCAL="true")
    assert asked.runpod_options.fallback_to_local is True


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ERGOMESH_RUNPOD_ENDPOINT_ID": ""}, "ERGOMESH_RUNPOD_ENDPOINT_ID"),
        ({"ERGOMESH_RUNPOD_API_KEY": ""}, "ERGOMESH_RUNPOD_API_KEY"),
        ({"ERGOMESH_RUNPOD_TTL_S": "100"}, "ERGOMESH_RUNPOD_TTL_S"),
        ({"ERGOMESH_S3_ENDPOINT": "http://127.0.0.1:8333"}, "ERGOMESH_S3_ENDPOINT"),
        ({"ERGOMESH_S3_ENDPOINT": "http://localhost:8333"}, "ERGOMESH_S3_ENDPOINT"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], named: str
) -> None:
    """Each mistake is one line that names the variable."""
    settings = load(monkeypatch, **{**GOOD, **change})
    (problem,) = runpod_problems(settings)
    assert problem.startswith(f"{named}: ")
    with pytest.raises(SetupError, match=named):
        choose_backend(settings)


def test_a_store_here_is_fine_for_a_runpod_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tests and trials with a stand-in on this machine may use its store."""
    here = {
        "ERGOMESH_S3_ENDPOINT": "http://127.0.0.1:8333",
        "ERGOMESH_RUNPOD_URL": "http://127.0.0.1:9999/v2",
    }
    assert runpod_problems(load(monkeypatch, **{**GOOD, **here})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ERGOMESH_MESH_BACKEND", "runpodd"),
        ("ERGOMESH_MESH_DEVICE", "gpu"),
        ("ERGOMESH_RUNPOD_ENDPOINT_ID", "../other"),
        ("ERGOMESH_RUNPOD_EXECUTION_TIMEOUT_S", "5"),
        ("ERGOMESH_RUNPOD_TTL_S", "9"),
        ("ERGOMESH_RUNPOD_TTL_S", "604800"),
        ("ERGOMESH_RUNPOD_ATTEMPTS", "0"),
        ("ERGOMESH_RUNPOD_GPU_USD_PER_S", "0"),
        ("ERGOMESH_RUNPOD_POLL_S", "0"),
    ],
)
def test_a_setting_out_of_range_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Each is refused in a line that begins with the variable."""
    with pytest.raises(SetupError, match=f"^{name}: "):
        load(monkeypatch, **{name: value})


def test_the_key_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing or logging settings and options does not tell the key."""
    settings = load(monkeypatch, **GOOD)
    texts = [repr(settings), str(settings), repr(settings.runpod_options)]
    texts += [settings.model_dump_json(), repr(choose_backend(settings).__dict__)]
    assert KEY not in "".join(texts)


@pytest.mark.parametrize("heavy", ["torch", "runpod"])
def test_a_dispatcher_stays_light(heavy: str) -> None:
    """Who only sends fits away loads neither torch nor RunPod's own package."""
    code = (
        "import sys, ergomesh.mesh.__main__, ergomesh.mesh.backends.runpod.backend\n"
        f"sys.exit({heavy!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
