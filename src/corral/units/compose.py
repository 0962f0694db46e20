"""docker compose's services as units: the UnitManager of instances that run in containers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn

from corral.errors import ChangeFailed, Unreachable
from corral.language import tr
from corral.model.cluster import Cluster, Layout
from corral.model.command import CommandResult
from corral.model.identity import UnitId, container_of, prefix
from corral.model.resources import FoundUnit
from corral.problems import Problem
from corral.secrets import Secrets
from corral.shell import beside, call
from corral.transport.alone import alone
from corral.transport.base import LISTING, Transport
from corral.units.docker_inspect import INSPECT, PROJECT_LABEL, SERVICE_LABEL, describe_one, found_containers
from corral.units.systemd import MARGIN, NO_SECRETS

GATHER: Final = 0.05
"""Seconds that a start or a stop waits for others of its host. A compose command takes half a second for any number of
services, and two at a time on one project disturb each other; those of one wave come within milliseconds."""

SHELL: Final = beside(__file__, "compose.sh")
_CLOCK: Final = "clock "
"""What the line begins with that has the host's time: an account's shell may say something before."""

_Answer = tuple[float, Sequence[str]]
_What = Literal["start", "stop"]


@dataclass
class _Batch:
    """Starts or stops of one host that go in one command. `waiting` counts the callers that have not been cancelled."""

    names: list[str] = field(default_factory=list)
    waiting: int = 0
    ending: asyncio.Task[CommandResult] = field(init=False)


class ComposeUnits:
    """Units as services of the compose project `corral-<cluster>`, from `compose.yaml` in the host's configuration."""

    def __init__(self, transport: Transport, cluster: Cluster, secrets: Secrets = NO_SECRETS) -> None:
        """`secrets` are kept out of what errors say."""
        self._transport = transport
        self._cluster = cluster
        self._secrets = secrets
        self._open: dict[tuple[str, _What], _Batch] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def list(self) -> tuple[FoundUnit, ...]:
        found = await asyncio.gather(*(self._listed(host.name) for host in self._cluster.hosts))
        return tuple(unit for units in found for unit in units)

    async def find(self, unit: UnitId) -> FoundUnit | None:
        """By its container's name, in one call of docker; a stranger of that name is none."""
        form = describe_one(project(self._cluster.name), unit.name)
        question = call("find_container", self._file(unit.host), form, container_of(self._cluster.name, unit.name))
        now, lines = await self._asked(unit.host, question)
        identity = lines[0].partition("\t")[0] if lines else ""
        return next(iter(found_containers(unit.host, {identity: unit.name}, lines, now)), None)

    async def start(self, unit: UnitId) -> None:
        """Raises ChangeFailed with compose's words when it can't."""
        await self._with_others(unit.host, unit.name, "start")

    async def stop(self, unit: UnitId) -> None:
        """By docker itself: the service may have left the file by now. Raises ChangeFailed when docker refuses."""
        await self._with_others(unit.host, unit.name, "stop")

    async def reload(self, unit: UnitId) -> None:
        """Nothing that runs in a container reloads: raises ChangeFailed."""
        message = tr("{host}: {unit} runs in a container, which can't reload", host=unit.host, unit=unit.name)
        raise ChangeFailed(Problem("compose", "error", message, "", unit.name))

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        return container_log_script(self._cluster.name, unit, lines, follow)

    async def _listed(self, host: str) -> tuple[FoundUnit, ...]:
        columns = f'{{{{.ID}}}}\\t{{{{.Label "{SERVICE_LABEL}"}}}}'
        question = call("list_containers", self._file(host), self._label(), columns, INSPECT)
        now, lines = await self._asked(host, question)
        services = dict(line.split("\t") for line in lines if line.count("\t") == 1)
        return found_containers(host, services, lines, now)

    async def _asked(self, host: str, question: str) -> _Answer:
        """The host's clock and docker's lines; no lines if the host or its docker doesn't answer."""
        try:
            completed = await self._transport.run(host, SHELL.before(question), LISTING)
        except Unreachable:
            return 0.0, []
        lines = completed.text.splitlines()
        now = next((line.removeprefix(_CLOCK) for line in lines if line.startswith(_CLOCK)), "0")
        return float(now), [line for line in lines if "\t" in line]

    async def _with_others(self, host: str, name: str, what: _What) -> None:
        batch = self._open.get((host, what))
        if batch is None:
            batch = self._open[host, what] = _Batch()
            batch.ending = asyncio.ensure_future(self._carry_out(host, what, batch))
        batch.names.append(name)
        batch.waiting += 1
        try:
            completed = await asyncio.shield(batch.ending)
        except asyncio.CancelledError:
            await _leave(batch)
            raise
        if completed.code == 0:
            return
        if name != batch.names[0]:
            message = tr(
                "{host}: {name} was to {what} in the same docker command as {names}, which failed",
                host=host,
                name=name,
                what=what,
                names=batch.names[0],
            )
            raise ChangeFailed(Problem("compose", "error", message, tr("run the same command again"), name))
        self._refused(host, name, what, completed)

    async def _carry_out(self, host: str, what: _What, batch: _Batch) -> CommandResult:
        """One command for all that gather until its turn comes: not before GATHER, nor before the last one's end."""
        turns = self._turns.setdefault(host, asyncio.Lock())
        try:
            await asyncio.sleep(GATHER)
            await turns.acquire()
        finally:
            del self._open[host, what]
        try:
            script = self._up(host, batch.names) if what == "start" else self._down(batch.names)
            alone_there = f"{alone(self._state(host))}{SHELL.before(script)}"
            return await self._transport.run(host, alone_there, self._cluster.app.stop_timeout + MARGIN)
        finally:
            turns.release()

    def _up(self, host: str, names: Sequence[str]) -> str:
        return call("start_services", self._seconds(), self._file(host), project(self._cluster.name), *names)

    def _down(self, names: Sequence[str]) -> str:
        return call("stop_services", self._seconds(), self._label(), SERVICE_LABEL, *names)

    def _label(self) -> str:
        """What all containers of the project have."""
        return f"label={PROJECT_LABEL}={project(self._cluster.name)}"

    def _seconds(self) -> int:
        """What a container is given to end."""
        return max(1, round(self._cluster.app.stop_timeout))

    def _file(self, host: str) -> str:
        return str(self._layout(host).config / "compose.yaml")

    def _state(self, host: str) -> str:
        return str(self._layout(host).state)

    def _layout(self, host: str) -> Layout:
        """Also of a host that has left the file: all have the same."""
        return self._cluster.host_by_name.get(host, self._cluster.hosts[0]).layout

    def _refused(self, host: str, name: str, what: str, completed: CommandResult) -> NoReturn:
        message = tr(
            "{host}: docker compose can't {what} {name}: {words}",
            host=host,
            what=what,
            name=name,
            words=_words(completed.error_without(self._secrets)),
        )
        hint = tr("`corral logs {name}` shows more; fix it, then run the same command again", name=name)
        raise ChangeFailed(Problem("compose", "error", message, hint, name))


