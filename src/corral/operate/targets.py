"""What a word on the command line stands for: a unit, a host, a role, or everything."""

from __future__ import annotations

import difflib

from corral.errors import InvalidFile
from corral.model.cluster import Cluster
from corral.model.identity import UnitId, program_id
from corral.problems import Problem


def select(cluster: Cluster, word: str) -> list[UnitId]:
    """The units that `word` names; all of them for the empty word. Raises InvalidFile with the nearest name."""
    groups = _groups(cluster)
    everything = [target for role in ("proxy", "web", "worker", "database") for target in groups[role]]
    if not word:
        return everything
    for target in [*everything, *groups.get("failover", ())]:
        groups.setdefault(target.name, [target])
        groups.setdefault(target.host, [other for other in everything if other.host == target.host])
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
    return list(dict.fromkeys(unit.host for unit in select(cluster, word)))


def _groups(cluster: Cluster) -> dict[str, list[UnitId]]:
    web = [instance.unit for instance in cluster.app.web]
    failover = [program_id("failover", host.name) for host in cluster.proxy.hosts]
    workers = [instance.unit for instance in cluster.app.workers]
    return {
        "proxy": list(cluster.proxy.units),
        "web": web,
        "worker": workers,
        "app": web + workers,
        "database": [member.unit for member in cluster.database.members],
        **({"failover": failover} if cluster.moving else {}),
    }
