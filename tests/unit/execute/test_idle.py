"""Connections as the kernel lists them."""

from __future__ import annotations

import asyncio
import socket
import time

from corral.execute.idle import connections, wait_until_idle
from corral.model.identity import UnitId
from corral.transport.local import LocalTransport
from tests.free_addresses import free_address

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100EE7F:13B0 0100EE7F:A001 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1
   1: 0100EE7F:13B0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100EE7F:A001 0100EE7F:13B0 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   3: 0200EE7F:13B0 0100EE7F:A002 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
   4: 0000000000000000FFFF00000100EE7F:13B0 0000000000000000FFFF00000100EE7F:A003 01 00000000:00000000
"""


def unit(port: int = 5040) -> UnitId:
    return UnitId("web", "h", "h-5040", port)


def test_only_this_end_and_only_what_is_open() -> None:
    assert connections(TABLE, "127.238.0.1", 5040) == 2
    assert connections(TABLE, "127.238.0.2", 5040) == 1
    assert connections(TABLE, "127.238.0.3", 5040) == 0
    assert connections(TABLE, "app.example.com", 5040) == 3
    assert connections("", "127.238.0.1", 5040) == 0


def test_real_connections_are_waited_for_and_not_for_ever() -> None:
    address, said = free_address(), list[str]()
    transport = LocalTransport()
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((address, port)):
            accepted = server.accept()[0]
            started = time.monotonic()
            assert asyncio.run(wait_until_idle(unit(port), address, 0.3, transport, said.append)) == 1
            assert time.monotonic() - started > 0.1
            assert "h-5040 still has 1 connection" in said
            accepted.close()
        said.clear()
        assert asyncio.run(wait_until_idle(unit(port), address, 60, transport, said.append)) == 0
