"""Probes: is the process alive, and can it serve."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from litestar import Router, get

from ergomesh.gateway.context import FromGateway, Gateway
from ergomesh.gateway.problems import Code, ProblemError, documented
from ergomesh.gateway.views import Health
from ergomesh.runtime.errors import Transient

PROBE_S: Final = 2.0
"""How long a server of ours may take to answer a probe."""
_PROBED: Final = "readyz"
"""A job that nobody has: reading it is a round trip to the broker."""


@get(
    "/healthz",
    operation_id="healthz",
    summary="Is the process alive",
)
async def healthz() -> Health:
    """Answer: that is the whole proof."""
    return Health(status="ok")


@get(
    "/readyz",
    operation_id="readyz",
    summary="Can the process serve",
    responses=documented(Code.BROKER_UNREACHABLE, Code.STORE_UNREACHABLE),
)
async def readyz(gateway: FromGateway) -> Health:
    """Do a round trip to the broker and to the store."""
    missing = await missing_servers(gateway)
    if missing:
        verb = "do" if len(missing) > 1 else "does"
        detail = f"{' and '.join(missing.values())} {verb} not answer."
        raise ProblemError(next(iter(missing)), detail[0].upper() + detail[1:])
    return Health(status="ready")


async def missing_servers(gateway: Gateway) -> dict[Code, str]:
    """Return the servers that do not answer: code → name."""
    probes: dict[tuple[Code, str], Awaitable[object]] = {
        (Code.BROKER_UNREACHABLE, "the message broker"): gateway.jobs.get(
            gateway.tenant, _PROBED
        ),
        (Code.STORE_UNREACHABLE, "the object store"): gateway.store.check(),
    }
    answers = await asyncio.gather(*(_answers(probe) for probe in probes.values()))
    return dict(
        server for server, fine in zip(probes, answers, strict=True) if not fine
    )


async def _answers(probe: Awaitable[object]) -> bool:
    try:
        await asyncio.wait_for(probe, PROBE_S)
    except (Transient, TimeoutError):
        return False
    return True


HEALTH: Final = Router("/", route_handlers=[healthz, readyz], tags=["health"])
"""The routes of this module."""
