"""Waiting for the requests that an instance still has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from ipaddress import IPv4Address

from corral.model.identity import UnitId
from corral.transport.base import Transport

_ESTABLISHED = "01"
_CONNECTIONS = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null"
_PAUSE = 0.1


async def wait_until_idle(
    unit: UnitId, address: str, patience: float, transport: Transport, report: Callable[[str], None]
) -> None:
    """Until nothing is connected to `unit` at `address`, for `patience` seconds at most. Raises Unreachable.

    Connections that are left then are websockets, which reconnect, or requests that take longer than the file allows.
    """
    deadline = time.monotonic() + patience
    while left := connections((await transport.run(unit.host, _CONNECTIONS)).text, address, unit.port):
        report(f"{unit.name} still has {left} connection{'' if left == 1 else 's'}")
        if time.monotonic() + _PAUSE > deadline:
            return
        await asyncio.sleep(_PAUSE)


def connections(table: str, address: str, port: int) -> int:
    """How many established connections there are at this end, in the text of the host's /proc/net/tcp and tcp6."""
    end = f"{_as_the_kernel_writes(address)}:{port:04X}"
    rows = (line.split() for line in table.splitlines())
    return sum(fields[1].endswith(end) for fields in rows if len(fields) > 3 and fields[3] == _ESTABLISHED)


def _as_the_kernel_writes(address: str) -> str:
    """An IPv4 address; nothing for others, where the port alone has to do.

    A real host has but one instance with that port. In the playground another host's may have it too: then the wait for
    an instance whose host has left the file is longer than it need be.
    """
    try:
        return IPv4Address(address).packed[::-1].hex().upper()
    except ValueError:
        return ""
