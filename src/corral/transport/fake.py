"""Hosts in memory, for tests of what runs over a transport: files, answers to scripts, and failures on demand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from corral.errors import Unreachable
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.transport.lines import Splitter
from corral.transport.local import too_long

When = str | re.Pattern[str] | Callable[[str, str], bool]
"""Which scripts an answer is for: those that hold the text, that the expression finds, or that the predicate, asked
with the host and the script, takes."""
Reply = CommandResult | Callable[[str, str], CommandResult | Awaitable[CommandResult]]
"""An answer, or what makes it of the host and the script."""


@dataclass
class FakeFile:
    content: bytes
    mode: int = 0o644
    owner: str = "root"


@dataclass(frozen=True)
class Call:
    """Something that was asked of a host. `text` is the script, the command or the path."""

    host: str
    verb: str
    text: str
    content: bytes = b""
    """What `put` sent."""


@dataclass
class FakeTransport:
    """Knows the hosts in `files` and those that `on` is told of; any other can't be reached."""

    files: dict[str, dict[str, FakeFile]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    _answers: list[tuple[str, When, Reply]] = field(default_factory=list)
    _failures: dict[str, tuple[int, Unreachable]] = field(default_factory=dict)

    @classmethod
    def of(cls, hosts: Iterable[str] | Mapping[str, Mapping[str, bytes]]) -> FakeTransport:
        """Hosts by name; from a mapping, with files of these contents."""
        contents = hosts if isinstance(hosts, Mapping) else {host: {} for host in hosts}
        return cls({host: {path: FakeFile(data) for path, data in files.items()} for host, files in contents.items()})

    def on(self, when: When, reply: Reply, host: str = "") -> None:
        """Answer such scripts, and commands of `put`, on `host` or on all hosts. The latest that fits counts."""
        self._answers.insert(0, (host, when, reply))

    def fail(self, host: str, after: int = 0, failure: Unreachable | None = None) -> None:
        """`after` so many more calls `host` can't be reached; the next call is cut off when `failure` says so."""
        self._failures[host] = (after, failure or _unreachable(host))

    def mend(self, host: str) -> None:
        self._failures.pop(host, None)

    def scripts(self, host: str = "") -> list[str]:
        """What was run, in its order, on `host` or on all."""
        return [call.text for call in self.calls if call.verb in ("run", "follow") and host in ("", call.host)]

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        self._reach(Call(host, "run", script))
        return await self._reply(host, script, deadline)

    async def read(self, host: str, path: str) -> bytes | None:
        self._reach(Call(host, "read", path))
        await asyncio.sleep(0)
        if self._is_directory(host, path):
            raise IsADirectoryError(21, "Is a directory", f"{host}:{path}")
        file = self.files[host].get(path)
        return file.content if file else None

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        self._reach(Call(host, "write", path))
        await asyncio.sleep(0)
        if any(str(parent) in self.files[host] for parent in PurePosixPath(path).parents):
            raise NotADirectoryError(20, "Not a directory", f"{host}:{path}")
        if self._is_directory(host, path):
            raise IsADirectoryError(21, "Is a directory", f"{host}:{path}")
        self.files[host][path] = FakeFile(bytes(content), mode)

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> CommandResult:
        content = await asyncio.to_thread(source.read_bytes)
        self._reach(Call(host, "put", command, content))
        return await self._reply(host, command, deadline)

    async def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        self._reach(Call(host, "follow", script))
        lines = Splitter()
        for line in lines.take((await self._reply(host, script, float("inf"))).stdout) + lines.rest():
            yield line
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Nothing is held open."""

    def _reach(self, call: Call) -> None:
        """Raises Unreachable; what can't be reached is not recorded."""
        after, failure = self._failures.get(call.host, (1, None))
        if call.host not in self.files:
            raise _unreachable(call.host)
        if failure and after == 0:
            raise failure
        if failure:
            self._failures[call.host] = (after - 1, failure)
        self.calls.append(call)

    async def _reply(self, host: str, text: str, deadline: float) -> CommandResult:
        """Without an answer that fits, it went well and wrote nothing."""
        reply = next((reply for on, when, reply in self._answers if on in ("", host) and _fits(when, host, text)), None)
        await asyncio.sleep(0)
        if reply is None:
            return CommandResult(0, b"", b"")
        if isinstance(reply, CommandResult):
            return reply
        made = reply(host, text)
        if isinstance(made, CommandResult):
            return made
        try:
            async with asyncio.timeout(None if deadline == float("inf") else deadline):
                return await made
        except TimeoutError:
            return too_long(host, b"", b"", deadline)

    def _is_directory(self, host: str, path: str) -> bool:
        return any(known.startswith(f"{path.rstrip('/')}/") for known in self.files[host])


def _fits(when: When, host: str, text: str) -> bool:
    if isinstance(when, str):
        return when in text
    return bool(when.search(text)) if isinstance(when, re.Pattern) else when(host, text)


def _unreachable(host: str) -> Unreachable:
    return Unreachable(Problem("unreachable", "error", f"{host}: no answer", "is it up?", host))
