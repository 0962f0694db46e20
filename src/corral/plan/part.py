"""The part of a plan that was chosen by `--only` and `--without`, and what must come before it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from corral.model.cluster import Cluster
from corral.model.only import Only, hosts_of
from corral.plan.actions import Action, ConvergeReplicaSet, Plan, ReloadUnit, StageName, StartUnit, StopUnit, WriteFile
from corral.plan.diff import ACCOUNTS
from corral.plan.steering import without_idle_steps


def part_of(plan: Plan, only: Only, cluster: Cluster) -> Plan:
    """The actions of `plan` on the chosen hosts, or in the chosen stages, and what must come before them.

    The accounts of those hosts come along: they are made in the first stage that a host has, for all of them. The
    replica set is converged when the database or one of its hosts is chosen, and when a mongod is to be stopped: it
    may still have a vote. What has left the file is stopped on the chosen hosts alone, with one exception: before a
    worker starts, those that have left the file stop wherever they are. Two workers do every job twice, which does more
    harm than a stop on a host that wasn't named, and the plan shows that stop before anything is done.

    With `--without` nothing is done on those hosts, and the set is left as it is while one of them has a member of it.

    A host that has web instances to stop of which a proxy may still know keeps all that has left the file until a run
    that brings the proxies up to date: people would be sent to instances that are gone.
    """
    if only.everything:
        return plan
    asked = partial(_is_asked, only, hosts_of(only, cluster), {member.host.name for member in cluster.database.members})
    known = _hosts_that_proxies_know(plan, asked)

    def chosen(stage: str, action: Action) -> bool:
        return asked(stage, action) and not (stage == "retire" and action.host in known)

    def is_chosen(kind: Callable[[Action], bool]) -> bool:
        return any(kind(action) and chosen(stage.name, action) for stage in plan.stages for action in stage.actions())

    starts_worker, stops_member = is_chosen(_starts_worker), is_chosen(_stops_member)

    def kept(stage: StageName, action: Action) -> bool:
        if isinstance(action, ConvergeReplicaSet) and stops_member:
            return True
        if isinstance(action, StopUnit) and stage == "application" and starts_worker:
            return True
        return chosen(stage, action)

    return without_idle_steps(plan.only(kept))


def _is_asked(only: Only, concerned: Collection[str], members: Collection[str], stage: str, action: Action) -> bool:
    if isinstance(action, WriteFile) and action.file.path.startswith(ACCOUNTS):
        return action.host in concerned
    if isinstance(action, ConvergeReplicaSet):
        if not only.without.isdisjoint(members):
            return False
        return only.all_stages or "database" in only.stages or not only.hosts.isdisjoint(members)
    if action.host in only.without:
        return False
    return only.all_stages or action.host in only.hosts or stage in only.stages


def _hosts_that_proxies_know(plan: Plan, asked: Callable[[str, Action], bool]) -> frozenset[str]:
    """Hosts with web instances that have left the file, where something is left to do at a proxy; none otherwise."""
    changes = [(stage.name, action) for stage in plan.stages for action in stage.actions() if _changes_proxy(action)]
    if all(asked(stage, action) for stage, action in changes):
        return frozenset()
    retired = (action for stage in plan.stages if stage.name == "retire" for action in stage.actions())
    return frozenset(action.host for action in retired if isinstance(action, StopUnit) and action.port)


def _changes_proxy(action: Action) -> bool:
    """Whether it has a proxy take in another list of instances. Who is out meanwhile is another matter."""
    if isinstance(action, WriteFile):
        return action.file.stage == "proxy"
    return isinstance(action, StartUnit | ReloadUnit) and action.unit.role == "proxy"


def _starts_worker(action: Action) -> bool:
    return isinstance(action, StartUnit) and action.unit.role == "worker" and not action.restart


def _stops_member(action: Action) -> bool:
    return isinstance(action, StopUnit) and action.role == "database"
