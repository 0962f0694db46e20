"""The units of a cluster as they run, wherever it is: what `status` begins with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corral.errors import CorralError
from corral.model.machine import Machine
from corral.model.resources import File, FoundReplicaSet, FoundUnit
from corral.observe.files import STAMPS, observe_files
from corral.observe.machine import observe_machines, observed_of
from corral.observe.units import split_stamps, with_revisions
from corral.operate.report import State
from corral.operate.site import Site
from corral.problems import Problem
from corral.verify.http import Answer

Found = Mapping[str, FoundUnit]
UP = ("running", "starting")


@dataclass(frozen=True)
class Seen:
    """The units by name, with their stamps; `silent` are hosts that can't be reached.

    `replica_set` is there when it was asked in the same look.
    """

    units: Found
    silent: frozenset[str] = frozenset()
    replica_set: FoundReplicaSet | None = None

    def state(self, host: str, name: str, answer: Answer, patience: float) -> State:
        """`starting` is an unproven process younger than `patience`, the time that it is given from start to health."""
        unit = self.units.get(name)
        if unit is None and host in self.silent:
            return "healthy" if answer.healthy else "unknown"
        return _state(unit, answer, patience)


async def look(site: Site) -> tuple[Seen, list[Problem]]:
    """Never raises: a host that can't be read is a problem, not a failure."""
    return await (_on_hosts(site) if site.on_hosts else _here(site))


async def _on_hosts(site: Site) -> tuple[Seen, list[Problem]]:
    """One round trip to each host, all at once."""
    machines, silent = await observe_machines(site.transport, site.cluster, site.secrets)
    return seen_in(machines, silent), list(silent.values())


def seen_in(
    machines: Mapping[str, Machine], silent: Iterable[str] = (), replica_set: FoundReplicaSet | None = None
) -> Seen:
    """The units of hosts that have been looked at already."""
    units = observed_of(machines, FoundReplicaSet()).units
    return Seen({unit.name: unit for unit in units}, frozenset(silent), replica_set)


async def _here(site: Site) -> tuple[Seen, list[Problem]]:
    listing = await site.units.list()
    if not listing:
        return Seen({}), []
    reads = await asyncio.gather(
        *(
            observe_files(site.transport, host, site.secrets, [str(host.layout.state / STAMPS)])
            for host in site.cluster.hosts
        ),
        return_exceptions=True,
    )
    files: list[File] = []
    problems: list[Problem] = []
    for read in reads:
        if isinstance(read, CorralError):
            problems.extend(read.problems)
        elif isinstance(read, BaseException):
            raise read
        else:
            files.extend(read[0])
    units = with_revisions(listing, split_stamps(files)[1])
    return Seen({unit.name: unit for unit in units}), problems


def _state(unit: FoundUnit | None, answer: Answer, patience: float) -> State:
    if unit is None or unit.state in {"stopping", "stopped", "unknown"}:
        return "stopped"
    if answer.healthy:
        return "healthy"
    young = unit.started.isdigit() and time.time() - int(unit.started) < patience
    return "starting" if unit.state in UP and young and not unit.proven else "unhealthy"
