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
from corral.transport import ssh_files, ssh_refusals, ssh_trouble
from corral.transport.lines import Splitter
from corral.transport.local import too_long
from corral.transport.script import SHELL, Marks, begun, guarded, headed, streamed
from corral.transport.ssh_settings import SshSettings
from corral.transport.ssh_slow import Waits

if TYPE_CHECKING:
    import asyncssh

    from corral.transport import ssh_attached, ssh_hosts, ssh_session
    from corral.transport.ssh_begun import Command
    from corral.transport.ssh_config import Resolved
    from corral.transport.ssh_session import Exchange
else:
    ssh_attached = late("corral.transport.ssh_attached")
    ssh_hosts = late("corral.transport.ssh_hosts")
    ssh_session = late("corral.transport.ssh_session")

CHUNK: Final = 256 * 1024
"""Bytes of a file that are read and sent at a time: larger ones are no faster (docs/ssh.md)."""
BEGIN: Final = 30.0
"""Seconds for a script to begin: a shell that reads its files, PAM, sudo. Its own deadline is counted from then on."""
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
        self._proven: set[str] = set()
        """Hosts whose account has a shell that runs commands."""

    def begin(self) -> None:
        """Start to connect to all hosts, without waiting: the next call for a host waits for its connection, or gets
        the error."""
        pools = [self.hosts.pool(host) for host in self._settings]
        self._begun = [asyncio.ensure_future(pool.connection()) for pool in pools]

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        marks = Marks.new()
        async with self._exchange(host, marks, guarded(script, deadline, marks), tr("a script ran")) as exchange:
            try:
                async with asyncio.timeout(deadline):
                    code = await exchange.finished()
            except TimeoutError:
                await exchange.stop(GRACE)
                return too_long(host, exchange.stdout, exchange.stderr, deadline)
            except asyncio.CancelledError:
                await exchange.stop(GRACE)
                raise
        return CommandResult(code, exchange.stdout, exchange.stderr)

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
            marks, what = Marks.new(), tr("{source} was sent", source=source.name)
            async with self._exchange(host, marks, streamed(command, deadline, marks), what) as exchange:
                try:
                    async with asyncio.timeout(deadline):
                        while not exchange.ended.is_set() and (chunk := await asyncio.to_thread(file.read, CHUNK)):
                            exchange.send(chunk)
                            await exchange.drained()
                        exchange.send_end()
                        code = await exchange.finished()
                except TimeoutError:
                    return too_long(host, exchange.stdout, exchange.stderr, deadline)
        return CommandResult(code, exchange.stdout, exchange.stderr)

    async def follow(self, host: str, script: str) -> AsyncGenerator[str, None]:
        marks = Marks.new()
        text, what = guarded(script, 0, marks), tr("its lines were followed")
        async with self._exchange(host, marks, text, what, hold_back=True) as exchange:
            lines = Splitter()
            try:
                while data := await exchange.take():
                    for line in lines.take(data):
                        yield line
                for line in lines.rest():
                    yield line
                await exchange.finished()
            finally:
                await exchange.stop(GRACE)

    async def attach(self, host: str, script: str, signals: Signals) -> int:
        """A POSIX sh script that has this process's own input and output; its exit code. Raises Unreachable.

        It can be seen in a process list, so it must not hold a secret. A signal to this process closes the session, and
        raises Interrupted: what runs on the host may go on, as it may after Unreachable.
        """
        hosts = self.hosts
        to, marks = await hosts.resolved(host), Marks.new()
        words = ["sh", "-c", f"{marks.printed('script')}\n{headed(script)}"]
        command = begun(shlex.join(words), marks, sudo=self._by_sudo(host, to))
        async with (
            hosts.as_unreachable(to, tr("a command ran")),
            hosts.pool(host).session(
                lambda line: ssh_attached.open_attached(line, command, ssh_attached.Attached(marks))
            ) as attached,
        ):
            has_begun = await ssh_attached.lend(attached, signals, BEGIN)
        if attached.interrupted:
            raise Interrupted(Problem("interrupted", "error", tr("{host}: interrupted, and ended there", host=host)))
        if not has_begun and not attached.failure:
            raise ssh_refusals.not_begun(to.way, _found(attached))
        if attached.code is None:
            raise ssh_trouble.attachment_lost(to.way, attached.failure)
        return attached.code

    async def connection(self, host: str) -> asyncssh.SSHClientConnection:
        """The host's connection, for forwarding. Raises Unreachable."""
        return await self.hosts.pool(host).connection()

    async def slow(self) -> tuple[Problem, ...]:
        """A warning for each step on the way to the hosts that has taken long so far, and what is known to cause it."""
        return await self.hosts.slow()

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

    def _by_sudo(self, host: str, to: Resolved) -> bool:
        return self._settings[host].sudo and to.way.user != "root"

    @asynccontextmanager
    async def _exchange(
        self, host: str, marks: Marks, text: str, what: str, hold_back: bool = False
    ) -> AsyncIterator[Exchange]:
        """The script `text` begun on `host`, as root where the settings say so; `what` may be cut off.

        Raises Unreachable, also when something else runs in its place.
        """
        hosts = self.hosts
        to = await hosts.resolved(host)
        command = begun(SHELL, marks, sudo=self._by_sudo(host, to), locale="C")
        async with (
            hosts.as_unreachable(to, what),
            hosts.pool(host).session(
                lambda line: ssh_session.open_exchange(line, command, ssh_session.Exchange(marks, hold_back))
            ) as exchange,
        ):
            await _start(exchange, text, to, shy=host not in self._proven)
            self._proven.add(host)
            hosts.note(host, Waits(session=exchange.took.session, sudo=exchange.took.sudo, said=exchange.said))
            yield exchange


async def _start(exchange: Exchange, text: str, to: Resolved, shy: bool) -> None:
    """Raises Unreachable when the script does not begin, CutOff when the connection ends before.

    With `shy` it is sent only when the account's shell has proven to be one: a menu would show it, and secrets in it.
    """
    try:
        if not shy or await exchange.logs_in(BEGIN):
            exchange.send(text.encode())
            if await exchange.begins(BEGIN):
                return
    except asyncio.CancelledError:
        await exchange.stop(GRACE)
        raise
    if exchange.ended.is_set():
        await exchange.finished()
    else:
        await exchange.stop(GRACE)
    raise ssh_refusals.not_begun(to.way, _found(exchange))


def _found(command: Command) -> ssh_refusals.NotBegun:
    return ssh_refusals.NotBegun(command.said, command.logged_in, command.code, BEGIN)
