"""A server of SSH in this process, asyncssh's own: real logins, real shells in a sandbox, and faults on demand."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import asyncssh

from corral.transport.known_hosts import place
from corral.transport.ssh_settings import SshSettings
from tests.patience import PATIENCE

SUDO = """\
#!/bin/sh
[ "$1" = -n ] && shift
echo "$*" >>"$HOME/sudo.log"
exec "$@"
"""


@cache
def new_key(number: int) -> asyncssh.SSHKey:
    """Made once for all tests that ask for the same number."""
    return asyncssh.generate_private_key("ssh-ed25519", comment=f"key {number}")


@dataclass
class Sshd:
    """One host. What the attributes say holds from the next connection or session on."""

    home: Path
    host_key: asyncssh.SSHKey
    address: str = "127.0.0.1"
    port: int = 0
    sessions: int = 1000
    """How many may be open on one connection: MaxSessions."""
    forwarding: bool = True
    noise: str = ""
    """What the account's shell runs before each command, as a .bashrc does."""
    forced: str = ""
    """What runs in each command's place: ForceCommand, or a shell that is a menu."""
    path: str = ""
    """Instead of the sandbox's programs before the system's."""
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    """Who has tried to log in, in their order."""
    children: list[int] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)
    forwarded: list[int] = field(default_factory=list)
    """Ports to which something was connected through here."""

    @property
    def settings(self) -> SshSettings:
        """How to reach it with everything in place."""
        return SshSettings(
            "one",
            self.address,
            user="deploy",
            port=self.port,
            key=str(self.home.parent / "key"),
            known_hosts=(str(self.home.parent / "known_hosts"),),
            timeout=PATIENCE,
            config=str(self.home.parent / "config"),
        )

    def with_settings(self, **changes: object) -> SshSettings:
        return replace(self.settings, **changes)  # type: ignore[arg-type]

    @property
    def known_line(self) -> str:
        kind, blob = self.host_key.export_public_key().decode().split()[:2]
        return f"{place(self.address, self.port)} {kind} {blob}\n"

    def trust(self, key: asyncssh.SSHKey | None = None) -> None:
        """Write the known_hosts file, with its own key or with `key`."""
        shown = replace(self, host_key=key or self.host_key)
        (self.home.parent / "known_hosts").write_text(shown.known_line)

    def program(self, name: str, text: str) -> Path:
        """Put a program of the sandbox's own in front of the system's."""
        file = self.home / "bin" / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def cut(self) -> None:
        """Every connection, as when the host vanishes."""
        for connection in self.connections:
            connection.abort()

    def server(self) -> _Server:
        return _Server(self)

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """As sshd: the user's shell runs the command; when the client hangs up, its stdin ends and it goes on."""
        child = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", self.forced or f"{self.noise}\nexec {process.command}"),  # bash does so by itself
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.home,
            env={"PATH": self.path or f"{self.home / 'bin'}:{os.environ['PATH']}", "HOME": str(self.home)},
            start_new_session=True,
        )
        self.children.append(child.pid)
        assert child.stdin
        assert child.stdout
        assert child.stderr
        feeding = asyncio.ensure_future(_feed(process, child.stdin))
        await asyncio.gather(_drain(child.stdout, process.stdout), _drain(child.stderr, process.stderr))
        with suppress(OSError):
            process.channel.write_eof()  # as sshd does, though the shell may go on
        code = await child.wait()
        feeding.cancel()
        with suppress(OSError):  # nobody listens any more
            if code < 0:
                process.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))
            else:
                process.exit(code)

    async def end_children(self) -> None:
        """All that runs in a session of this host, and what serves it here."""
        while running := _in_sessions(set(self.children)):  # one that is killed may have started another just before
            for pid in running:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
        await asyncio.gather(*self.serving)


def _in_sessions(sessions: set[int]) -> list[int]:
    """The processes that run and whose session is one of `sessions`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, _, _, session, *_ = stat.read_text().rpartition(")")[2].split()
            if state != "Z" and int(session) in sessions:
                found.append(int(stat.parent.name))
    return found


class _Server(asyncssh.SSHServer):
    def __init__(self, host: Sshd) -> None:
        self._host = host
        self._open = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._host.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self._host.users.append(username)
        return True

    def session_requested(self) -> asyncssh.SSHServerProcess[bytes] | bool:
        if self._open >= self._host.sessions:
            return False
        self._open += 1
        return asyncssh.SSHServerProcess(self._serve, None, 3, False)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.current_task()
        assert task
        self._host.serving.add(task)
        try:
            await self._host.serve(process)
        finally:
            self._open -= 1
            self._host.serving.discard(task)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        if not self._host.forwarding:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "administratively prohibited")
        self._host.forwarded.append(dest_port)
        return True


async def _feed(process: asyncssh.SSHServerProcess[bytes], into: asyncio.StreamWriter) -> None:
    with suppress(asyncssh.Error, OSError):
        while data := await process.stdin.read(65536):
            into.write(data)
            await into.drain()
    into.close()


async def _drain(source: asyncio.StreamReader, into: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(65536):
        with suppress(OSError, asyncssh.Error):
            into.write(data)
            await into.drain()


@asynccontextmanager
async def sshd(directory: Path, host_key: int = 1, **attributes: object) -> AsyncIterator[Sshd]:
    """A host on a free port, its key known, and the key of `settings` accepted."""
    home = directory / "home"
    (home / "bin").mkdir(parents=True)
    (directory / "config").touch()
    new_key(0).write_private_key(directory / "key")
    (directory / "key").chmod(0o600)
    host = Sshd(home, new_key(host_key), **attributes)  # type: ignore[arg-type]
    host.program("sudo", SUDO)
    listener = await asyncssh.listen(
        host.address,
        0,
        server_factory=host.server,
        server_host_keys=[host.host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(new_key(0).export_public_key().decode()),
        encoding=None,
        gss_host=None,
    )
    host.port = listener.get_port()
    host.trust()
    try:
        yield host
    finally:
        host.cut()
        listener.close()
        await listener.wait_closed()
        await host.end_children()
