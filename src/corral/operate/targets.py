"""What a word on the command line stands for: a unit, a host, a role, or everything."""

from __future__ import annotations

import difflib

from corral.desired.gates import keepalived_unit, mongod_unit, nginx_unit
from corral.errors import InvalidFile
from corral.model.cluster import Cluster
from corral.problems import Problem

Target = tuple[str, str]
"""A host's name and a unit's name."""


def select(cluster: Cluster, word: str) -> list[Target]:
    """The units that `word` names; all of them for the empty word. Raises InvalidFile with the nearest name."""
    groups = _groups(cluster)
    everything = [target for role in ("proxy", "web", "worker", "database") for target in groups[role]]
    if not word:
        return everything
    for target in [*everything, *groups.get("failover", ())]:
        groups.setdefault(target[1], [target])
        groups.setdefault(target[0], [other for other in everything if other[0] == target[0]])
    if word not in groups:
        near = difflib.get_close_matches(word, groups, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(groups))}"
        raise InvalidFile(Problem("unknown-target", "error", f"{word!r} is no instance, host or role", hint))
    return groups[word]


def hosts_of_target(cluster: Cluster, word: str) -> list[str]:
    """The hosts that `word` names: one, those of a role, or `all`. Raises InvalidFile with the nearest name."""
    names = [host.name for host in cluster.hosts]
    if word == "all":
        return names
    if word == "time":
        return [host.name for host in cluster.time.servers]
    if word in names:
        return [word]
    return list(dict.fromkeys(host for host, _ in select(cluster, word)))


def _groups(cluster: Cluster) -> dict[str, list[Target]]:
    web = [(instance.host.name, instance.name) for instance in cluster.app.web]
    failover = [(host.name, keepalived_unit(host)) for host in cluster.proxy.hosts]
    workers = [(instance.host.name, instance.name) for instance in cluster.app.workers]
    return {
        "proxy": [(host.name, nginx_unit(host)) for host in cluster.proxy.hosts],
        "web": web,
        "worker": workers,
        "app": web + workers,
        "database": [(member.host.name, mongod_unit(member.host)) for member in cluster.database.members],
        **({"failover": failover} if cluster.moving else {}),
    }
