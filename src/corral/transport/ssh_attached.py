"""A command on a host that has this process's own input and output. Imports asyncssh: import this where it is used."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack

import asyncssh

from corral.stop import Signals
from corral.transport import terminal
from corral.transport.script import Marks
from corral.transport.ssh_begun import Command


class Attached(Command):
    """What comes back is written to this process's own output."""

    def __init__(self, marks: Marks) -> None:
        super().__init__(marks)
        self.interrupted = False
        """Whether a signal to this process has ended it."""
        self._room = asyncio.Event()
        self._room.set()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        try:
            terminal.write(terminal.STDERR if datatype else terminal.STDOUT, self.own(data, datatype))
        except OSError:  # nobody reads it any more: the command is told so as in a pipe
            self.close()

    def eof_received(self) -> bool:
        return True  # what is typed is still for the command

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._room.set()

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
        self.close()
        self.over()


async def open_attached(connection: asyncssh.SSHClientConnection, command: str, attached: Attached) -> Attached:
    """Run `command` by the user's shell, with a terminal there when there is one here.

    Raises asyncssh.ChannelOpenError when the host refuses a session.
    """
    at_terminal = terminal.is_there()
    await connection.create_session(
        lambda: attached,
        command,
        request_pty="force" if at_terminal else False,
        term_type=os.environ.get("TERM") or "dumb" if at_terminal else None,
        term_size=(*terminal.size(), 0, 0) if at_terminal else None,
        x11_forwarding=False,
        env={},
        send_env=[],
        encoding=None,
    )
    return attached


async def lend(attached: Attached, signals: Signals, patience: float) -> bool:
    """Lend it this process's input, output and terminal until it has ended.

    False when it has not begun within `patience` seconds, or something else has run in its place.
    """
    with ExitStack() as lent:
        lent.callback(attached.close)
        lent.enter_context(signals.to(attached.signalled))
        if not await attached.begins(patience):
            return False
        if terminal.is_there():
            lent.enter_context(terminal.raw())
            lent.enter_context(terminal.resizing(attached.resized))
            attached.resized()  # it may have changed since the session was opened
        typing = asyncio.ensure_future(terminal.typed(attached.typed, attached.room))
        lent.callback(typing.cancel)
        await attached.ended.wait()
        return True
