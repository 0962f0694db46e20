"""`--only` and `--without`: a part of a cluster, by hosts or by roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from corral.model.cluster import Cluster

ROLES: Final = {"time": "time", "database": "database", "app": "application", "proxy": "proxy"}
"""The words for `--only`, and the stage that each means."""


@dataclass(frozen=True)
class Only:
    """The chosen `hosts` and `stages`, all where both are empty; `without` are hosts that are left out of them."""

    hosts: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        return self.all_stages and not self.without

    @property
    def all_stages(self) -> bool:
        return not self.hosts and not self.stages


def hosts_of(only: Only, cluster: Cluster) -> frozenset[str]:
    """The hosts that must answer for what was chosen."""
    if only.all_stages:
        return frozenset(host.name for host in cluster.hosts) - only.without
    parts = {
        "time": {host.name for host in cluster.hosts},
        "database": {member.host.name for member in cluster.database.members},
        "application": {instance.host.name for instance in cluster.app.instances},
        "proxy": {host.name for host in cluster.proxy.hosts},
    }
    return only.hosts.union(*(parts[stage] for stage in only.stages)) - only.without
