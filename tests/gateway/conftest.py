"""Fixtures of the gateway's tests."""

from collections.abc import AsyncIterator

import pytest

from gateway.gateway_rig import Rig, open_live_rig, open_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A gateway whose client calls it without a network."""
    async with open_rig() as opened:
        yield opened


@pytest.fixture
async def live() -> AsyncIterator[Rig]:
    """A gateway behind a real HTTP server on a free port of this machine."""
    async with open_live_rig() as opened:
        yield opened
