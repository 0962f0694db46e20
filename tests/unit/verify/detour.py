"""Routes for tests: one place of the cluster is reached by another one here, everything else not at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from corral.transport.routes import Place


@dataclass(frozen=True)
class Detour:
    """`there` is a place that nothing on this machine listens at; `here` is where it leads."""

    there: Place
    here: Place
    inside: list[bool] = field(default_factory=list)
    """Of each way that was asked for: whether it was to end on the host itself."""

    async def to(self, address: str, port: int, inside: bool = False) -> Place:
        self.inside.append(inside)
        if (address, port) != self.there:
            raise ConnectionRefusedError(111, "Connection refused")
        return self.here
