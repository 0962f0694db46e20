"""How Corral reaches a host: one Protocol, behind it this machine, SSH, or a fake for the tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, Protocol

from corral.model.command import CommandResult

GLANCE: Final = 10.0
"""Seconds for a script that reads one value, such as the time of day."""
LISTING: Final = 30.0
"""Seconds for a script that asks a daemon for all that it keeps, on a host with much else to do."""


class Runner(Protocol):
    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        """Run a POSIX sh script on `host`, for `deadline` seconds at most.

        The script is sent on stdin, so that nothing of it can be seen in a process list.
        """


class Transport(Runner, Protocol):
    """What every transport can do. All raise errors.Unreachable when the host can't be reached."""

    async def read(self, host: str, path: str) -> bytes | None:
        """The content of a file, or None when there is none."""

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        """Write a file by rename, after fsync, and make its directories; readers see the old or the new one."""

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> CommandResult:
        """Run the POSIX sh text `command` on `host` with the local file `source` as its stdin.

        For what is too large for a script: archives and images. `command` can be seen in a process list, so it must not
        hold a secret.
        """

    def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        """The lines that a POSIX sh script writes to stdout, as they come, until it ends or the iterator is closed."""

    async def close(self) -> None:
        """Give back what is held open. Safe to call twice."""
