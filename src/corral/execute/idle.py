"""Waiting for the requests that an instance still has."""

from __future__ import annotations

import asyncio
import time
from ipaddress import IPv4Address
from typing import NamedTuple

from corral.execute.context import Context

_ESTABLISHED = "01"
_CONNECTIONS = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null"
_PAUSE = 0.1


class Listener(NamedTuple):
    """An instance, by its name and where it listens."""

    host: str
    name: str
    address: str
    port: int


async def wait_until_idle(unit: Listener, patience: float, context: Context) -> None:
    """Until nothing is connected to `unit`, for `patience` seconds at most. Raises Unreachable.

    Connections that are left then are websockets, which reconnect, or requests that take longer than the file allows.
    """
    deadline = time.monotonic() + patience
    while left := connections((await context.transport.run(unit.host, _CONNECTIONS)).text, unit):
        context.report(f"{unit.name}: {left} connection{'' if left == 1 else 's'} left")
        if time.monotonic() + _PAUSE > deadline:
            return
        await asyncio.sleep(_PAUSE)


def connections(table: str, unit: Listener) -> int:
    """How many established connections `unit` has at its own end, in the text of its host's /proc/net/tcp and tcp6."""
    end = f"{_as_the_kernel_writes(unit.address)}:{unit.port:04X}"
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
