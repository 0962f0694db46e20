"""systemd's services as units: the UnitManager of real hosts."""

from __future__ import annotations

import asyncio
import shlex
from types import MappingProxyType
from typing import Final, NoReturn

from corral.errors import ChangeFailed, Unreachable
from corral.model.cluster import Cluster
from corral.model.command import CommandResult
from corral.model.identity import UnitId, prefix, service_of
from corral.model.resources import FoundUnit
from corral.problems import Problem
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.units.systemd_show import PROPERTIES, found_units

MEMBER_STOP: Final = 60.0
"""Seconds that a mongod is given to end."""
MARGIN: Final = 60.0
"""Seconds for a start after an old process has ended: a loaded host is slow."""

NO_SECRETS: Final[Secrets] = MappingProxyType({})

_SHOW: Final = f"""\
export LC_ALL=C TZ=UTC0
read -r uptime _ </proc/uptime && printf 'Uptime=%s\\n\\n' "$uptime"
systemctl show --all -p {PROPERTIES} -- """

_HEAD: Final = """\
export LC_ALL=C
nl='
'
own_words() { journalctl -q --no-pager -o cat -n 5 -u "$unit"; }
look() { seen="$nl$(systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload -- "$unit")$nl"; }
is() { case $seen in *"$nl$1=$2$nl"*) return 0 ;; *) return 1 ;; esac; }
do_it() { said=$(systemctl "$@" -- "$unit" 2>&1) || { printf '%s\\n' "${said%%"$nl"*}" >&2; own_words >&2; exit 1; }; }
"""

_START: Final = """\
look
is NeedDaemonReload no && is LoadState loaded || systemctl daemon-reload || exit 1
is UnitFileState enabled || systemctl enable --quiet -- "$unit" || exit 1
is ActiveState inactive || is ActiveState active || systemctl reset-failed -- "$unit" || exit 1
do_it restart
"""

_STOP: Final = """\
look
is ActiveState inactive || do_it stop
is UnitFileState enabled && { systemctl disable --quiet -- "$unit" || exit 1; }
look
is ActiveState failed || exit 0
systemctl reset-failed -- "$unit"
"""


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
        completed = await self._run(unit, _START, self._patience())
        if completed.code != 0:
            self._refused(unit, "start", completed)

    async def stop(self, unit: UnitId) -> None:
        """Raises ChangeFailed when systemd refuses."""
        completed = await self._run(unit, _STOP, self._patience())
        if completed.code != 0:
            self._refused(unit, "stop", completed)

    async def reload(self, unit: UnitId) -> None:
        """Ends when the unit's ExecReload has. Raises ChangeFailed when that failed, or when nothing runs."""
        completed = await self._run(unit, "do_it reload\n", MARGIN)
        if completed.code != 0:
            self._refused(unit, "reload", completed)

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        """Of the journal."""
        return journal_script(self._cluster.name, unit, lines, follow)

    async def _show(self, host: str, pattern: str) -> tuple[FoundUnit, ...]:
        try:
            completed = await self._transport.run(host, f"{_SHOW}{shlex.quote(pattern)}\n", 30)
        except Unreachable:
            return ()
        return found_units(self._cluster.name, host, completed.text)

    async def _run(self, unit: UnitId, script: str, deadline: float) -> CommandResult:
        service = shlex.quote(service_of(self._cluster.name, unit))
        return await self._transport.run(unit.host, f"{_HEAD}unit={service}\n{script}", deadline)

    def _patience(self) -> float:
        return max(self._cluster.app.stop_timeout, MEMBER_STOP) + MARGIN

    def _refused(self, unit: UnitId, what: str, completed: CommandResult) -> NoReturn:
        said = completed.error_without(self._secrets)
        message = f"{unit.host}: systemd can't {what} {service_of(self._cluster.name, unit)}: {said}"
        hint = f"corral logs {unit.name} shows more; mend it and run the same command again"
        raise ChangeFailed(Problem("systemd", "error", message, hint, unit.name))


def journal_script(cluster: str, unit: UnitId, lines: int, follow: bool = False) -> str:
    """A POSIX sh text for the last lines of a unit's journal and, with `follow`, those that come, without end."""
    service = shlex.quote(service_of(cluster, unit))
    return f"exec journalctl -q --no-pager -o cat -n {lines}{' -f' if follow else ''} -u {service}\n"
