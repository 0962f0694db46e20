"""Ways to what answers in a cluster: straight to it, or through the connection that a transport has to its host."""

from __future__ import annotations

from typing import Literal, Protocol

from corral.model.endpoint import Endpoint

Way = Literal["inside", "visitor", "local"]
"""`inside`: as the cluster's hosts reach each other. `visitor`: as people reach the proxies. `local`: as the host
reaches itself, at its own 127.0.0.1, where its programs listen too; MongoDB's localhost exception asks for that."""


class OutsideCluster(OSError):
    """An address is that of no host of the cluster, so there is no way there."""


class Routes(Protocol):
    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """Where to connect, on this machine, to reach `to` of the cluster.

        Raises OSError when nothing listens there, or the host can't be reached; not later than the way's own deadlines
        say.
        """


class Direct:
    """This machine reaches the addresses itself: the playground, and tests."""

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        return to
