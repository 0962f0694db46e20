"""What the replica set says about the running mongods: their release series, and what the data are compatible with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from corral.model.cluster import Cluster
from corral.model.database_users import OPERATOR
from corral.model.host_needs import mongod_to_be
from corral.model.machine import FoundMember, Machine
from corral.model.mongodb_series import Series, series_in
from corral.model.resources import FoundReplicaSet
from corral.mongo.clients import Connections, Refused

Machines = Mapping[str, Machine]


async def with_members(
    cluster: Cluster, machines: Machines, found: FoundReplicaSet, connections: Connections
) -> dict[str, Machine]:
    """`machines` with what `found` says of their members.

    The set is asked once more only before a change of the series.
    """
    compatibility = await _compatibility(connections, found) if has_new_series(cluster, machines, found) else None
    running = _running(found)
    names = {member.host.name: member.name for member in cluster.database.members}
    return {
        name: replace(machine, member=FoundMember(running.get(names.get(name, "")), compatibility))
        for name, machine in machines.items()
    }


def has_new_series(cluster: Cluster, machines: Machines, found: FoundReplicaSet) -> bool:
    """Whether a MongoDB series is to start that no member runs yet. False before the first member runs."""
    running = set(_running(found).values())
    wanted = {version[:2] for version in _wanted(cluster, machines)}
    return bool(running) and not wanted <= running


def _running(found: FoundReplicaSet) -> dict[str, Series]:
    return {fact.name: fact.series for fact in found.facts if fact.series}


def _wanted(cluster: Cluster, machines: Machines) -> Iterable[tuple[int, int, int]]:
    theirs = (mongod_to_be(cluster, host, machines[host.name]) for host in cluster.hosts if host.name in machines)
    return (version for version in theirs if version)


async def _compatibility(connections: Connections, found: FoundReplicaSet) -> Series | None:
    """As the first member with data that answers has it. The operator may ask this: its role includes clusterMonitor.

    While the value is being raised, a member reports the old one. Never raises.
    """
    question = {"getParameter": 1, "featureCompatibilityVersion": 1}
    holders = [found.primary, *(fact.name for fact in found.facts if fact.state == "SECONDARY")]
    async with connections:
        for member in filter(None, holders):
            try:
                answer = await connections.ask(member, dict(question), user=OPERATOR)
            except Refused:
                continue
            return series_in(answer["featureCompatibilityVersion"]["version"])
    return None
