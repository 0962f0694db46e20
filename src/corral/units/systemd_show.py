"""What `systemctl show` writes, as units. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import inf
from typing import Final

from corral.language import tr
from corral.model.at_boot import MASKED, AtBoot
from corral.model.ends import ended
from corral.model.identity import UnitId, unit_of
from corral.model.resources import FoundUnit, UnitState

PROPERTIES: Final = ",".join(
    (
        "Id,Names,LoadState,ActiveState,SubState,UnitFileState,MainPID,Result",
        "ExecMainCode,ExecMainStatus,ExecMainStartTimestamp,ExecMainStartTimestampMonotonic",
    )
)
"""Asked for with --all, TZ=UTC0 and LC_ALL=C; before them a line `Uptime=` with the seconds of /proc/uptime."""

SETTLED: Final = 1.0
"""Seconds that a process must live before it counts as running, as supervisord's startsecs in the playground."""

_STATES: Final[dict[str, UnitState]] = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "inactive": "stopped",
    "failed": "failed",
}
_TOO_OFTEN: Final = "start-limit-hit"
_RESULTS: Final = {
    "timeout": tr("it did not start or stop within its time"),
    "oom-kill": tr("the kernel killed it since memory was short"),
    "watchdog": tr("it stopped answering its watchdog"),
    _TOO_OFTEN: tr("it died too often in a short time"),
    "resources": tr("the system had no room for it, or its environment file is missing"),
    "protocol": tr("it did not say that it is ready"),
}
_FILES: Final = {
    "not-found": tr("its unit file is gone"),
    "bad-setting": tr("its unit file has a mistake"),
    "error": tr("its unit file can't be read"),
    "masked": tr("its unit is masked"),
}
_STATUSES: Final = {
    "200": tr("its directory can't be entered"),
    "203": tr("its program can't be executed: it isn't there, may not be run, or asks for a missing interpreter"),
    "216": tr("its group doesn't exist"),
    "217": tr("its account doesn't exist"),
    "226": tr("its restricted view of the file system can't be set up"),
}
"""Exit statuses that systemd itself gives a process that it could not make ready."""


Properties = Mapping[str, str]


def names_of(properties: Properties) -> tuple[str, ...]:
    """All names of a service, without their ending."""
    return tuple(name.removesuffix(".service") for name in properties.get("Names", "").split())


def blocks(text: str) -> Iterator[dict[str, str]]:
    """One mapping for each unit: blank lines stand between them."""
    for block in text.split("\n\n"):
        properties = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if properties:
            yield properties


def found_units(cluster: str, host: str, text: str) -> tuple[FoundUnit, ...]:
    """The units of `cluster` in what `systemctl show` wrote.

    One that neither runs nor is enabled is not defined, unless it is masked: somebody has forbidden it.
    """
    uptime = inf
    units = []
    for properties in blocks(text):
        uptime = float(properties.get("Uptime", uptime))
        unit = unit_of(cluster, host, properties.get("Id", ""))
        if unit and _is_defined(properties):
            units.append(_found(unit, properties, uptime))
    return tuple(units)


def _is_defined(properties: Properties) -> bool:
    resting = properties.get("ActiveState") in ("inactive", None)
    file = properties.get("UnitFileState", "")
    return not resting or file.startswith("enabled") or file in MASKED


def _found(unit: UnitId, properties: Properties, uptime: float) -> FoundUnit:
    state = _state(properties, uptime)
    return FoundUnit(
        unit,
        state=state,
        pid=int(properties.get("MainPID") or 0),
        detail=_detail(unit, properties) if state in ("failed", "stopped") else "",
        started=_started(properties.get("ExecMainStartTimestamp", "")),
        at_boot=_at_boot(properties),
    )


def _at_boot(properties: Properties) -> AtBoot | None:
    file = properties.get("UnitFileState", "")
    return AtBoot("systemd", properties["Id"], file) if file else None


def _state(properties: Properties, uptime: float) -> UnitState:
    """`auto-restart` is the pause between a failure and the next start: no process runs, so it has failed."""
    state = _STATES.get(properties.get("ActiveState", ""), "unknown")
    if state == "starting" and properties.get("SubState", "").startswith("auto-restart"):
        return "failed"
    lives = uptime - int(properties.get("ExecMainStartTimestampMonotonic") or 0) / 1e6
    return "starting" if state == "running" and lives < SETTLED else state


def _detail(unit: UnitId, properties: Properties) -> str:
    if properties.get("LoadState", "loaded") != "loaded":
        return _FILES.get(
            properties["LoadState"], tr("its unit file is {properties}", properties=properties["LoadState"])
        )
    result = properties.get("Result", "")
    if result in _RESULTS:
        last = _end(unit, properties) if result == _TOO_OFTEN else ""
        return tr("{results}; the last time {last}", results=_RESULTS[result], last=last) if last else _RESULTS[result]
    if result == "success" and properties.get("ExecMainCode") != "1":
        return ""
    return _end(unit, properties) or result


def _end(unit: UnitId, properties: Properties) -> str:
    """How its main process has ended last; empty where that isn't told."""
    status, code = properties.get("ExecMainStatus") or "0", properties.get("ExecMainCode", "")
    if code in ("2", "3"):
        return tr("it {ended}", ended=ended(-int(status), unit.program))
    if code == "1":
        return _STATUSES.get(status) or tr("it {ended}", ended=ended(int(status), unit.program))
    return ""


def _started(timestamp: str) -> str:
    """Seconds since the epoch, as digits, of such as `Tue 2026-11-24 19:47:01 UTC`; empty for none."""
    try:
        moment = datetime.strptime(timestamp, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return str(int(moment.timestamp()))
