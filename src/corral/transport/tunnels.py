"""Ports on the hosts' own addresses, reached through the SSH connections that are there already."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from corral.errors import Unreachable
from corral.language import tr
from corral.late import late
from corral.model.endpoint import Endpoint
from corral.model.routes import OutsideCluster, Way
from corral.transport.base import GLANCE

if TYPE_CHECKING:
    import asyncssh

    from corral.transport import ssh_pool
    from corral.transport.ssh import SshTransport
else:
    asyncssh = late("asyncssh")
    ssh_pool = late("corral.transport.ssh_pool")


_OTHER_REASONS: Final = ("timed out", "route", "unreachable")
"""Words in sshd's reasons other than that nothing listens."""
HERE: Final = "127.0.0.1"
"""Only users of this machine can connect to it."""
PROOF: Final = 5.0
"""Seconds within which something on a host takes a connection from that host itself."""

TRIED: Final = 1.0
"""Seconds within which sshd says that it forbids a connection: it need not ask anybody."""

_OnHost = tuple[str, str, int]
"""A host, and where something listens there."""


class Forbidden(OSError):
    """The host's sshd makes no connections for this account."""


class Tunnels:
    """Routes over SSH: one local port for each address that is asked for, for any number of connections."""

    def __init__(self, transport: SshTransport, places: Mapping[str, str]) -> None:
        """`places` are the hosts' names by their addresses."""
        self._transport = transport
        self._places = places
        self._opening: dict[_OnHost, asyncio.Task[_Forward]] = {}
        self._proving: dict[_OnHost, asyncio.Task[asyncssh.SSHClientConnection]] = {}
        self._allowed: set[_OnHost] = set()
        """Asked for before a run, and known: sshd reads its configuration before it takes a connection."""

    async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
        """Asks the host whether something listens there, once for all who want to know it at the same time: a local
        port takes connections in any case.

        Raises ConnectionRefusedError when nothing does, other OSErrors when the host can't be reached or forbids it.
        """
        host = self._places.get(to.address)
        if host is None:
            raise OutsideCluster(tr("no host of the cluster has the address {address}", address=to.address))
        place = (HERE if way == "local" else to.address, to.port)
        try:
            connection = await self._shared_proof((host, *place))
        except Unreachable as failure:
            raise OSError(str(failure)) from None
        return replace(to, address=HERE, port=(await self._forward(connection, (host, *place))).port)

    async def forbids(self, host: str, address: str, port: int) -> bool:
        """Whether the sshd of `host` forbids connections to there; False too where the host can't be reached.

        Something need not listen there.
        """
        place = (host, address, port)
        if place in self._allowed:
            return False
        try:
            async with asyncio.timeout(TRIED):
                await self._shared_proof(place)
        except Forbidden:
            return True
        except (OSError, Unreachable):
            return False
        self._allowed.add(place)
        return False

    async def _shared_proof(self, place: _OnHost) -> asyncssh.SSHClientConnection:
        task = self._proving.get(place)
        if task is None:
            task = self._proving[place] = asyncio.ensure_future(self._proven(place))
            task.add_done_callback(lambda task: self._forget_proof(place, task))
        return await asyncio.shield(task)

    def _forget_proof(self, place: _OnHost, task: asyncio.Task[asyncssh.SSHClientConnection]) -> None:
        del self._proving[place]
        if not task.cancelled():
            task.exception()  # those who still wait are told; when nobody does any more, it is no news

    async def _proven(self, place: _OnHost) -> asyncssh.SSHClientConnection:
        """The host's connection, after something took a connection at `place`. Raises OSError, Unreachable."""
        host, *there = place
        while True:
            connection = await self._transport.connection(host)
            try:
                async with asyncio.timeout(PROOF):
                    _, writer = await connection.open_connection(*there)
            except TimeoutError:
                raise OSError(tr("no connection within {proof:g} s", proof=PROOF)) from None
            except asyncssh.ChannelOpenError as error:
                if await ssh_pool.was_cut(connection, error):
                    continue  # while nobody used it
                if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
                    await self._transport.run(host, ":", GLANCE)  # an account that has expired may do nothing at all
                raise _refusal(error, place) from None
            writer.close()
            return connection

    async def _forward(self, connection: asyncssh.SSHClientConnection, place: _OnHost) -> _Forward:
        """The one that is there, unless its connection has been cut since."""
        task = self._opening.get(place)
        if task is not None and not (task.done() and _is_over(task, connection)):
            return await asyncio.shield(task)
        task = self._opening[place] = asyncio.ensure_future(_open_forward(connection, place[1:]))
        return await asyncio.shield(task)

    async def close(self) -> None:
        tasks: list[asyncio.Task[Any]] = [*self._opening.values(), *self._proving.values()]
        self._opening.clear()
        for task in tasks:
            task.cancel()
        for forward in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(forward, _Forward):
                await forward.close()


class _Forward:
    def __init__(self, connection: asyncssh.SSHClientConnection, listener: asyncssh.SSHListener) -> None:
        self.connection = connection
        self.port = listener.get_port()
        self._listener = listener

    async def close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()


async def _open_forward(connection: asyncssh.SSHClientConnection, place: tuple[str, int]) -> _Forward:
    return _Forward(connection, await connection.forward_local_port(HERE, 0, *place))


def _is_over(task: asyncio.Task[_Forward], connection: asyncssh.SSHClientConnection) -> bool:
    return task.cancelled() or task.exception() is not None or task.result().connection is not connection


def _refusal(error: asyncssh.ChannelOpenError, place: _OnHost) -> OSError:
    host, address, port = place
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        reason = tr(
            "{host} forbids connections to port {port} through SSH: its sshd_config needs AllowTcpForwarding yes",
            host=host,
            port=port,
        )
        return Forbidden(reason)
    if error.code != asyncssh.OPEN_CONNECT_FAILED or any(word in error.reason.lower() for word in _OTHER_REASONS):
        return OSError(
            tr(
                "{host} can't reach {address}:{port} ({reason})",
                host=host,
                address=address,
                port=port,
                reason=error.reason,
            )
        )
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED), f"{address}:{port}")