async def _leave(batch: _Batch) -> None:
    """When the last waiting caller is cancelled, the command is ended, or doesn't begin."""
    batch.waiting -= 1
    if batch.waiting == 0:
        batch.ending.cancel()
        await asyncio.gather(batch.ending, return_exceptions=True)


def project(cluster: str) -> str:
    """The compose project of `cluster`."""
    return prefix(cluster).removesuffix("-")


def _words(said: str) -> str:
    """The errors only. The older program prints each one twice, first with the container's name."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = {line.rpartition("  ")[2]: line for line in lines if line.lower().startswith("error")}
    return "\n".join(errors.values() or lines[-3:])


def container_log_script(cluster: str, unit: UnitId, lines: int, follow: bool = False) -> str:
    """A POSIX sh text that writes what a container wrote and, with `follow`, what it writes from then on.

    By its labels: a container that somebody else has given its name is not shown. Where there is none, it fails and
    says so.
    """
    labels = (f"label={PROJECT_LABEL}={project(cluster)}", f"label={SERVICE_LABEL}={unit.name}")
    none = tr(
        "there is no container of {unit} on {host} just now: it is being replaced, or was removed",
        unit=unit.name,
        host=unit.host,
    )
    silent = tr("docker on {host} gives no answer", host=unit.host)
    more = ["--follow"] if follow else []
    return SHELL.before(call("show_log", *labels, none, silent, "--tail", lines, *more))
