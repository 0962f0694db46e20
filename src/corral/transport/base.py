"""How Corral reaches a host: one Protocol, behind it this machine, SSH, or a fake for the tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from corral.secrets import Secrets, redact

ERROR_SIZE: Final = 2000
"""Characters of a failed command's words that are shown."""


@dataclass(frozen=True)
class Completed:
    """A finished command: its exit code and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def error(self) -> str:
        """What went wrong in the command's own words: the end of stderr, or of stdout when stderr is empty.

        Not for a command that may say a secret: `error_without` is.
        """
        return self.error_without({})

    def error_without(self, secrets: Secrets) -> str:
        """`error` with references for the secrets: put in before it is cut, or the end of one could be left."""
        return redact((self.stderr or self.stdout).decode(errors="replace"), secrets).strip()[-ERROR_SIZE:]


class Transport(Protocol):
    """What every transport can do. All raise errors.Unreachable when the host can't be reached."""

    async def run(self, host: str, script: str, deadline: float = 60.0) -> Completed:
        """Run a POSIX sh script on `host`, for `deadline` seconds at most.

        The script travels on stdin, so that nothing of it shows in a process list.
        """

    async def read(self, host: str, path: str) -> bytes | None:
        """The content of a file, or None when there is none."""

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        """Put a file in place by rename, after fsync, with its directories; readers see the old or the new one."""

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> Completed:
        """Run the POSIX sh text `command` on `host` with the local file `source` as its stdin.

        For what is too large for a script: archives and images. `command` shows in a process list: it holds no secret.
        """

    def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        """The lines that a POSIX sh script writes to stdout, as they come, until it ends or the iterator is closed."""

    async def close(self) -> None:
        """Give back what is held open. Safe to call twice."""
