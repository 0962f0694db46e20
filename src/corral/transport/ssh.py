"""SSH to real hosts: one connection each, POSIX sh and coreutils there, nothing installed.

asyncssh is imported when the first connection is opened.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corral.errors import Interrupted
from corral.language import tr
from corral.late import late
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.stop import Signals
from corral.transport import ssh_files, ssh_trouble
from corral.transport.lines import Splitter
from corral.transport.local import too_long
from corral.transport.script import AS_ROOT, guarded, streamed
from corral.transport.ssh_settings import SshSettings

if TYPE_CHECKING:
    import asyncssh

    from corral.transport import ssh_attached, ssh_hosts
    from corral.transport.ssh_session import Exchange
else:
    ssh_attached = late("corral.transport.ssh_attached")
    ssh_hosts = late("corral.transport.ssh_hosts")

CHUNK: Final = 256 * 1024
"""Bytes of a file that are read and sent at a time: larger ones are no faster (docs/ssh.md)."""
GRACE: Final = 1.0
"""Seconds for a script that has to end to send its last output."""


class SshTransport:
    """Hosts by their names in the settings.

    Cancelling a call ends what it runs on the host. A connection that is cut doesn't: a change that has begun there has
    the rest of its deadline to end by itself, so that it is not killed halfway.
    """

    def __init__(self, settings: Mapping[str, SshSettings], connections: int = 32) -> None:
        """At most `connections` are being opened at the same time."""
        self._settings = settings
        self._gate = asyncio.Semaphore(connections)
        self._hosts: ssh_hosts.Hosts | None = None
        self._begun: list[asyncio.Future[asyncssh.SSHClientConnection]] = []

    def begin(self) -> None:
        """Start to connect to all hosts, without waiting: the next call for a host waits for its connection, or gets
        the error."""
        pools = [self.hosts.pool(host) for host in self._settings]
        self._begun = [asyncio.ensure_future(pool.connection()) for pool in pools]

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        async with self._exchange(host, "sh -s", tr("a script ran")) as exchange:
            exchange.send(guarded(script, deadline).encode())
            try:
                async with asyncio.timeout(deadline):
                    code = await exchange.finished()
            except TimeoutError:
                await exchange.stop(GRACE)
                return too_long(host, exchange.stdout, exchange.stderr, deadline)
            except asyncio.CancelledError:
                await exchange.stop(GRACE)
                raise
        return await self._judged(host, CommandResult(code, exchange.stdout, exchange.stderr))

    async def read(self, host: str, path: str) -> bytes | None:
        """Raises OSError, such as PermissionError or IsADirectoryError, for what is there and can't be read."""
        completed = await self.run(host, ssh_files.read_script(path))
        if completed.code == 0:
            return completed.stdout
        if ssh_files.is_missing(completed):
            return None
        raise ssh_files.failure(completed, host, path)

    async def write(self, host: str, path: str, content: bytes, mode: int) -> None:
        """Raises OSError in the host's own words (no space left on device); the old file stays then."""
        completed = await self.run(host, ssh_files.write_script(path, content, mode))
        if completed.code != 0:
            raise ssh_files.failure(completed, host, path)

    async def put(self, host: str, source: Path, command: str, deadline: float = 600.0) -> CommandResult:
        """Raises OSError when `source` can't be read.

        A connection that is cut looks to `command` like the end of the file: it has to check what it got.
        """
        with await asyncio.to_thread(source.open, "rb") as file:
            async with self._exchange(
                host, streamed(command, deadline), tr("{source} was sent", source=source.name)
            ) as exchange:
                try:
                    async with asyncio.timeout(deadline):
                        while not exchange.ended.is_set() and (chunk := await asyncio.to_thread(file.read, CHUNK)):
                            exchange.send(chunk)
                            await exchange.drained()
                        exchange.send_end()
                        code = await exchange.finished()
                except TimeoutError:
                    return too_long(host, exchange.stdout, exchange.stderr, deadline)
        return await self._judged(host, CommandResult(code, exchange.stdout, exchange.stderr))

    async def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        async with self._exchange(host, "sh -s", tr("its lines were followed"), hold_back=True) as exchange:
            exchange.send(guarded(script, 0).encode())
            lines = Splitter()
            try:
                while data := await exchange.take():
                    for line in lines.take(data):
                        yield line
                for line in lines.rest():
                    yield line
                code = await exchange.finished()
            finally:
                await exchange.stop(GRACE)
        await self._judged(host, CommandResult(code, b"", exchange.stderr))

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        """A POSIX sh script that has this process's own input and output; its exit code. Raises Unreachable.

        It can be seen in a process list, so it must not hold a secret. A signal to this process closes the session, and
        raises Interrupted: what runs on the host may go on, as it may after Unreachable.
        """
        to = await self.hosts.resolved(host)
        as_root = ["sudo", "-n"] if self._settings[host].sudo and to.way.user != "root" else []
        command = shlex.join([*as_root, "sh", "-c", script])
        async with self.hosts.as_unreachable(to, tr("a command ran")):
            attached = await ssh_attached.attach(await self.connection(host), command, signals)
        if attached.interrupted:
            raise Interrupted(Problem("interrupted", "error", tr("{host}: interrupted, and ended there", host=host)))
        if attached.code is None:
            raise ssh_trouble.attachment_lost(to.way, attached.failure)
        return attached.code

    async def connection(self, host: str) -> asyncssh.SSHClientConnection:
        """The host's connection, for forwarding. Raises Unreachable."""
        return await self.hosts.pool(host).connection()

    async def close(self) -> None:
        for opening in self._begun:
            opening.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)  # whoever asked has got the error
        hosts, self._hosts = self._hosts, None
        if hosts:
            await hosts.close()

    @property
    def hosts(self) -> ssh_hosts.Hosts:
        """What is open."""
        if self._hosts is None:
            self._hosts = ssh_hosts.Hosts(self._settings, self._gate)
        return self._hosts

    @asynccontextmanager
    async def _exchange(self, host: str, shell: str, what: str, hold_back: bool = False) -> AsyncIterator[Exchange]:
        """`shell` begun on `host`, as root where the settings say so; `what` may be cut off. Raises Unreachable."""
        hosts = self.hosts
        to = await hosts.resolved(host)
        as_root = self._settings[host].sudo and to.way.user != "root"
        command = f"{AS_ROOT} {shell}" if as_root else shell
        async with hosts.as_unreachable(to, what), hosts.pool(host).exchange(command, hold_back) as exchange:
            yield exchange

    async def _judged(self, host: str, completed: CommandResult) -> CommandResult:
        """Raises Unreachable when the script was refused by sudo."""
        if self._settings[host].sudo:
            refusal = ssh_trouble.refuses_sudo((await self.hosts.resolved(host)).way, completed)
            if refusal:
                raise refusal
        return completed
