"""What is known of this machine only here: programs and limits, who holds the ports, what an earlier run has left.

It is observed before anything starts. A port is tried by listening on it, a command by searching its file.
"""

from __future__ import annotations

import errno
import importlib.util
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from corral.model.cluster import Cluster
from corral.model.endpoint import Endpoint
from corral.model.identity import UnitId
from corral.model.machine import Listener, Program
from corral.model.resources import UP
from corral.model.shared_machine import KeptData, RefusedPort, SharedMachine
from corral.places.base import Observation
from corral.places.playground import binaries, commands, kept, ports
from corral.places.playground.ports import Holder
from corral.places.playground.state import State
from corral.units import machine, orphans


@dataclass(frozen=True)
class Known:
    """What is known already. `path` is the PATH that instances have; `orphans` are processes whose supervisor is gone:
    they are ended before anything starts."""

    programs: Sequence[Program]
    path: str
    orphans: frozenset[int] = frozenset()
    file: Path = Path()
    """The cluster file."""


def completed(seen: Observation, cluster: Cluster, state: State, known: Known) -> Observation:
    """`seen`, with everything that the rules on a shared machine judge."""
    up = {unit.name for unit in seen.observed.units if unit.state in UP}
    tried = _tried(cluster, up, known.orphans, state.root)
    available = machine.available_memory()
    machines = {
        name: replace(
            each,
            programs=tuple(known.programs),
            listeners=tuple(tried.taken.get(name, ())),
            memory=replace(each.memory, available=available),
        )
        for name, each in seen.machines.items()
    }
    directory = Path(cluster.app.directory)
    shared = SharedMachine(
        root=str(state.root),
        disk=next((disk for each in machines.values() for disk in each.disks), None),
        supervisor=importlib.util.find_spec("supervisor") is not None,
        path=known.path,
        search_path=binaries.search_path(),
        directory=directory.is_dir(),
        commands=dict(commands.found(cluster, directory, known.path)) if directory.is_dir() else {},
        data=_kept(state),
        namesake=None if _has_begun(state) else kept.namesake(known.file, cluster.name),
        refused=tuple(tried.refused),
        outlived=frozenset(tried.outlived),
        open_files=machine.open_files_limit(),
    )
    return replace(seen, machines=machines, shared=shared)


def _has_begun(state: State) -> bool:
    return state.has_data() or "replica_set" in state.read_facts()


def _kept(state: State) -> KeptData:
    facts = state.read_facts()
    known = facts.get("replica_set", ""), tuple(facts.get("members", ()))
    return KeptData(tuple(state.data_hosts()), *known, tuple(state.member_names()))


@dataclass(frozen=True)
class _Tried:
    """Listeners on wanted ports, by host; ports that the kernel refuses; units whose ports orphans hold."""

    taken: dict[str, list[Listener]] = field(default_factory=dict)
    refused: list[RefusedPort] = field(default_factory=list)
    outlived: set[str] = field(default_factory=set)


def _tried(cluster: Cluster, up: set[str], ending: frozenset[int], root: Path) -> _Tried:
    """For the ports of units that aren't up: units that are up hold their own. What orphans hold counts as free."""
    tried = _Tried()
    for unit, endpoint in _endpoints(cluster):
        error = None if unit.name in up else ports.bind_error(endpoint.address, endpoint.port)
        if error and error.errno == errno.EADDRINUSE:
            holder = ports.holder(endpoint.address, endpoint.port)
            if holder.pid in ending:
                tried.outlived.add(unit.name)
            else:
                tried.taken.setdefault(unit.host, []).append(_listener(endpoint, holder, root))
        elif error:
            tried.refused.append(RefusedPort(unit.name, endpoint.address, endpoint.port, error.strerror or str(error)))
    return tried


def held_by(pids: Collection[int], cluster: Cluster) -> Iterator[tuple[UnitId, int]]:
    """The units on whose ports one of the processes `pids` listens, each with that one."""
    for unit, endpoint in _endpoints(cluster):
        pid = ports.holder(endpoint.address, endpoint.port).pid
        if pid in pids:
            yield unit, pid


def _endpoints(cluster: Cluster) -> Iterator[tuple[UnitId, Endpoint]]:
    yield from ((member.unit, member.endpoint) for member in cluster.database.members)
    yield from ((instance.unit, instance.endpoint) for instance in cluster.app.instances)
    yield from zip(cluster.proxy.units, cluster.proxy.endpoints, strict=True)


def _listener(endpoint: Endpoint, holder: Holder, root: Path) -> Listener:
    stray = holder.pid in orphans.processes_of(root)
    other = kept.holder(holder.pid, root) if holder.pid and not stray else ""
    listener = Listener("tcp", endpoint.address, endpoint.port, holder.pid, holder.command)
    return replace(listener, stray=stray, cluster=other)
