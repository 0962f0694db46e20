"""This process's own input and output, lent to a command: here by inheritance, on a host byte by byte."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
import tty
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from corral.stop import Signals

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
_CHUNK: Final = 64 * 1024


def is_there() -> bool:
    """Whether somebody sits at both ends. Where the output goes to a file, a terminal would change its bytes."""
    return os.isatty(STDIN) and os.isatty(STDOUT)


def size() -> tuple[int, int]:
    """Columns and lines."""
    columns, lines = os.get_terminal_size(STDOUT)
    return columns, lines


async def attach_here(command: Sequence[str], signals: Signals, environment: Mapping[str, str] | None = None) -> int:
    """`command` as a process of this machine that has this one's input and output, and gets its signals.

    Its exit code; 128 and more for a signal. Without `environment` it has this process's own. Raises OSError.
    """
    process = await asyncio.create_subprocess_exec(*command, env=environment)

    def forward(number: int) -> None:
        if number != signal.SIGINT or not _in_foreground():  # a terminal's Ctrl-C has reached it already
            with suppress(ProcessLookupError):
                process.send_signal(number)

    with signals.to(forward):
        code = await process.wait()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    """Whether what is typed at the terminal is for this process's group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


@contextmanager
def raw() -> Iterator[None]:
    """For the block every key is passed on, Ctrl-C too."""
    before = termios.tcgetattr(STDIN)
    tty.setraw(STDIN)
    try:
        yield
    finally:
        termios.tcsetattr(STDIN, termios.TCSADRAIN, before)


@contextmanager
def resizing(act: Callable[[], object]) -> Iterator[None]:
    """`act` is called whenever the window has another size."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, act)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


def write(file: int, data: bytes) -> None:
    """All of it. Raises BrokenPipeError when nobody reads any more."""
    while data:
        data = data[os.write(file, data) :]


async def typed(take: Callable[[bytes], None], room: Callable[[], Awaitable[None]]) -> None:
    """Give `take` what comes on stdin, and empty bytes at its end. `room` is waited for before more is read."""
    while True:
        await _readable()
        data = _read()
        take(data)
        if not data:
            return
        await room()


async def _readable() -> None:
    """Returns at once for a regular file, which can't be waited for, and need not be."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(STDIN, readable.set)
    except (OSError, ValueError):
        await asyncio.sleep(0)
        return
    try:
        await readable.wait()
    finally:
        loop.remove_reader(STDIN)


def _read() -> bytes:
    try:
        return os.read(STDIN, _CHUNK)
    except OSError:  # it is closed, or its terminal has gone
        return b""
