"""The transports of the contract, each with a host and a directory there."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from corral.model.command import CommandResult
from corral.transport.base import Transport
from corral.transport.fake import FakeTransport
from corral.transport.local import LocalTransport
from corral.transport.ssh import SshTransport
from tests.unit.transport.sshd import sshd


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

    async def run(self, script: str, deadline: float = 20.0) -> CommandResult:
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
    async with asyncio.timeout(10):
        while not (text := content_of(file).strip()):
            await asyncio.sleep(0.01)
    return text


async def gone(pid: int) -> None:
    """Wait for a process to end; one that waits to be reaped has. Less than the 5 s after which it would be killed."""
    async with asyncio.timeout(4):
        while ") Z" not in (content_of(Path(f"/proc/{pid}/stat")) or ") Z"):
            await asyncio.sleep(0.02)


def content_of(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
