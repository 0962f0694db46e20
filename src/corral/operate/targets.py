"""What a word on the command line stands for: a unit, a host, a role, or everything."""

from __future__ import annotations

from collections.abc import Sequence

from corral.errors import InvalidFile
from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.identity import UnitId, program_id
from corral.model.only import ROLES, Only
from corral.nearest import hint
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
        message = tr("{word!r} is neither an instance, nor a host, nor a part of the cluster", word=word)
        raise InvalidFile(Problem("unknown-target", "error", message, hint(word, sorted(groups))))
    return groups[word]


def words(cluster: Cluster) -> list[str]:
    """All that `select` takes."""
    groups = _groups(cluster)
    units = [unit for role in ("proxy", "web", "worker", "database") for unit in groups[role]]
    names = [name for unit in units for name in (unit.host, unit.name)]
    return list(dict.fromkeys([*groups, *names]))


def part_named(words: Sequence[str], without: Sequence[str], cluster: Cluster) -> Only:
    """What `--only` and `--without` name. Raises errors.InvalidFile with the nearest name for one that is unknown."""
    hosts = {host.name for host in cluster.hosts}
    for word in without:
        if word not in hosts:
            message = tr("--without {word!r} is not a host of the file", word=word)
            raise InvalidFile(Problem("unknown-target", "error", message, hint(word, sorted(hosts))))
    for word in words:
        if word not in hosts and word not in ROLES:
            known = [*(host.name for host in cluster.hosts), *ROLES]
            message = tr("--only {word!r} is neither a host of the file nor a part of the cluster", word=word)
            raise InvalidFile(Problem("unknown-target", "error", message, hint(word, known)))
    chosen = frozenset(word for word in words if word in hosts)
    return Only(chosen, frozenset(ROLES[word] for word in words if word not in chosen), frozenset(without))


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
