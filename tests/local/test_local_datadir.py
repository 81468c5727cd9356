"""Laws of the data folder: secrets, locks, the record of what runs."""

import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from ergomesh.local.datadir import DataDir, default_data_dir
from ergomesh.local.errors import UsageFault
from ergomesh.local.files import write_atomically
from ergomesh.local.lock import HeldError, exclusive, is_held, shared
from ergomesh.local.ports import choose_ports
from ergomesh.local.record import (
    StackRecord,
    read_record,
    remove_record,
    running_stack,
    write_record,
)

_HOLDER = """
import sys, time
from pathlib import Path
from ergomesh.local.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """A prepared data folder."""
    made = DataDir(tmp_path / "data")
    made.prepare()
    return made


def record_of(**changes: object) -> StackRecord:
    """Return a record as ``up`` would write it."""
    record = StackRecord(
        url="http://127.0.0.1:8080",
        owner="up",
        pid=1,
        started_at="2026-01-01T00:00:00+00:00",
        version="0",
        models_dir="/models",
        ports=choose_ports(http_port=None, last=None, free=lambda _: True),
        processes={"nats": 2, "pose-1": 3, "pose-2": 4, "poser": 5},
    )
    return msgspec.structs.replace(record, **changes)


def mode(path: Path) -> int:
    """Return a file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_are_the_owners_alone(data: DataDir) -> None:
    """Two looks give the same keys; other users of the machine see none."""
    keys = data.load_keys()
    assert data.load_keys() == keys
    assert keys.access_key != keys.secret_key
    assert len(keys.secret_key) >= 32
    assert mode(data.keys) == 0o600
    assert mode(data.root) == 0o700


def test_every_folder_has_keys_of_its_own(tmp_path: Path) -> None:
    """Keys are random, not derived."""
    folders = [DataDir(tmp_path / name) for name in "ab"]
    for folder in folders:
        folder.prepare()
    first, second = (folder.load_keys() for folder in folders)
    assert first != second


def test_ports_are_remembered(data: DataDir) -> None:
    """What one run chose the next one reads; rubbish reads as nothing."""
    ports = choose_ports(http_port=None, last=None, free=lambda _: True)
    assert data.last_ports() is None
    data.keep_ports(ports)
    assert data.last_ports() == ports
    data.ports.write_text('{"http": "x"}')
    assert data.last_ports() is None


def test_a_folder_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    """A file in the way is no traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageFault, match="choose another with --data-dir"):
        DataDir(tmp_path / "file").prepare()


def test_the_variable_names_the_default_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``ERGOMESH_DATA_DIR`` comes before the folder under the user's home."""
    monkeypatch.setenv("ERGOMESH_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("ERGOMESH_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local/share/ergomesh"


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody ever reads half a file."""
    path = tmp_path / "file"
    for bits in (0o600, 0o640):
        write_atomically(path, b"old", mode=bits)
        assert mode(path) == bits

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_keeps_a_second_process_out_until_its_holder_dies(
    tmp_path: Path,
) -> None:
    """Only one stack per folder; a SIGKILL frees it."""
    lock = tmp_path / "lock"
    assert not is_held(lock)
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(lock)], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        assert is_held(lock)
        with pytest.raises(HeldError), exclusive(lock):
            pass
        with shared(lock) as held:
            assert not held
        holder.kill()
        holder.wait()
    assert not is_held(lock)
    with exclusive(lock):
        assert is_held(lock)
    assert not is_held(lock)


def test_many_share_a_lock_and_keep_the_one_out_who_wants_it_alone(
    tmp_path: Path,
) -> None:
    """The owner of a stack waits for everybody who uses it."""
    lock = tmp_path / "lock"
    with ExitStack() as users:
        assert users.enter_context(shared(lock))
        assert users.enter_context(shared(lock))
        assert is_held(lock)
        with pytest.raises(HeldError), exclusive(lock):
            pass
    with exclusive(lock):
        pass


def test_a_record_counts_only_while_the_lock_is_held(data: DataDir) -> None:
    """A ``stack.json`` left by a crash is recognised as stale."""
    record = record_of()
    with exclusive(data.lock):
        write_record(data, record)
        assert running_stack(data) == record
    assert read_record(data) == record
    assert running_stack(data) is None
    remove_record(data)
    remove_record(data)
    assert read_record(data) is None


@pytest.mark.parametrize("rubbish", [b"", b"{", b"{}", b"\xff\xfe", b'{"url": 1}'])
def test_a_record_of_another_form_is_no_record(data: DataDir, rubbish: bytes) -> None:
    """Half a file, or another version's, is passed over."""
    data.record.write_bytes(rubbish)
    with exclusive(data.lock):
        assert running_stack(data) is None


def test_a_record_tells_the_processes_of_a_service() -> None:
    """``pose`` means ``pose``, ``pose-1``, ``pose-2``, and not ``poser``."""
    assert record_of().pids("pose") == {3, 4}
    assert record_of().pids("nats") == {2}
    assert record_of().pids("mesh") == frozenset()
