"""Connections that stay open: the first user opens them, all share them, and they are opened again after a cut.

Imports asyncssh: import it where it is used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol, TypeVar

import asyncssh

from corral.errors import CorralError

SESSIONS: Final = 10
"""Commands at the same time over one connection: sshd's default of MaxSessions. For more, a second one is opened."""
REMEMBERED: Final = 5.0
"""Seconds in which a host that can't be reached is not tried again: all who ask meanwhile get the same answer."""

ENDING: Final = 10.0
"""Seconds in which a host may count a session that has ended here: what is left of it is killed there meanwhile."""
_PAUSE: Final = 0.1
"""Seconds between two askings for a session."""

Opener = Callable[[], Awaitable[asyncssh.SSHClientConnection]]


class Session(Protocol):
    """One command on a host. `ended` is set when its channel is closed on both sides."""

    ended: asyncio.Event

    def close(self) -> None:
        """Give the channel back."""


S = TypeVar("S", bound=Session)
Start = Callable[[asyncssh.SSHClientConnection], Awaitable[S]]


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
        self.carried = False
        """Whether a command has run over it: then a host that refuses one may still count the last one."""
        self._ending: set[asyncio.Task[bool]] = set()

    def give_back(self, session: Session) -> None:
        """The room counts as taken until the channel is closed there, too."""
        session.close()
        task = asyncio.ensure_future(session.ended.wait())
        self._ending.add(task)
        task.add_done_callback(self._is_free)

    def _is_free(self, task: asyncio.Task[bool]) -> None:
        self._ending.discard(task)
        self.used -= 1

    def close(self) -> None:
        for task in self._ending:
            task.cancel()


class Pool:
    """The connections to one host: one, and more only while that one carries as many commands as its sshd allows."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._lines = [Line(opener)]

    async def connection(self) -> asyncssh.SSHClientConnection:
        """The first one, for other uses than commands."""
        return await self._lines[0].shared.get()

    @asynccontextmanager
    async def session(self, start: Start[S]) -> AsyncIterator[S]:
        """What `start` begins over a connection. It is given up when the block ends before it.

        Raises asyncssh.ChannelOpenError when the host refuses even the only one.
        """
        line, session = await self._begin(start)
        try:
            yield session
        finally:
            line.give_back(session)

    async def _begin(self, start: Start[S]) -> tuple[Line, S]:
        until = time.monotonic() + ENDING
        while True:
            line = self._free_line()
            line.used += 1
            try:
                connection = await line.shared.get()
                session = await start(connection)
            except asyncssh.ChannelOpenError as error:
                line.used -= 1
                if not await was_cut(connection, error):  # else it was idle: nothing has begun, so it is begun again
                    await self._make_room(line, error, until)
            except BaseException:
                line.used -= 1
                raise
            else:
                line.carried = True
                return line, session

    async def _make_room(self, line: Line, error: asyncssh.ChannelOpenError, until: float) -> None:
        """The host refuses one more: MaxSessions is lower than usual, or it still counts one that has just ended."""
        if line.used:
            line.room = line.used
        elif line.carried and time.monotonic() < until:
            await asyncio.sleep(_PAUSE)
        else:
            raise error

    def _free_line(self) -> Line:
        for line in self._lines:
            if line.used < line.room:
                return line
        self._lines.append(Line(self._opener))
        return self._lines[-1]

    async def close(self) -> None:
        await asyncio.gather(*(line.shared.close() for line in self._lines))
        for line in self._lines:
            line.close()
