"""systemd's services as units: the UnitManager of real hosts."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import Final, NoReturn

from corral.errors import ChangeFailed, Unreachable
from corral.model.cluster import Cluster
from corral.model.resources import FoundUnit
from corral.model.service_names import prefix, service_of
from corral.problems import Problem
from corral.secrets import Secrets
from corral.shell import beside, call
from corral.transport.base import Completed, Transport
from corral.transport.systemd_show import PROPERTIES, found_units

MEMBER_STOP: Final = 60.0
"""Seconds that a mongod is given to end."""
MARGIN: Final = 60.0
"""Seconds for a start after an old process has ended: a loaded host is slow."""

NO_SECRETS: Final[Secrets] = MappingProxyType({})

_SYSTEMD: Final = beside(__file__, "systemd.sh")


class SystemdUnits:
    """Units as systemd's services, by their names in `corral.model.service_names`."""

    def __init__(self, transport: Transport, cluster: Cluster, secrets: Secrets = NO_SECRETS) -> None:
        """`secrets` are kept out of what errors say: a program may log anything."""
        self._transport = transport
        self._cluster = cluster
        self._secrets = secrets

    async def list(self) -> tuple[FoundUnit, ...]:
        pattern = f"{prefix(self._cluster.name)}*.service"
        found = await asyncio.gather(*(self._show(host.name, pattern) for host in self._cluster.hosts))
        return tuple(unit for units in found for unit in units)

    async def find(self, host: str, name: str) -> FoundUnit | None:
        found = await self._show(host, service_of(self._cluster.name, name))
        return next((unit for unit in found if unit.name == name), None)

    async def start(self, host: str, name: str) -> None:
        """Raises ChangeFailed with systemd's words when the program can't even be executed."""
        completed = await self._run(host, name, "start_unit", self._patience())
        if completed.code != 0:
            self._refused(host, name, "start", completed)

    async def stop(self, host: str, name: str) -> None:
        """Raises ChangeFailed when systemd refuses."""
        completed = await self._run(host, name, "stop_unit", self._patience())
        if completed.code != 0:
            self._refused(host, name, "stop", completed)

    async def reload(self, host: str, name: str) -> None:
        """Ends when the unit's ExecReload has. Raises ChangeFailed when that failed, or when nothing runs."""
        completed = await self._run(host, name, "reload_unit", MARGIN)
        if completed.code != 0:
            self._refused(host, name, "reload", completed)

    async def log_tail(self, host: str, name: str, lines: int = 20) -> str:
        """From the journal; empty when its host doesn't answer."""
        script = journal_script(self._cluster.name, name, lines)
        try:
            completed = await self._transport.run(host, script)
        except Unreachable:
            return ""
        return completed.text.rstrip("\n")

    async def _show(self, host: str, pattern: str) -> tuple[FoundUnit, ...]:
        try:
            completed = await self._transport.run(host, _SYSTEMD.before(call("show_units", PROPERTIES, pattern)), 30)
        except Unreachable:
            return ()
        return found_units(self._cluster.name, host, completed.text)

    async def _run(self, host: str, name: str, function: str, deadline: float) -> Completed:
        script = _SYSTEMD.before(call(function, service_of(self._cluster.name, name)))
        return await self._transport.run(host, script, deadline)

    def _patience(self) -> float:
        return max(self._cluster.app.stop_timeout, MEMBER_STOP) + MARGIN

    def _refused(self, host: str, name: str, what: str, completed: Completed) -> NoReturn:
        said = completed.error_without(self._secrets)
        message = f"{host}: systemd can't {what} {service_of(self._cluster.name, name)}: {said}"
        hint = f"corral logs {name} shows more; mend it and run the same command again"
        raise ChangeFailed(Problem("systemd", "error", message, hint, name))


def journal_script(cluster: str, name: str, lines: int, follow: bool = False) -> str:
    """A POSIX sh text for the last lines of a unit's journal and, with `follow`, those that come, without end."""
    more = ["-f"] if follow else []
    unit = service_of(cluster, name)
    return call("exec", "journalctl", "-q", "--no-pager", "-o", "cat", "-n", lines, *more, "-u", unit)
