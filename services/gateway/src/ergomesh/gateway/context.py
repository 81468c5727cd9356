"""Everything a request handler may reach, built once per process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ergomesh.gateway.settings import GIB
from ergomesh.runtime.bus import Bus
from ergomesh.runtime.jobs import Jobs
from ergomesh.runtime.store import ObjectStore

KEEP_ALIVE_S: Final = 15.0
"""Proxies commonly cut a silent connection after 30 to 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The broker, the store, and the gateway's own rules."""

    bus: Bus
    store: ObjectStore
    jobs: Jobs
    clock: Callable[[], str]
    """The present time, RFC 3339, UTC."""
    new_id: Callable[[], str]
    """A fresh job id; later ones sort after earlier ones."""
    tenant: str = "local"
    max_upload_bytes: int = 2 * GIB
    upload_expires_s: int = 3600
    keep_alive_s: float = KEEP_ALIVE_S
    """Silence after which an event stream sends a comment, seconds."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process shuts down: event streams end."""


FromGateway = NamedDependency[SkipValidation[Gateway]]
"""How a handler asks for the gateway."""
