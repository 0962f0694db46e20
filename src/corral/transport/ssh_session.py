"""One script on a host, over a connection that is open. Imports asyncssh: import this where it is used."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import asyncssh

from corral.transport.script import END, Marks
from corral.transport.ssh_begun import Command

HELD_BACK: Final = 1 << 20
"""Bytes of output that wait for a slow reader before the host is asked to pause, where output is taken as it comes."""


class CutOff(Exception):
    """The connection, or the session, ended before the command did."""


class Exchange(Command):
    """What goes to a script and what comes back."""

    def __init__(self, marks: Marks, hold_back: bool = False) -> None:
        """With `hold_back` stdout is bounded: somebody takes it by `take`."""
        super().__init__(marks)
        self._stdout: list[bytes] = []
        self._stderr: list[bytes] = []
        self._held = 0
        self._hold_back = hold_back
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def stdout(self) -> bytes:
        return b"".join(self._stdout)

    @property
    def stderr(self) -> bytes:
        return b"".join(self._stderr)

    def send(self, data: bytes) -> None:
        """More for the command's stdin. What comes after its end is dropped."""
        if not self.ended.is_set():
            with suppress(BrokenPipeError):  # it ended just now: `ended` is about to be set
                self.channel.write(data)

    def send_end(self) -> None:
        if not self.ended.is_set():
            self.channel.write_eof()

    async def drained(self) -> None:
        """Wait until what was sent is on its way, or the command has ended."""
        await self._room.wait()

    async def finished(self) -> int:
        """The exit code. Raises CutOff when there is none."""
        await self.ended.wait()
        if self.code is None:
            raise CutOff(self.failure)
        return self.code

    async def take(self) -> bytes:
        """The next part of stdout; empty when no more comes. For one reader, with `hold_back`."""
        while not self._stdout and not self.ended.is_set():
            await self._news.wait()
            self._news.clear()
        data, self._held = self.stdout, 0
        self._stdout.clear()
        self.channel.resume_reading()
        return data

    async def stop(self, patience: float) -> None:
        """End a guarded script, and wait `patience` seconds for its end at most."""
        self.send(END)
        with suppress(TimeoutError):  # the guard on the host goes on by itself
            async with asyncio.timeout(patience):
                await self.ended.wait()
        self.close()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        data = self.own(data, datatype)
        if not data:
            return
        if datatype:
            self._stderr.append(data)
            return
        self._stdout.append(data)
        self._held += len(data)
        if self._hold_back and self._held > HELD_BACK:
            self.channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        return True  # False would close stdin, too, and what guards a script waits there

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._news.set()
        self._room.set()


async def open_exchange(connection: asyncssh.SSHClientConnection, command: str, exchange: Exchange) -> Exchange:
    """Run `command` by the user's shell. Raises asyncssh.ChannelOpenError when the host refuses a session.

    What ~/.ssh/config says of sessions (RemoteCommand, RequestTTY, SendEnv) is for people, and left out.
    """
    await connection.create_session(
        lambda: exchange,
        command,
        request_pty=False,
        x11_forwarding=False,
        env={},
        send_env=[],
        encoding=None,
    )
    return exchange
