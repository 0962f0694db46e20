"""`--only`: a part of a plan, by hosts or by roles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from corral.model.cluster import Cluster
from corral.plan.actions import Action, ConvergeReplicaSet, Plan, Stage, WriteFile
from corral.plan.diff import ACCOUNTS

ROLES: Final = {"time": "time", "database": "database", "app": "application", "proxy": "proxy"}
"""What people call a stage's hosts, and the stage."""


@dataclass(frozen=True)
class Only:
    """The chosen `hosts` and `stages`; all where both are empty."""

    hosts: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        return not self.hosts and not self.stages


def hosts_of(only: Only, cluster: Cluster) -> frozenset[str]:
    """The hosts that have to be there for what was chosen."""
    if only.everything:
        return frozenset(host.name for host in cluster.hosts)
    parts = {
        "time": {host.name for host in cluster.hosts},
        "database": {member.host.name for member in cluster.database.members},
        "application": {instance.host.name for instance in cluster.app.instances},
        "proxy": {host.name for host in cluster.proxy.hosts},
    }
    return only.hosts.union(*(parts[stage] for stage in only.stages))


def part_of(plan: Plan, only: Only, cluster: Cluster) -> Plan:
    """The actions of `plan` on the chosen hosts, or in the chosen stages.

    The accounts of those hosts come along: they are made in the first stage that a host has, for all of them. The
    replica set is converged when the database or one of its hosts is chosen. What has left the file is stopped on
    the chosen hosts alone.
    """
    if only.everything:
        return plan
    members = {member.host.name for member in cluster.database.members}
    concerned = hosts_of(only, cluster)

    def chosen(stage: str, action: Action) -> bool:
        if isinstance(action, WriteFile) and action.file.path.startswith(ACCOUNTS):
            return action.host in concerned
        if isinstance(action, ConvergeReplicaSet):
            return "database" in only.stages or bool(only.hosts & members)
        return action.host in only.hosts or stage in only.stages

    stages = (
        _part(stage, [[a for a in wave if chosen(stage.name, a)] for wave in stage.waves]) for stage in plan.stages
    )
    return replace(plan, stages=tuple(stage for stage in stages if stage.waves))


def _part(stage: Stage, waves: Collection[list[Action]]) -> Stage:
    return Stage(stage.name, tuple(tuple(wave) for wave in waves if wave))
