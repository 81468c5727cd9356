"""Laws of giving memory back."""

import ctypes
import subprocess
import sys

import pytest

from ergomesh.runtime.memory import _malloc_trim, give_back
from ergomesh.runtime.testing import MemoryBus
from runtime.harness import Calls, accept, eventually, has_ended, working

HOARDER = """
import threading
from ergomesh.runtime.memory import give_back

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6

def hoard():
    small = [b'x' * (60_000 + k) for k in range(2000)]
    return small[-1:]  # it keeps the heap from shrinking

kept = []
thread = threading.Thread(target=lambda: kept.extend(hoard()))
thread.start()
thread.join()
before = resident_mb()
give_back()
print(before, resident_mb())
"""


@pytest.mark.skipif(_malloc_trim() is None, reason="not glibc")
def test_freed_memory_goes_back_to_the_system() -> None:
    """What a thread freed stays with the process until it is given back."""
    run = [sys.executable, "-c", HOARDER]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    before_mb, after_mb = map(float, said.split())
    assert after_mb < before_mb - 80


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C library has no such function, or none is found, it is no error."""

    def none(_name: object) -> object:
        raise OSError

    for library in (lambda _name: object(), none):
        _malloc_trim.cache_clear()
        monkeypatch.setattr(ctypes, "CDLL", library)
        assert _malloc_trim() is None
        give_back()
    _malloc_trim.cache_clear()


async def test_a_worker_gives_back_after_each_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory is given back when a message is settled, however that went."""
    given: list[None] = []
    monkeypatch.setattr("ergomesh.runtime.worker.give_back", lambda: given.append(None))
    bus, script = MemoryBus(), Calls(raises=[ValueError()])
    async with working(script, bus):
        await accept(bus)
        await eventually(lambda: has_ended(bus), "the job's end")
        await eventually(lambda: len(given) == len(script.calls) == 2)
