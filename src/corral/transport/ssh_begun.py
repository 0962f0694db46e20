"""A command on a host, from its first byte on: what both kinds of session share. Imports asyncssh: import it where it
is used."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncssh

from corral.transport.opening import Opening
from corral.transport.script import Marks


@dataclass
class Took:
    """Seconds: until the account's shell ran, and from then until sudo had started the script's."""

    session: float = 0.0
    sudo: float = 0.0


class Command(asyncssh.SSHClientSession[bytes]):
    """`ended` is set when nothing more will come; `code` is then the exit code, 128 and more for a signal, None when
    the end was not the command's own."""

    def __init__(self, marks: Marks) -> None:
        self.code: int | None = None
        self.ended = asyncio.Event()
        self.failure = ""
        """Why it ended without an exit code, where that is known."""
        self.took = Took()
        self._stdout_opening, self._stderr_opening = Opening(marks), Opening(marks)
        self._in, self._begun = asyncio.Event(), asyncio.Event()
        self._opened = 0.0

    @property
    def begun(self) -> bool:
        """Whether the script itself runs, or has run."""
        return self._stdout_opening.begun

    @property
    def logged_in(self) -> bool:
        """Whether the account's shell has run what is to start the script."""
        return self._stdout_opening.logged_in

    @property
    def said(self) -> str:
        """What came before the script, or in its place."""
        return "\n".join(filter(None, (self._stdout_opening.said, self._stderr_opening.said)))

    async def logs_in(self, seconds: float) -> bool:
        """Wait `seconds` for the account's shell to run, or for the end of what runs in its place; whether it has."""
        await _within(seconds, self._in)
        return self.logged_in

    async def begins(self, seconds: float) -> bool:
        """The same for the script."""
        await _within(seconds, self._begun)
        return self.begun

    def close(self) -> None:
        """Give the channel back."""
        self.channel.close()

    def own(self, data: bytes, datatype: int | None) -> bytes:
        """The script's own part of what has come."""
        if datatype:
            return self._stderr_opening.take(data)
        if not self.begun:
            data = self._stdout_opening.take(data)
            self._note()
        return data

    def _note(self) -> None:
        passed = time.monotonic() - self._opened
        if self.logged_in and not self._in.is_set():
            self.took.session = passed
            self._in.set()
        if self.begun:
            self.took.sudo = passed - self.took.session
            self._begun.set()

    def connection_made(self, chan: Any) -> None:
        self.channel: asyncssh.SSHClientChannel[bytes] = chan
        self._opened = time.monotonic()

    def exit_status_received(self, status: int) -> None:
        self.code = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.code = 128 + _number_of(signal)

    def connection_lost(self, exc: Exception | None) -> None:
        self.failure = str(exc) if exc else ""
        self.over()

    def over(self) -> None:
        """Nothing is waited for any more."""
        for event in (self.ended, self._in, self._begun):
            event.set()


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):  # what has come by then is told
        async with asyncio.timeout(seconds):
            await event.wait()


def _number_of(name: str) -> int:
    """The number of such as `TERM`; 0 for a signal that this system doesn't have."""
    return int(getattr(signal, f"SIG{name}", 0))
