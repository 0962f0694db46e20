"""Waiting for the requests that an instance still has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from ipaddress import IPv4Address

from corral.language import tr
from corral.model.identity import UnitId
from corral.model.tcp_table import ESTABLISHED, socket_in
from corral.transport.base import Transport
from corral.words import counted

_CONNECTIONS = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null"
_PAUSE = 0.1


async def wait_until_idle(
    unit: UnitId, address: str, patience: float, transport: Transport, report: Callable[[str], None]
) -> int:
    """Until nothing is connected to `unit` at `address`, for `patience` seconds at most. Raises Unreachable.

    Returns how many connections are left then: websockets, which reconnect, or requests that take longer than the file
    allows. Which of the two it is can't be seen from outside.
    """
    deadline = time.monotonic() + patience
    while left := connections((await transport.run(unit.host, _CONNECTIONS)).text, address, unit.port):
        report(tr("{unit} still has {connections}", unit=unit.name, connections=counted(left, "connection")))
        if time.monotonic() + _PAUSE > deadline:
            return left
        await asyncio.sleep(_PAUSE)
    return 0


def connections(table: str, address: str, port: int) -> int:
    """How many established connections there are at this end, in the text of the host's /proc/net/tcp and tcp6.

    Of a name that is no IPv4 address the port alone counts. A real host has but one instance with that port. In the
    playground another host's may have it too: then the wait for an instance whose host has left the file is longer than
    it need be.
    """
    at, mark = _ipv4(address), f":{port:04X} "
    found = filter(None, (socket_in(line) for line in table.splitlines() if mark in line))
    return sum(each.state == ESTABLISHED and each.port == port and (at is None or each.is_at(at)) for each in found)


def _ipv4(address: str) -> IPv4Address | None:
    try:
        return IPv4Address(address)
    except ValueError:
        return None
