"""The runtime's small parts: clock, digests, code versions, logs."""

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ergomesh.runtime.clock import now_rfc3339
from ergomesh.runtime.code_version import code_version
from ergomesh.runtime.file_digest import file_digest
from ergomesh.runtime.service import alive


def test_the_clock_tells_utc_with_milliseconds() -> None:
    """The time is RFC 3339, in UTC, and it is now."""
    text = now_rfc3339()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    told = datetime.fromisoformat(text)
    assert abs((datetime.now(UTC) - told).total_seconds()) < 5


def _package(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_the_code_version_follows_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of any source or table makes another version; a cache file does not."""
    monkeypatch.syspath_prepend(tmp_path)
    _package(tmp_path / "versioned", a__py="one = 1\n", table__json="{}")
    seen = [_fresh_version("versioned")]
    _package(tmp_path / "versioned", a__py="one = 2\n")
    seen.append(_fresh_version("versioned"))
    _package(tmp_path / "versioned", table__json="[]")
    seen.append(_fresh_version("versioned"))
    _package(tmp_path / "versioned", b__py="")
    seen.append(_fresh_version("versioned"))
    assert len(set(seen)) == len(seen)
    _package(tmp_path / "versioned" / "__pycache__", a__pyc="x")
    assert _fresh_version("versioned") == seen[-1]


def _fresh_version(package: str) -> str:
    code_version.cache_clear()
    return code_version(package)


def test_packages_have_versions_of_their_own() -> None:
    """Two packages differ, and asking again tells the same."""
    assert code_version("ergomesh.contract") != code_version("ergomesh.runtime")
    assert code_version("ergomesh.runtime") == _fresh_version("ergomesh.runtime")


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path, size: int) -> None:
    """A file is digested as its bytes are, whatever its length."""
    body = bytes(k % 251 for k in range(size))
    (tmp_path / "x").write_bytes(body)
    assert file_digest(tmp_path / "x") == hashlib.sha256(body).hexdigest()


def test_a_replaced_file_is_digested_again(tmp_path: Path) -> None:
    """Other bytes under the same name have another digest, even of the same length."""
    path = tmp_path / "model"
    path.write_bytes(b"one")
    before = file_digest(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_digest(path) != before


def test_a_worker_tells_its_memory() -> None:
    """The answer to a ping has a plausible resident size."""
    assert 5 < json.loads(alive("pose"))["memory_mb"] < 20_000


LOG = """
import logging, structlog
from ergomesh.runtime.logs import configure_logs
configure_logs(level="info", fmt="{fmt}", service="pose")
log = structlog.get_logger()
log.debug("hidden")
with structlog.contextvars.bound_contextvars(job="job-1"):
    log.info("seen", part=3)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("broken")
logging.getLogger("foreign").info("hidden as well")
logging.getLogger("foreign").warning("foreign warning")
"""


def _logged(fmt: str) -> tuple[str, str]:
    found = subprocess.run(
        [sys.executable, "-c", LOG.replace("{fmt}", fmt)],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout, found.stderr


def test_logs_for_machines_are_json() -> None:
    """Each line on standard error is an object with job, service, level and time."""
    out, err = _logged("json")
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    seen, broken = lines
    assert seen["event"] == "seen"
    assert (seen["job"], seen["service"], seen["part"]) == ("job-1", "pose", 3)
    assert seen["level"] == "info"
    assert seen["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in broken["exception"]
    assert "foreign warning" in err
    assert "hidden" not in err


def test_logs_for_people_hold_the_same() -> None:
    """The console form shows the same facts, and hides the same."""
    out, err = _logged("console")
    assert out == ""
    assert "seen" in err
    assert "job-1" in err
    assert "ZeroDivisionError" in err
    assert "hidden" not in err
