"""The units' logs: their last lines, and what comes after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corral.model.identity import UnitId
from corral.playground.units import tail

POLL = 0.2
"""Seconds between two looks at the files."""


@dataclass
class _Follower:
    """One log from where it ended when it was first seen; begins anew when supervisord has rotated it."""

    unit: str
    path: Path
    position: int = 0
    inode: int = 0
    rest: bytes = b""

    def to_end(self) -> None:
        if self.path.exists():
            found = self.path.stat()
            self.position, self.inode = found.st_size, found.st_ino

    def new_lines(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                found = self.path.stat()
                if found.st_ino != self.inode or found.st_size < self.position:
                    self.position, self.inode = 0, found.st_ino
                file.seek(self.position)
                data = file.read()
        except OSError:
            return []
        self.position += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def log_path(root: Path, unit: UnitId) -> Path:
    return root / "hosts" / unit.host / "logs" / f"{unit.name}.log"


def last_lines(root: Path, units: Sequence[UnitId], lines: int) -> list[tuple[str, str]]:
    """Pairs of unit and line, unit by unit."""
    return [(unit.name, line) for unit in units for line in tail(log_path(root, unit), lines).splitlines()]


async def follow(root: Path, units: Sequence[UnitId]) -> AsyncIterator[tuple[str, str]]:
    """Pairs of unit and line as they come, without end."""
    followers = [_Follower(unit.name, log_path(root, unit)) for unit in units]
    for follower in followers:
        follower.to_end()
    while True:
        for follower in followers:
            for line in follower.new_lines():
                yield follower.unit, line
        await asyncio.sleep(POLL)
