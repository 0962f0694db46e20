"""What docker writes of a cluster's containers, as units. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from corral.language import tr
from corral.model.at_boot import AtBoot
from corral.model.ends import ended
from corral.model.identity import read_back
from corral.model.resources import FoundUnit, UnitState
from corral.units.systemd_show import SETTLED
from corral.words import counted

SERVICE_LABEL: Final = "com.docker.compose.service"
PROJECT_LABEL: Final = "com.docker.compose.project"

INSPECT: Final = (
    '{{index . "Id"}}{{"\\t"}}{{json (index . "State")}}{{"\\t"}}{{json (index . "RestartCount")}}{{"\\t"}}'
    '{{json (index . "RepoTags")}}{{"\\t"}}{{json (index . "Image")}}{{"\\t"}}'
    '{{with index . "HostConfig"}}{{json (index . "RestartPolicy")}}{{end}}'
)
"""The format of `docker inspect` for containers and images in one call. `index` is how a field may be missing, as an
image's State is and a container's RepoTags are; and the environment, which holds passwords, stays where it is.

The last two columns, the id of a container's image and its restart policy, are missing in what Corral 0.1.0 read.
"""

_LABELS: Final = 'index (index . "Config") "Labels"'
_DESCRIBE: Final = (
    f'{{{{$of := ""}}}}{{{{$service := ""}}}}{{{{with {_LABELS}}}}}'
    f'{{{{with index . "{PROJECT_LABEL}"}}}}{{{{$of = .}}}}{{{{end}}}}'
    f'{{{{with index . "{SERVICE_LABEL}"}}}}{{{{$service = .}}}}{{{{end}}}}{{{{end}}}}'
    '{{if index . "HostConfig"}}{{index . "Id"}}{{"\\t"}}{{$of}}{{"\\t"}}{{$service}}{{"\\t"}}'
    '{{index . "Name"}}{{"\\t"}}{{with index . "NetworkSettings"}}{{json (index . "Ports")}}{{end}}{{"\\n"}}{{end}}'
    f'{{{{if or (not (index . "HostConfig")) (eq $of "PROJECT")}}}}{INSPECT}{{{{end}}}}'
)

_STATES: Final[dict[str, UnitState]] = {
    "created": "stopped",
    "running": "running",
    "paused": "unknown",
    "restarting": "failed",
    "removing": "stopping",
    "exited": "failed",
    "dead": "failed",
}
_ASKED_TO_END: Final = (0, 130, 143)
"""Exit statuses of a process that ended well, or by the signal that asked it to."""


def found_containers(host: str, services: Mapping[str, str], lines: Iterable[str], now: float) -> tuple[FoundUnit, ...]:
    """The units that the containers of `services` (service by container id) are; `now` is the host's clock.

    While compose replaces a container there are two of one service: the newest counts.
    """
    units: dict[str, FoundUnit] = {}
    for line in lines:
        identity, *columns = line.split("\t")
        if identity not in services or len(columns) < 3 or not columns[0].startswith("{"):
            continue
        state, restarts, _tags, image, policy, *_ = (*columns, "null", "null")
        unit = _found(host, services[identity], json.loads(state), int(json.loads(restarts) or 0), now)
        unit = replace(unit, image=_hexadecimal(json.loads(image) or ""), at_boot=_at_boot(identity, policy))
        known = units.get(unit.name)
        if known is None or _age(unit) >= _age(known):
            units[unit.name] = unit
    return tuple(units.values())


def _at_boot(identity: str, policy: str) -> AtBoot | None:
    """docker has two words for the policy that starts a container never: `no`, and none."""
    known = json.loads(policy or "null")
    return AtBoot("docker", identity, str(known.get("Name") or "no")) if known else None


def describe(project: str) -> str:
    """The format of `docker inspect` for all containers of a host, and images, in one call.

    A row for each container, of whomever it is: id, project, service, name, published ports. Behind it `INSPECT`'s for
    those of `project`: of the others nothing else is reported.
    """
    return _DESCRIBE.replace("PROJECT", project)


def describe_one(project: str, service: str) -> str:
    """`INSPECT` for a container that is of this service by its labels: nothing for a stranger of the same name."""
    labels = f'printf "%v/%v" (index . "{PROJECT_LABEL}") (index . "{SERVICE_LABEL}")'
    own = f'{{{{if eq ({labels}) "{project}/{service}"}}}}{INSPECT.replace("index . ", "index $ ")}{{{{end}}}}'
    return f'{{{{with index . "Config"}}}}{{{{with index . "Labels"}}}}{own}{{{{end}}}}{{{{end}}}}'


def image_id(name: str, lines: Iterable[str]) -> str:
    """The id, in hexadecimal, of the image `name`; empty when docker has shown no such image."""
    for line in lines:
        identity, *columns = line.split("\t")
        if not identity.startswith("sha256:"):
            continue
        tags = json.loads(columns[2]) if len(columns) > 2 else None
        if not tags or "@" in name or familiar(name) in map(familiar, tags):
            return _hexadecimal(identity)
    return ""


def familiar(name: str) -> str:
    """An image's name as docker reports it: without `docker.io/` and `library/`, with the tag `latest` for none."""
    short = name.removeprefix("index.docker.io/").removeprefix("docker.io/").removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def _hexadecimal(identity: str) -> str:
    return identity.removeprefix("sha256:")


def _age(unit: FoundUnit) -> int:
    return int(unit.started or 0)


def _found(host: str, name: str, state: Mapping[str, Any], restarts: int, now: float) -> FoundUnit:
    started = _moment(str(state.get("StartedAt", "")))
    found = _state(state, now - started)
    return FoundUnit(
        read_back(host, name),
        state=found,
        pid=int(state.get("Pid") or 0),
        detail=_detail(state, restarts) if found in ("failed", "stopped", "unknown") else "",
        started=str(int(started)) if started > 0 else "",
    )


def _state(state: Mapping[str, Any], lives: float) -> UnitState:
    found = _STATES.get(str(state.get("Status", "")), "unknown")
    if found == "running" and lives < SETTLED:
        return "starting"
    if state.get("Status") == "exited" and state.get("ExitCode") in _ASKED_TO_END and not state.get("OOMKilled"):
        return "stopped"
    return found


def _detail(state: Mapping[str, Any], restarts: int) -> str:
    if state.get("Error"):
        return str(state["Error"])
    if state.get("Status") == "paused":
        return tr("it is paused")
    if state.get("Status") == "created":
        return tr("it was created but never started")
    again = tr(", and was restarted {times}", times=counted(restarts, "time")) if restarts else ""
    if state.get("OOMKilled"):
        return tr("the kernel killed it since memory was short{again}", again=again)
    return tr("it {ended}", ended=ended(int(state.get("ExitCode") or 0), also=again))


def _moment(text: str) -> float:
    """Seconds since the epoch; 0 for a container that was never started, which docker dates to the year 1."""
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0.0
