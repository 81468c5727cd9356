"""Settings from the environment: defaults, and all mistakes at once."""

from pathlib import Path

import pytest

from ergomesh.runtime.errors import SetupError
from ergomesh.runtime.service import open_store, worker_options
from ergomesh.runtime.settings import RuntimeSettings

WRONG = {
    "ERGOMESH_ACK_WAIT_S": "0",
    "ERGOMESH_MAX_DELIVER": "none",
    "ERGOMESH_BACKOFF_S": "-1",
    "ERGOMESH_SLOTS": "65",
    "ERGOMESH_GRACE_S": "-0.1",
    "ERGOMESH_CONNECT_TIMEOUT_S": "soon",
    "ERGOMESH_LOG_LEVEL": "loud",
    "ERGOMESH_LOG_FORMAT": "xml",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("ERGOMESH_")]:
        monkeypatch.delenv(name)


def test_nothing_has_to_be_set() -> None:
    """On one machine the defaults are enough."""
    settings = RuntimeSettings.load()
    assert settings.nats_url.startswith("nats://127.0.0.1")
    assert settings.s3_endpoint.startswith("http://127.0.0.1")


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting has a variable with the prefix."""
    monkeypatch.setenv("ERGOMESH_NATS_URL", "nats://10.0.0.1:4222")
    monkeypatch.setenv("ERGOMESH_MODELS_DIR", "somewhere/models")
    monkeypatch.setenv("ERGOMESH_SLOTS", "4")
    settings = RuntimeSettings.load()
    assert settings.nats_url == "nats://10.0.0.1:4222"
    assert settings.models_dir == Path("somewhere/models")
    assert settings.slots == 4


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line for every wrong variable, named as the operator wrote it."""
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        RuntimeSettings.load()
    lines = str(caught.value).splitlines()
    assert {line.split(":")[0] for line in lines} == set(WRONG)
    assert all(line.split(": ", 1)[1] for line in lines)


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every one of the wrong values is refused by itself."""
    monkeypatch.setenv(name, WRONG[name])
    with pytest.raises(SetupError, match=f"^{name}: "):
        RuntimeSettings.load()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a print of the settings nor a mistake elsewhere tells a key."""
    monkeypatch.setenv("ERGOMESH_S3_SECRET_KEY", "hush-hush")
    assert "hush" not in repr(RuntimeSettings.load())
    monkeypatch.setenv("ERGOMESH_SLOTS", "none")
    with pytest.raises(SetupError) as caught:
        RuntimeSettings.load()
    assert "hush" not in str(caught.value)


def test_the_worker_gets_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's options are the settings of the same names."""
    monkeypatch.setenv("ERGOMESH_ACK_WAIT_S", "7")
    monkeypatch.setenv("ERGOMESH_MAX_DELIVER", "3")
    monkeypatch.setenv("ERGOMESH_BACKOFF_S", "0.5")
    monkeypatch.setenv("ERGOMESH_SLOTS", "2")
    monkeypatch.setenv("ERGOMESH_GRACE_S", "9")
    settings = RuntimeSettings.load()
    options = worker_options(settings)
    for name in ("ack_wait_s", "max_deliver", "backoff_s", "slots", "grace_s"):
        assert getattr(options, name) == getattr(settings, name)


def test_the_store_is_the_one_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL of the store names its endpoint, bucket and access key, no secret."""
    monkeypatch.setenv("ERGOMESH_S3_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ERGOMESH_S3_BUCKET", "box")
    monkeypatch.setenv("ERGOMESH_S3_ACCESS_KEY", "app")
    monkeypatch.setenv("ERGOMESH_S3_SECRET_KEY", "hush-hush")
    url = open_store(RuntimeSettings.load()).presign_get("k", expires_s=1)
    assert url.startswith("http://127.0.0.1:9/box/k?")
    assert "Credential=app%2F" in url
    assert "hush" not in url
