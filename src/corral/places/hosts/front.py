"""A visitor's way: straight to a proxy if this machine can reach it, else through the SSH connection to its host."""

from __future__ import annotations

import asyncio

from corral.model.endpoint import Endpoint
from corral.model.routes import Routes, Way

PATIENCE = 1.0
"""Seconds for a connection on a company's own network."""


class Front:
    """Remembers which proxies can be reached straight."""

    def __init__(self, behind: Routes) -> None:
        self._behind = behind
        self._straight: set[Endpoint] = set()

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        if way == "visitor" and (to in self._straight or await _opens(to)):
            self._straight.add(to)
            return to
        return await self._behind.reach(to, way)


async def _opens(place: Endpoint) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(*place.socket)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    return True
