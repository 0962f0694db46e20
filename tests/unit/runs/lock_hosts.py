"""Hosts that are directories of this machine, for tests of what is kept on hosts; real shells do the work."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from corral.errors import Unreachable
from corral.model.cluster import Host, Layout
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.runs.lock_file import Holder
from corral.transport.local import LocalTransport

ANNA = Holder("apply", "anna", "ops-1", 4711)
BEN = Holder("rollout", "ben", "ops-2", 42)


def hosts_in(root: Path, *names: str) -> list[Host]:
    return [_host(name, root / name) for name in names]


def _host(name: str, root: Path) -> Host:
    base = PurePosixPath(root)
    layout = Layout(config=base, data=base, logs=base, run=base, state=base / "state")
    return Host(name, "127.0.0.1", "127.0.0.1", layout)


def lock_of(host: Host) -> Path:
    return Path(host.layout.state) / "lock"


class HostsClock:
    """What `date` says on all hosts: it stands still while a test runs, however slowly that goes."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "now"
        self._file.write_text(f"{int(time.time())}\n")
        program = directory / "date"
        program.write_text(f'#!/bin/sh\n[ "$*" = +%s ] && exec cat {self._file}\nexec {shutil.which("date")} "$@"\n')
        program.chmod(0o755)

    @property
    def now(self) -> int:
        return int(self._file.read_text())

    def go_on(self, seconds: int) -> None:
        self._file.write_text(f"{self.now + seconds}\n")

    def set_age(self, host: Host, seconds: int) -> None:
        """As if the lock's last sign of life was `seconds` ago."""
        then = self.now - seconds
        os.utime(lock_of(host), (then, then))


@pytest.fixture
def clock(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> HostsClock:
    directory = tmp_path_factory.mktemp("clock")
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return HostsClock(directory)


class Wire(LocalTransport):
    """Counts the ways to each host; `cut` says of a host and its count whether the line is down; `slow` are waits."""

    def __init__(
        self, cut: Callable[[str, int], bool] = lambda _host, _number: False, slow: dict[str, float] | None = None
    ) -> None:
        self.cut, self.slow = cut, slow or {}
        self.runs: dict[str, int] = {}
        self.scripts: list[tuple[str, str]] = []

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        number = self.runs[host] = self.runs.get(host, 0) + 1
        self.scripts.append((host, script))
        await asyncio.sleep(self.slow.get(host, 0))
        if self.cut(host, number):
            raise Unreachable(Problem("unreachable", "error", f"{host} can't be reached", where=host))
        return await super().run(host, script, deadline)
