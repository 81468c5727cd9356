"""Fakes with the behaviour of the real thing, shipped for every service's tests."""

from ergomesh.runtime.memory_bus import (
    MemoryBucket,
    MemoryBus,
    MemoryDelivery,
    MemorySubscription,
    matches,
)
from ergomesh.runtime.memory_store import MemoryStore

__all__ = [
    "MemoryBucket",
    "MemoryBus",
    "MemoryDelivery",
    "MemoryStore",
    "MemorySubscription",
    "matches",
]
