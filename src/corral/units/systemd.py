"""systemd's services as units: the UnitManager of real hosts."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import Final, NoReturn

from corral.errors import ChangeFailed, Unreachable
from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.command import CommandResult
from corral.model.identity import UnitId, prefix, service_of
from corral.model.resources import FoundUnit
from corral.problems import Problem
from corral.secrets import Secrets
from corral.shell import beside, call
from corral.transport.base import LISTING, Transport
from corral.units.systemd_show import PROPERTIES, found_units

MEMBER_STOP: Final = 60.0
"""Seconds that a mongod is given to end."""
MARGIN: Final = 60.0
"""Seconds for a start after an old process has ended: a loaded host is slow."""

NO_SECRETS: Final[Secrets] = MappingProxyType({})

_SYSTEMD: Final = beside(__file__, "systemd.sh")


class SystemdUnits:
    """Units as systemd's services, by their names in `corral.model.identity`."""

    def __init__(self, transport: Transport, cluster: Cluster, secrets: Secrets = NO_SECRETS) -> None:
        """`secrets` are kept out of what errors say: a program may log anything."""
        self._transport = transport
        self._cluster = cluster
        self._secrets = secrets

    async def list(self) -> tuple[FoundUnit, ...]:
        pattern = f"{prefix(self._cluster.name)}*.service"
        found = await asyncio.gather(*(self._show(host.name, pattern) for host in self._cluster.hosts))
        return tuple(unit for units in found for unit in units)

    async def find(self, unit: UnitId) -> FoundUnit | None:
        found = await self._show(unit.host, service_of(self._cluster.name, unit))
        return next((each for each in found if each.name == unit.name), None)

    async def start(self, unit: UnitId) -> None:
        """Raises ChangeFailed with systemd's words when the program can't even be executed."""
        completed = await self._run(unit, "start_unit", self._patience())
        if completed.code != 0:
            self._refused(unit, "start", completed)

    async def stop(self, unit: UnitId) -> None:
        """Raises ChangeFailed when systemd refuses."""
        completed = await self._run(unit, "stop_unit", self._patience())
        if completed.code != 0:
            self._refused(unit, "stop", completed)

    async def reload(self, unit: UnitId) -> None:
        """Returns when the unit's ExecReload has ended. Raises ChangeFailed when that failed, or when nothing runs."""
        completed = await self._run(unit, "reload_unit", MARGIN)
        if completed.code != 0:
            self._refused(unit, "reload", completed)

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        """Of the journal."""
        return journal_script(self._cluster.name, unit, lines, follow)

    async def _show(self, host: str, pattern: str) -> tuple[FoundUnit, ...]:
        try:
            completed = await self._transport.run(
                host, _SYSTEMD.before(call("show_units", PROPERTIES, pattern)), LISTING
            )
        except Unreachable:
            return ()
        return found_units(self._cluster.name, host, completed.text)

    async def _run(self, unit: UnitId, function: str, deadline: float) -> CommandResult:
        script = _SYSTEMD.before(call(function, service_of(self._cluster.name, unit)))
        return await self._transport.run(unit.host, script, deadline)

    def _patience(self) -> float:
        return max(self._cluster.app.stop_timeout, MEMBER_STOP) + MARGIN

    def _refused(self, unit: UnitId, what: str, completed: CommandResult) -> NoReturn:
        said = completed.error_without(self._secrets)
        message = tr(
            "{host}: systemd can't {what} {service_of}: {said}",
            host=unit.host,
            what=what,
            service_of=service_of(self._cluster.name, unit),
            said=said,
        )
        hint = tr("`corral logs {unit}` shows more; fix it, then run the same command again", unit=unit.name)
        raise ChangeFailed(Problem("systemd", "error", message, hint, unit.name))


def journal_script(cluster: str, unit: UnitId, lines: int, follow: bool = False) -> str:
    """A POSIX sh text for the last lines of a unit's journal and, with `follow`, those that come, without end."""
    more = ["-f"] if follow else []
    service = service_of(cluster, unit)
    return call("exec", "journalctl", "-q", "--no-pager", "-o", "cat", "-n", lines, *more, "-u", service)
