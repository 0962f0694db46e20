"""A command on a host that has this process's own input and output. Imports asyncssh: import this where it is used."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from typing import Any

import asyncssh

from corral.stop import Signals
from corral.transport import terminal
from corral.transport.ssh_session import number_of


class Attached(asyncssh.SSHClientSession[bytes]):
    """`code` is the exit code once it has ended, 128 and more for a signal; None when the end was not its own."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.ended = asyncio.Event()
        self.interrupted = False
        """Whether a signal to this process has ended it."""
        self.failure = ""
        """Why it ended without an exit code, where that is known."""
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, chan: Any) -> None:
        self.channel: asyncssh.SSHClientChannel[bytes] = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        try:
            terminal.write(terminal.STDERR if datatype else terminal.STDOUT, data)
        except OSError:  # nobody reads it any more: the command is told so as in a pipe
            self.channel.close()

    def eof_received(self) -> bool:
        return True  # what is typed is still for the command

    def exit_status_received(self, status: int) -> None:
        self.code = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.code = 128 + number_of(signal)

    def connection_lost(self, exc: Exception | None) -> None:
        self.failure = str(exc) if exc else ""
        self._room.set()
        self.ended.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def room(self) -> None:
        """Wait until what was typed is on its way."""
        await self._room.wait()

    def typed(self, data: bytes) -> None:
        """Empty for the end of what is typed."""
        if self.channel.is_closing():
            return
        if data:
            self.channel.write(data)
        else:
            self.channel.write_eof()

    def resized(self) -> None:
        self.channel.change_terminal_size(*terminal.size())

    def signalled(self, _number: int) -> None:
        """End it. At a terminal Ctrl-C is a key, and no signal."""
        self.interrupted = True
        self.channel.close()
        self.ended.set()


async def attach(connection: asyncssh.SSHClientConnection, command: str, signals: Signals) -> Attached:
    """Run `command` by the user's shell, with a terminal there when there is one here, until it has ended.

    Raises asyncssh.ChannelOpenError when the host refuses a session.
    """
    attached, at_terminal = Attached(), terminal.is_there()
    size = (*terminal.size(), 0, 0) if at_terminal else None
    await connection.create_session(
        lambda: attached,
        command,
        request_pty="force" if at_terminal else False,
        term_type=os.environ.get("TERM") or "dumb" if at_terminal else None,
        term_size=size,
        x11_forwarding=False,
        env={},
        send_env=[],
        encoding=None,
    )
    with ExitStack() as lent:
        lent.callback(attached.channel.close)
        lent.enter_context(signals.to(attached.signalled))
        if at_terminal:
            lent.enter_context(terminal.raw())
            lent.enter_context(terminal.resizing(attached.resized))
        typing = asyncio.ensure_future(terminal.typed(attached.typed, attached.room))
        lent.callback(typing.cancel)
        await attached.ended.wait()
    return attached
