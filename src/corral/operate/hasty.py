"""Ways to hosts that gave no answer just now: what is still to be asked there doesn't wait for them once more."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from corral.model.endpoint import Endpoint
from corral.model.routes import Routes, Way

PATIENCE: Final = 0.4
"""Seconds for a way that is open, as to a host of which only one program hangs."""


class Hasty:
    """`routes`, on which nobody waits for the hosts with these addresses."""

    def __init__(self, routes: Routes, addresses: Collection[str]) -> None:
        self._routes = routes
        self._addresses = frozenset(addresses)

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """Raises OSError, as any way does."""
        if to.address not in self._addresses:
            return await self._routes.reach(to, way)
        async with asyncio.timeout(PATIENCE):
            return await self._routes.reach(to, way)
