"""Connections that stay open: the first user opens them, all share them, and they are opened again after a cut.

Imports asyncssh: import it where it is used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncssh

from corral.errors import CorralError
from corral.transport.ssh_session import Exchange, open_exchange

SESSIONS: Final = 10
"""Commands at the same time over one connection: sshd's default of MaxSessions. For more, a second one is opened."""
REMEMBERED: Final = 5.0
"""Seconds in which a host that can't be reached is not tried again: all who ask meanwhile get the same answer."""

Opener = Callable[[], Awaitable[asyncssh.SSHClientConnection]]


async def was_cut(connection: asyncssh.SSHClientConnection, error: asyncssh.ChannelOpenError) -> bool:
    """Whether `error` means that there is no connection any more, rather than that the host refuses."""
    if error.reason != "SSH connection closed" and not connection.is_closed():
        return False
    await connection.wait_closed()
    return True


class Shared:
    """One connection."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._opening: asyncio.Task[asyncssh.SSHClientConnection] | None = None
        self._failed: float | None = None

    async def get(self) -> asyncssh.SSHClientConnection:
        """Raises what `opener` raises."""
        task = self._opening
        if task is None or self._is_over(task):
            task = self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(task)

    def _is_over(self, task: asyncio.Task[asyncssh.SSHClientConnection]) -> bool:
        if not task.done():
            return False
        if task.cancelled() or task.exception():
            return self._failed is None or time.monotonic() - self._failed > REMEMBERED
        return task.result().is_closed()

    async def _open(self) -> asyncssh.SSHClientConnection:
        self._failed = None
        try:
            return await self._opener()
        except CorralError:
            self._failed = time.monotonic()
            raise

    async def close(self) -> None:
        task, self._opening = self._opening, None
        if task is None:
            return
        task.cancel()
        connection = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(connection, asyncssh.SSHClientConnection):
            connection.close()
            await connection.wait_closed()


class Line:
    """A connection and how many commands it carries just now."""

    def __init__(self, opener: Opener) -> None:
        self.shared = Shared(opener)
        self.used = 0
        self.room = SESSIONS


class Pool:
    """The connections to one host: one, and more only while that one carries as many commands as its sshd allows."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._lines = [Line(opener)]

    async def connection(self) -> asyncssh.SSHClientConnection:
        """The first one, for other uses than commands."""
        return await self._lines[0].shared.get()

    @asynccontextmanager
    async def exchange(self, command: str, hold_back: bool = False) -> AsyncIterator[Exchange]:
        """`command` begun on the host. It is given up when the block ends before it.

        Raises asyncssh.ChannelOpenError when the host refuses even the only one.
        """
        line, exchange = await self._begin(command, hold_back)
        try:
            yield exchange
        finally:
            exchange.close()
            line.used -= 1

    async def _begin(self, command: str, hold_back: bool) -> tuple[Line, Exchange]:
        while True:
            line = self._free_line()
            line.used += 1
            try:
                connection = await line.shared.get()
                return line, await open_exchange(connection, command, hold_back)
            except asyncssh.ChannelOpenError as error:
                line.used -= 1
                if await was_cut(connection, error):
                    continue  # while it was idle: nothing has begun, so it is safe to begin again
                if line.used == 0:
                    raise
                line.room = line.used  # its MaxSessions is lower than usual
            except BaseException:
                line.used -= 1
                raise

    def _free_line(self) -> Line:
        for line in self._lines:
            if line.used < line.room:
                return line
        self._lines.append(Line(self._opener))
        return self._lines[-1]

    async def close(self) -> None:
        await asyncio.gather(*(line.shared.close() for line in self._lines))
