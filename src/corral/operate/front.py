"""The way in that people have: straight to a proxy where this machine reaches it, else through its SSH connection."""

from __future__ import annotations

import asyncio

from corral.transport.routes import Place, Routes

PATIENCE = 1.0
"""Seconds for a connection on a company's own network."""


class Front:
    """Remembers which proxies are reached straight."""

    def __init__(self, behind: Routes) -> None:
        self._behind = behind
        self._straight: set[Place] = set()

    async def to(self, address: str, port: int, inside: bool = False) -> Place:
        place = (address, port)
        if place in self._straight or await _opens(place):
            self._straight.add(place)
            return place
        return await self._behind.to(address, port, inside)


async def _opens(place: Place) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(*place)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    return True
