"""supervisord's programs as units."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xmlrpc.client import Fault

from corral.errors import ChangeFailed
from corral.language import tr
from corral.model.ends import ended, signal_number
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


_ENDED: Final = ("BACKOFF", "FATAL", "EXITED", "STARTING")
"""States of a process that has ended by itself, could not be started, or is started, perhaps after it has ended."""
_NO_WORDS: Final = ("Exited too quickly", "Bad exit code")
"""What supervisord's list says of every end, however it came."""
_LINE: Final = re.compile(
    r"\b(exited|stopped|success|gave up): (\S+)(?: \((?:exit status (\d+)|terminated by (SIG\w+|signal \d+)))?"
)


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
        ends = await self._ends(rows)
        return tuple(_found(row, ends) for row in rows)

    async def find(self, unit: UnitId) -> FoundUnit | None:
        try:
            row = await self._daemon.call("supervisor.getProcessInfo", unit.name)
        except (Fault, *DOWN):  # it has no such program, or is shutting down
            return None
        return _found(row, await self._ends([row]))

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

    async def _ends(self, rows: Sequence[dict[str, Any]]) -> Mapping[str, int]:
        """How the processes of `rows` have ended last, by name, of those that have ended by themselves."""
        if not any(row["statename"] in _ENDED for row in rows):
            return {}
        return ends_in(await self._daemon.last_words())

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


def ends_in(log: str) -> dict[str, int]:
    """By process, as supervisord's log tells: the end that came last, as `model.ends.ended` takes it; none for one that
    was stopped, or has run since."""
    ends: dict[str, int] = {}
    for word, name, status, signal in _LINE.findall(log):
        if word == "exited":
            ends[name] = int(status) if status else -signal_number(signal)
        else:
            ends.pop(name, None)
    return ends


def _found(row: dict[str, Any], ends: Mapping[str, int]) -> FoundUnit:
    log = Path(row["stdout_logfile"])
    unit = read_back(log.parent.parent.name, row["name"])
    return FoundUnit(
        unit,
        state=_STATES.get(row["statename"], "unknown"),
        pid=int(row["pid"]),
        detail=_detail(unit, row, ends.get(unit.name)),
        started=str(row["start"]),
    )


def _detail(unit: UnitId, row: dict[str, Any], end: int | None) -> str:
    """supervisord's list has an exit status alone: -1 for a signal, and none for what has ended within a second."""
    said = str(row["spawnerr"])
    if row["statename"] not in _ENDED or (said and not said.startswith(_NO_WORDS)):
        return said
    if end is None and row["statename"] == "EXITED" and row["exitstatus"] >= 0:
        end = int(row["exitstatus"])
    if end is None:
        return "" if row["statename"] == "STARTING" else tr("it ended by itself, and its log may say why")
    return tr("it {ended}", ended=ended(end, unit.program))


def _refused(what: str, name: str, error: Exception) -> Problem:
    said = error.faultString if isinstance(error, Fault) else tr("supervisord does not answer")
    return Problem(
        "supervisord",
        "error",
        tr("supervisord can't {what} {name}: {said}", what=what, name=name, said=said),
        tr("run the same command again"),
        name,
    )
