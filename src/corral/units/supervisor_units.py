"""supervisord's programs as units."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final
from xmlrpc.client import Fault

from corral.errors import ChangeFailed
from corral.model.identity import UnitId, read_back
from corral.model.resources import FoundUnit, UnitState
from corral.problems import Problem
from corral.units.log_file import file_log_script
from corral.units.supervisord import DOWN, Supervisord

_STATES: Final[dict[str, UnitState]] = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "failed",
    "FATAL": "failed",
    "EXITED": "failed",
    "STOPPED": "stopped",
    "STOPPING": "stopping",
    "UNKNOWN": "unknown",
}


class SupervisordUnits:
    """The UnitManager of the playground.

    A unit's host is known from the path of its log: hosts/<host>/logs/<unit>.log.
    """

    def __init__(self, daemon: Supervisord) -> None:
        self._daemon = daemon
        self._definitions = asyncio.Lock()

    async def list(self) -> tuple[FoundUnit, ...]:
        try:
            rows = await self._daemon.call("supervisor.getAllProcessInfo")
        except (Fault, *DOWN):  # the only fault of this call is that supervisord is shutting down
            return ()
        return tuple(_found(row) for row in rows)

    async def find(self, unit: UnitId) -> FoundUnit | None:
        try:
            return _found(await self._daemon.call("supervisor.getProcessInfo", unit.name))
        except (Fault, *DOWN):  # it has no such program, or is shutting down
            return None

    async def start(self, unit: UnitId) -> None:
        """Raises ChangeFailed when supervisord refuses the definition."""
        name = unit.name
        try:
            await self._end(name)
            await self._define(name)
            await self._daemon.call("supervisor.startProcess", name, False)
        except (Fault, *DOWN) as error:
            raise ChangeFailed(_refused("start", name, error)) from error

    async def stop(self, unit: UnitId) -> None:
        name = unit.name
        try:
            await self._end(name)
            await self._daemon.call("supervisor.removeProcessGroup", name)
        except Fault as fault:
            if "BAD_NAME" not in fault.faultString:
                raise ChangeFailed(_refused("stop", name, fault)) from fault
        except DOWN:
            return

    async def reload(self, unit: UnitId) -> None:
        name = unit.name
        try:
            await self._daemon.call("supervisor.signalProcess", name, "HUP")
        except (Fault, *DOWN) as error:
            raise ChangeFailed(_refused("reload", name, error)) from error

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        """Of its file, also after supervisord has rotated that; one that is not there yet is waited for."""
        path = self._daemon.root / "hosts" / unit.host / "logs" / f"{unit.name}.log"
        return file_log_script(str(path), lines, follow)

    async def _end(self, name: str) -> None:
        """Stop the process and wait for its end. Nothing happens when it doesn't run, or isn't known."""
        try:
            await self._daemon.call("supervisor.stopProcess", name, True)
        except Fault as fault:
            if not any(word in fault.faultString for word in ("NOT_RUNNING", "BAD_NAME")):
                raise

    async def _define(self, name: str) -> None:
        """Have supervisord read the program's present file. One at a time, since it reads all files again."""
        async with self._definitions:
            [[added, changed, _removed]] = await self._daemon.call("supervisor.reloadConfig")
            if name in changed:
                await self._daemon.call("supervisor.removeProcessGroup", name)
            if name in added or name in changed:
                await self._daemon.call("supervisor.addProcessGroup", name)


def _found(row: dict[str, Any]) -> FoundUnit:
    state = _STATES.get(row["statename"], "unknown")
    if row["statename"] == "BACKOFF":
        detail = row["spawnerr"] or "it ended at once"
    elif row["statename"] == "EXITED":
        detail = f"it ended with exit status {row['exitstatus']}"
    else:
        detail = row["spawnerr"]
    log = Path(row["stdout_logfile"])
    return FoundUnit(
        read_back(log.parent.parent.name, row["name"]),
        state=state,
        pid=int(row["pid"]),
        detail=detail,
        started=str(row["start"]),
    )


def _refused(what: str, name: str, error: Exception) -> Problem:
    said = error.faultString if isinstance(error, Fault) else "supervisord does not answer"
    return Problem(
        "supervisord", "error", f"supervisord can't {what} {name}: {said}", "run the same command again", name
    )
