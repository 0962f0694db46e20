"""Transports for unit tests: one that answers what it was told to, and this machine with programs of the test's own."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

from corral.errors import Unreachable
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.transport.local import LocalTransport

Answer = Callable[[str, str], CommandResult]
"""From a host and a script."""


class Answers(LocalTransport):
    """Calls `answer` for each script; the scripts are kept. Hosts in `silent` can't be reached."""

    def __init__(self, answer: Answer, silent: frozenset[str] = frozenset(), seconds: float = 0.0) -> None:
        self._answer = answer
        self._silent = silent
        self._seconds = seconds
        self.asked: list[tuple[str, str]] = []

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        self.asked.append((host, script))
        await asyncio.sleep(self._seconds)
        if host in self._silent:
            raise Unreachable(Problem("unreachable", "error", f"{host} can't be reached", where=host))
        return self._answer(host, script)


def saying(text: str | bytes, code: int = 0, error: str = "") -> Answer:
    """The same answer to everything."""
    data = text.encode() if isinstance(text, str) else text
    return lambda _host, _script: CommandResult(code, data, error.encode())


class Workshop(LocalTransport):
    """This machine's sh, with `programs` (POSIX sh texts by name) found before its own. Each call of one is logged."""

    def __init__(self, root: Path, programs: dict[str, str]) -> None:
        self._bin = root / "bin"
        self._log = root / "calls"
        self._bin.mkdir()
        for name, text in programs.items():
            file = self._bin / name
            file.write_text(f"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>{self._log}\n{text}\n")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        return await super().run(host, f"PATH={self._bin}:$PATH\n{script}", deadline)

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> CommandResult:
        return await super().put(host, source, f"PATH={self._bin}:$PATH\n{command}", deadline)

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []
