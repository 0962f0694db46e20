"""This machine as every host: what `corral up` runs on."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Final, cast

from corral.files import write_file
from corral.language import tr
from corral.model.command import CommandResult
from corral.transport.lines import Splitter
from corral.transport.script import whole

_CHUNK: Final = 64 * 1024
_LAST_WORDS: Final = 1.0
"""Seconds for the pipes of a killed shell to close."""


class LocalTransport:
    """All hosts are this machine; their files are apart because each host's layout is."""

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        async with _process("-s", stdin=PIPE) as process:
            return await _completed(process, host, deadline, whole(script).encode())

    async def read(self, host: str, path: str) -> bytes | None:
        return await asyncio.to_thread(_read_file, Path(path))

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        await asyncio.to_thread(write_file, Path(path), content, mode)

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> CommandResult:
        """Raises OSError when `source` can't be read."""
        with await asyncio.to_thread(source.open, "rb") as file:
            async with _process("-c", command, stdin=file) as process:
                return await _completed(process, host, deadline)

    async def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        async with _process("-s", stdin=PIPE, stderr=DEVNULL) as process:
            await _feed(process, whole(script).encode())
            lines = Splitter()
            while data := await _stream(process.stdout).read(_CHUNK):
                for line in lines.take(data):
                    yield line
            for line in lines.rest():
                yield line
            await process.wait()

    async def close(self) -> None:
        """Nothing is held open."""


@asynccontextmanager
async def _process(*arguments: str, stdin: int | IO[bytes], stderr: int = PIPE) -> AsyncIterator[Process]:
    """A shell in a session of its own, as sshd would start it: what is left of that when the block ends is killed."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", *arguments, stdin=stdin, stdout=PIPE, stderr=stderr, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            await _kill(process)


async def _completed(process: Process, host: str, deadline: float, script: bytes = b"") -> CommandResult:
    """With exit code 124, and what was written until then, after `deadline` seconds."""
    stdout, stderr = bytearray(), bytearray()
    try:
        async with asyncio.timeout(deadline):
            output = (_drain(_stream(process.stdout), stdout), _drain(_stream(process.stderr), stderr))
            await asyncio.gather(_feed(process, script), *output, process.wait())
    except TimeoutError:
        await _kill(process)
        return too_long(host, bytes(stdout), bytes(stderr), deadline)
    code = process.returncode or 0
    return CommandResult(code if code >= 0 else 128 - code, bytes(stdout), bytes(stderr))


def too_long(host: str, stdout: bytes, stderr: bytes, deadline: float) -> CommandResult:
    """The result of a script that was ended at its deadline."""
    newline = b"\n" if stderr and not stderr.endswith(b"\n") else b""
    return CommandResult(
        124,
        stdout,
        stderr + newline + tr("{host}: no answer within {deadline:g} s", host=host, deadline=deadline).encode(),
    )


async def _kill(process: Process) -> None:
    """The shell and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    output = [_drain(stream, bytearray()) for stream in (process.stdout, process.stderr) if stream]
    with suppress(TimeoutError):  # what has left the session for good, as a daemon does, may hold a pipe open
        async with asyncio.timeout(_LAST_WORDS):
            await asyncio.gather(*output, process.wait())


def _stream(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    return cast(asyncio.StreamReader, stream)  # None only without a pipe


async def _feed(process: Process, script: bytes) -> None:
    if process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):  # a shell that has met a mistake reads no further
        process.stdin.write(script)
        await process.stdin.drain()
    process.stdin.close()


async def _drain(stream: asyncio.StreamReader, into: bytearray) -> None:
    while data := await stream.read(_CHUNK):
        into += data


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
