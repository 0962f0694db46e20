"""From a cluster file's text to what is wanted of its hosts, and to hosts on which all of it is in place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import load_text
from corral.desired.assemble import assemble
from corral.desired.supervisor import SupervisorKeeper
from corral.model.cluster import Cluster
from corral.model.resources import (
    Desired,
    FoundReplicaSet,
    FoundUnit,
    HostFacts,
    MemberFacts,
    Observed,
)

REFERENCE = """\
name: ref
hosts: {p: 10.0.0.1, a: 10.0.0.2, b: 10.0.0.3, d1: 10.0.0.4, d2: 10.0.0.5, d3: 10.0.0.6}
proxy: {hosts: [p]}
app: {command: serve, hosts: [a, b], instances: 5, version: "1.0", workers: {instances: 1}, health: {interval: 1s}}
database: {members: {d1: {priority: 2}, d2: {}, d3: {}}, election_timeout: 10s}
"""


def cluster_of(text: str) -> Cluster:
    loaded = load_text(text)
    return build(loaded.spec, direct_placement(loaded.spec), PurePosixPath("/srv"))


def kept_here(text: str) -> Cluster:
    """As supervisord would keep it, where nothing is installed: what is planned is units and files alone."""
    return replace(cluster_of(text), abilities=frozenset())


def desired_of(text: str, nginx: tuple[int, int, int] | None = (1, 31, 3)) -> Desired:
    cluster = kept_here(text)
    facts = {host.name: HostFacts(host.name, nginx_version=nginx, mongod_version=(6, 0, 5)) for host in cluster.hosts}
    return assemble(cluster, facts, SupervisorKeeper(cluster))


def in_place(desired: Desired) -> Observed:
    """Everything written, running and proven; the replica set complete, its first member primary."""
    wanted = desired.replica_set
    return Observed(
        files=desired.files,
        directories=desired.directories,
        units=tuple(
            FoundUnit(unit.id, "running", unit.revision, unit.reload_revision, pid=1, proven=True, seeds=unit.seeds)
            for unit in desired.units
        ),
        replica_set=FoundReplicaSet(
            name=wanted.name,
            members=wanted.members,
            version=7,
            election_timeout=wanted.election_timeout,
            heartbeat_interval=wanted.heartbeat_interval,
            facts=tuple(
                MemberFacts(member.name, "SECONDARY" if number else "PRIMARY")
                for number, member in enumerate(wanted.members)
            ),
            primary=wanted.members[0].name,
            users=tuple((user.name, "ok") for user in wanted.users),
        ),
    )


def with_unit(observed: Observed, name: str, **changes: object) -> Observed:
    units = tuple(
        replace(unit, **changes) if unit.name == name else unit  # type: ignore[arg-type] # cases name any field
        for unit in observed.units
    )
    return replace(observed, units=units)
