"""All hosts of a run, and the jump hosts on the way to them. Imports asyncssh: import it where it is used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncssh

from corral.errors import Unreachable
from corral.language import tr
from corral.problems import Problem
from corral.transport import ssh_trouble
from corral.transport.known_hosts import HostKey
from corral.transport.ssh_config import Reader, Resolved
from corral.transport.ssh_connect import ask_key, connect
from corral.transport.ssh_keys import Agents
from corral.transport.ssh_pool import Pool, Shared
from corral.transport.ssh_session import CutOff
from corral.transport.ssh_settings import Jump, SshSettings
from corral.transport.ssh_slow import SLOW, Waits, slow_steps

Chain = tuple[Jump, ...]
"""Hosts to go through, the nearest first."""


class Hosts:
    """Reads what ssh reads, and opens what is asked for."""

    def __init__(self, settings: Mapping[str, SshSettings], gate: asyncio.Semaphore) -> None:
        """`gate` bounds how many connections are being opened at the same time."""
        self._settings = settings
        self._gate = gate
        self._reader = Reader()
        self._reading = asyncio.Lock()
        self._agents = Agents()
        self._resolved: dict[SshSettings, Resolved] = {}
        self._pools: dict[str, Pool] = {}
        self._jumps: dict[Chain, Shared] = {}
        self._waits: dict[str, Waits] = {}

    def note(self, host: str, waits: Waits) -> None:
        """How long steps on the way to `host` took."""
        self._waits[host] = self._waits.get(host, Waits()).joined(waits)

    async def slow(self) -> tuple[Problem, ...]:
        """A warning for each step that took long."""
        found: list[Problem] = []
        for host, waits in self._waits.items():
            if waits.longest > SLOW:
                found += slow_steps((await self.resolved(host)).way, waits)
        return tuple(found)

    def pool(self, host: str) -> Pool:
        if host not in self._pools:
            self._pools[host] = Pool(lambda: self._connect(host))
        return self._pools[host]

    async def resolved(self, host: str) -> Resolved:
        """Raises InvalidFile for files of ssh that can't be read, Unreachable for a key that can't be used."""
        return await self._resolve(self._settings_of(host))

    async def key(self, host: str) -> HostKey:
        """The host key that `host` shows. Raises Unreachable."""
        to = await self.resolved(host)
        tunnel = await self._through(to, self._settings[host])
        async with self._gate:
            return await ask_key(to, tunnel)

    async def resolved_jump(self, host: str, number: int) -> Resolved:
        """The same of the `number`th host on the way to `host`."""
        jumps = (await self.resolved(host)).jumps
        return await self._resolve_jump(jumps[number], self._settings[host])

    async def jump_key(self, host: str, number: int) -> HostKey:
        """The host key that the `number`th host on the way to `host` shows. Raises Unreachable."""
        to = await self.resolved_jump(host, number)
        chain = (await self.resolved(host)).jumps[:number]
        tunnel = await self._jump(chain, self._settings[host]) if chain else None
        async with self._gate:
            return await ask_key(to, tunnel)

    def _settings_of(self, host: str) -> SshSettings:
        if host not in self._settings:
            message = tr("{host} is no longer in the cluster file, so it is not known how to reach it", host=host)
            raise Unreachable(
                Problem("unreachable", "error", message, tr("put it back into the file, below `hosts`"), host)
            )
        return self._settings[host]

    async def _resolve(self, settings: SshSettings, besides: str = "") -> Resolved:
        async with self._reading:  # one after the other, so that each file is read once
            if settings not in self._resolved:
                self._resolved[settings] = await asyncio.to_thread(self._reader.resolve, settings, besides)
            return self._resolved[settings]

    async def _connect(self, host: str) -> asyncssh.SSHClientConnection:
        settings = self._settings_of(host)
        to = await self._resolve(settings)
        tunnel = await self._through(to, settings)
        async with self._gate:
            since = time.monotonic()
            connection = await connect(to, self._agents, tunnel)
            self.note(host, Waits(login=time.monotonic() - since))
            return connection

    async def _through(self, to: Resolved, settings: SshSettings) -> asyncssh.SSHClientConnection | None:
        """Raises Unreachable, with the code `jump-unreachable` and the jump host's own problem."""
        if not to.jumps:
            return None
        try:
            return await self._jump(to.jumps, settings)
        except Unreachable as failure:
            problem = failure.problems[0]
            message = tr(
                "{who} is reached through {through}, which can't be used: {message}",
                who=to.way.who,
                through=to.way.through,
                message=problem.message,
            )
            raise Unreachable(Problem("jump-unreachable", "error", message, problem.hint, to.way.name)) from None

    async def _jump(self, chain: Chain, settings: SshSettings) -> asyncssh.SSHClientConnection:
        if chain not in self._jumps:
            self._jumps[chain] = Shared(lambda: self._connect_jump(chain, settings))
        return await self._jumps[chain].get()

    async def _connect_jump(self, chain: Chain, settings: SshSettings) -> asyncssh.SSHClientConnection:
        to = await self._resolve_jump(chain[-1], settings)
        tunnel = await self._jump(chain[:-1], settings) if chain[:-1] else None
        async with self._gate:
            return await connect(to, self._agents, tunnel)

    async def _resolve_jump(self, jump: Jump, settings: SshSettings) -> Resolved:
        """The key of the host behind it is offered too, though ssh itself would not offer it."""
        way = SshSettings(
            jump.text,
            jump.address,
            jump.user,
            jump.port,
            jump="none",
            known_hosts=settings.known_hosts,
            timeout=settings.timeout,
            config=settings.config,
        )
        return await self._resolve(way, settings.key)

    @asynccontextmanager
    async def as_unreachable(self, to: Resolved, what: str) -> AsyncIterator[None]:
        """What asyncssh raises in the block becomes Unreachable; `what` was under way."""
        try:
            yield
        except CutOff as cut:
            raise ssh_trouble.connection_lost(to.way, what, str(cut)) from None
        except asyncssh.ChannelOpenError as error:
            message = tr("it accepts the login but refuses to run anything ({reason})", reason=error.reason)
            hint = tr(
                "MaxSessions in its sshd_config must not be 0; `{by_hand} true` tries it by hand",
                by_hand=to.way.by_hand,
            )
            raise to.way.failure("unreachable", message, hint) from None
        except asyncssh.Error as error:
            raise ssh_trouble.connection_lost(to.way, what, str(error)) from None

    async def close(self) -> None:
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        for chain in sorted(self._jumps, key=len, reverse=True):
            await self._jumps[chain].close()
        await self._agents.close()
        self._reader.close()
