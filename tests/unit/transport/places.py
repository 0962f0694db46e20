"""The transports of the contract, each with a host and a directory there."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corral.model.command import CommandResult
from corral.transport.base import Transport
from corral.transport.fake import FakeTransport
from corral.transport.local import LocalTransport
from corral.transport.ssh import SshTransport
from tests.patience import PATIENCE, holds_soon
from tests.unit.transport.sshd import sshd

DEADLINES: Final = (0.3, 3.0, 30.0)
"""Of scripts that have to come so far before they are ended: the first that is long enough on this machine and now."""


@dataclass
class Place:
    """A transport with the host `one`, and a directory there."""

    transport: Transport
    directory: Path
    fake: FakeTransport | None = None

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def mode(self, name: str) -> int:
        if self.fake:
            return self.fake.files["one"][self.path(name)].mode
        return stat.S_IMODE((self.directory / name).stat().st_mode)

    async def run(self, script: str, deadline: float = PATIENCE) -> CommandResult:
        return await self.transport.run("one", script, deadline)

    async def write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        await self.transport.write("one", self.path(name), content, mode)

    async def read(self, name: str) -> bytes | None:
        return await self.transport.read("one", self.path(name))


@asynccontextmanager
async def _local(directory: Path) -> AsyncIterator[Place]:
    yield Place(LocalTransport(), directory / "files")


@asynccontextmanager
async def _ssh(directory: Path) -> AsyncIterator[Place]:
    async with sshd(directory) as host:
        transport = SshTransport({"one": host.settings})
        yield Place(transport, directory / "files")
        await transport.close()


@asynccontextmanager
async def _ssh_sudo(directory: Path) -> AsyncIterator[Place]:
    async with sshd(directory) as host:
        transport = SshTransport({"one": host.with_settings(sudo=True)})
        yield Place(transport, directory / "files")
        await transport.close()


@asynccontextmanager
async def _fake(directory: Path) -> AsyncIterator[Place]:
    """Its answers come from a real shell, so that what is tested is how they are handed on."""
    fake, shell = FakeTransport.of(["one"]), LocalTransport()

    async def answer(host: str, text: str) -> CommandResult:
        call = fake.calls[-1]
        if call.verb != "put":
            return await shell.run(host, text, 3600)
        sent = directory / "sent"
        sent.write_bytes(call.content)
        return await shell.put(host, sent, text, 3600)

    fake.on(lambda _host, _text: True, answer)
    yield Place(fake, directory / "files", fake)


KINDS = {"fake": _fake, "local": _local, "ssh": _ssh, "ssh with sudo": _ssh_sudo}
Scenario = Callable[[Place], Awaitable[None]]
Play = Callable[[Scenario], None]


def player(kind: str, directory: Path) -> Play:
    def play(scenario: Scenario) -> None:
        async def whole() -> None:
            (directory / "files").mkdir()
            async with KINDS[kind](directory) as place:
                await scenario(place)

        asyncio.run(whole())

    return play


async def text_of(file: Path) -> str:
    await holds_soon(lambda: content_of(file).strip())
    return content_of(file).strip()


async def gone(pid: int) -> None:
    """Wait for a process to end; one that waits to be reaped has."""
    await holds_soon(lambda: ") Z" in (content_of(Path(f"/proc/{pid}/stat")) or ") Z"))


def content_of(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
