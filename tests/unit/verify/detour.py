"""Routes for tests: one place of the cluster is reached by another one here, everything else not at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from corral.model.endpoint import Endpoint
from corral.model.routes import Way


@dataclass(frozen=True)
class Detour:
    """`there` is a place that nothing on this machine listens at; `here` is where it leads."""

    there: tuple[str, int]
    here: tuple[str, int]
    ways: list[Way] = field(default_factory=list)
    """Each way that was asked for."""

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        self.ways.append(way)
        if to.socket != self.there:
            raise ConnectionRefusedError(111, "Connection refused")
        return Endpoint(to.scheme, *self.here)
