"""A terminal of a test's own; and, run as a program, a command on a host that is attached to one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from corral.stop import Signals
from corral.transport.ssh import SshTransport
from corral.transport.ssh_settings import SshSettings
from tests.patience import PATIENCE


class AtTerminal:
    """A process at a terminal of 90 columns and 30 lines, ended with the block."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._environment = {**(environment or os.environ), "TERM": "xterm-test"}
        self.said = ""

    def __enter__(self) -> Self:
        self.pid, self._file = pty.fork()
        if not self.pid:
            os.execvpe(self._command[0], self._command, self._environment)  # noqa: S606 # no shell is between
        self.resize(90, 30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._file)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._file, keys.encode())

    def until(self, text: str) -> None:
        """Wait until it has said `text`."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            assert self._read(), f"it has ended: {self.said}"

    def wait(self) -> int:
        """Its exit code."""
        while self._read():
            pass
        pid, self.pid = self.pid, 0
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _read(self) -> bool:
        if select.select([self._file], [], [], 0.1)[0]:
            try:
                self.said += os.read(self._file, 65536).decode(errors="replace")
            except OSError:  # nobody has the other end any more
                return False
        return True


async def _serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Begin as every shell does, by the marks; say what the terminal is, then each key; Ctrl-C ends it with 7."""
    for name in ("login", "script"):
        [token] = set(re.findall(rf"{name} ([0-9a-f]{{16}})", process.command or ""))
        process.stdout.write(f"\036{name} {token}\036".encode())
    process.stdout.write(f"{process.term_type} {_size(process)}\r\n".encode())
    key = b""
    while key != b"\x03":
        try:
            key = await process.stdin.read(1)
        except asyncssh.TerminalSizeChanged:
            process.stdout.write(f"{_size(process)}\r\n".encode())
            continue
        process.stdout.write(f"got {key!r}\r\n".encode())
    process.exit(7)


def _size(process: asyncssh.SSHServerProcess[bytes]) -> str:
    return f"{process.term_size[0]}x{process.term_size[1]}"


async def _attached(directory: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(directory / "key")
    (directory / "key").chmod(0o600)
    (directory / "config").touch()
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        process_factory=_serve,
        authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
        encoding=None,
        line_editor=False,
        gss_host=None,
    )
    known = f"[127.0.0.1]:{listener.get_port()} {key.export_public_key().decode()}"
    (directory / "known_hosts").write_text(known)
    settings = SshSettings(
        "one",
        "127.0.0.1",
        user="deploy",
        port=listener.get_port(),
        key=str(directory / "key"),
        known_hosts=(str(directory / "known_hosts"),),
        timeout=PATIENCE,
        config=str(directory / "config"),
    )
    transport = SshTransport({"one": settings})
    code = await transport.attach("one", "anything", Signals())
    echo = "on again" if termios.tcgetattr(0)[3] & termios.ECHO else "off"
    print(f"its code is {code}, echo is {echo}", flush=True)
    await transport.close()
    listener.close()


if __name__ == "__main__":
    asyncio.run(_attached(Path(sys.argv[1])))
