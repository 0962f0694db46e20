"""Hosts that are directories of this machine, for tests of what is kept on hosts; real shells do the work."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

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


def set_age(host: Host, seconds: float) -> None:
    """As if the lock's last sign of life was `seconds` ago."""
    then = time.time() - seconds
    os.utime(lock_of(host), (then, then))


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Fails when `condition` doesn't come to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


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
