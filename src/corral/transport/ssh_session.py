"""One command on a host, over a connection that is open. Imports asyncssh: import this where it is used."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any, Final

import asyncssh

from corral.transport.script import END

HELD_BACK: Final = 1 << 20
"""Bytes of output that wait for a slow reader before the host is asked to pause, where output is taken as it comes."""


class CutOff(Exception):
    """The connection, or the session, ended before the command did."""


class Exchange(asyncssh.SSHClientSession[bytes]):
    """What goes to a command and what comes back.

    `ended` is set when nothing more will come; `code` is then the exit code, 128 and more for a signal, None when the
    end was not the command's own.
    """

    def __init__(self, hold_back: bool = False) -> None:
        """With `hold_back` stdout is bounded: somebody takes it by `take`."""
        self.code: int | None = None
        self.ended = asyncio.Event()
        self.failure = ""
        """Why it ended without an exit code, where that is known."""
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
                self._channel.write(data)

    def send_end(self) -> None:
        if not self.ended.is_set():
            self._channel.write_eof()

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
        self._channel.resume_reading()
        return data

    async def stop(self, patience: float) -> None:
        """End a guarded script, and wait `patience` seconds for its end at most."""
        self.send(END)
        with suppress(TimeoutError):  # the guard on the host goes on by itself
            async with asyncio.timeout(patience):
                await self.ended.wait()
        self.close()

    def close(self) -> None:
        """Give the channel back."""
        self._channel.close()

    def connection_made(self, chan: Any) -> None:
        self._channel: asyncssh.SSHClientChannel[bytes] = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype:
            self._stderr.append(data)
            return
        self._stdout.append(data)
        self._held += len(data)
        if self._hold_back and self._held > HELD_BACK:
            self._channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        return True  # False would close stdin, too, and what guards a script waits there

    def exit_status_received(self, status: int) -> None:
        self.code = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.code = 128 + number_of(signal)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.failure = str(exc) if exc else ""
        self.ended.set()
        self._news.set()
        self._room.set()


def number_of(name: str) -> int:
    """The number of such as `TERM`; 0 for a signal that this system doesn't have."""
    return int(getattr(signal, f"SIG{name}", 0))


async def open_exchange(connection: asyncssh.SSHClientConnection, command: str, hold_back: bool = False) -> Exchange:
    """Run `command` by the user's shell. Raises asyncssh.ChannelOpenError when the host refuses a session.

    What ~/.ssh/config says of sessions (RemoteCommand, RequestTTY, SendEnv) is for people, and left out.
    """
    exchange = Exchange(hold_back)
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
