"""Ways to ports on the cluster's hosts: straight to them, or through the connection that a transport has there."""

from __future__ import annotations

from typing import Protocol

Place = tuple[str, int]
"""An address and a port to connect to."""


class OutsideCluster(OSError):
    """An address is that of no host of the cluster, so there is no way there."""


class Routes(Protocol):
    async def to(self, address: str, port: int, inside: bool = False) -> Place:
        """Where to connect, on this machine, to reach `port` at `address` of the cluster.

        With `inside` the host's own 127.0.0.1 is meant, where its program listens too: whoever comes from there is
        local, as MongoDB's localhost exception asks for. Raises OSError when nothing listens there, or the host can't
        be reached; not later than the way's own deadlines say.
        """


class Direct:
    """This machine reaches the addresses itself: the playground, and tests."""

    async def to(self, address: str, port: int, inside: bool = False) -> Place:
        return address, port
