"""The first half of `plan` and `apply`: all hosts as they are, and what would change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from corral.desired.database import replica_set
from corral.desired.hosts import assemble_hosts
from corral.errors import ChangeFailed, Unreachable
from corral.events import Sink, StageFinished, StageStarted, ignore
from corral.model.cluster import Cluster
from corral.model.machine import Machine
from corral.model.resources import Desired, FoundReplicaSet, HostFacts, Observed
from corral.mongo.clients import Connections
from corral.observe.host_facts import host_facts
from corral.observe.machine import Answers, observe_machines, observed_of
from corral.observe.members import with_members
from corral.observe.replica_set import observe_replica_set
from corral.operate.planning import plan_of
from corral.operate.site import Site
from corral.plan.actions import Plan
from corral.plan.basis import basis_of
from corral.plan.drain import HeldBack
from corral.plan.only import Only, hosts_of, part_of
from corral.problems import Problem, errors_in
from corral.rules.host import preflight
from corral.rules.texts import Language


@dataclass(frozen=True)
class Look:
    """All hosts as they were found in one moment."""

    machines: Mapping[str, Machine]
    observed: Observed


@dataclass(frozen=True)
class Prepared:
    """What is known before anything is changed: what would change, and what is worth knowing of the hosts."""

    desired: Desired
    held_back: HeldBack
    plan: Plan
    warnings: tuple[Problem, ...]


async def look(site: Site, only: Only, sink: Sink = ignore, asked: Awaitable[Answers] | None = None) -> Look:
    """One round trip to each host, and the replica set, all at once; `asked` are the hosts where that is under way.

    Raises Unreachable for a host that is needed.
    """
    cluster, started = site.cluster, time.monotonic()
    sink(StageStarted("look", 0))
    asking = asyncio.ensure_future(_ask_replica_set(site))
    try:
        machines, problems = await (asked or observe_machines(site.transport, cluster, site.secrets))
        needed = hosts_of(only, cluster)
        missing = [problem for host, problem in problems.items() if host in needed]
        if missing:
            raise Unreachable(missing)
        found = await asking
        told = await with_members(cluster, machines, found, Connections(site.secrets, site.routes))
        seen = Look(told, observed_of(told, found))
        sink(StageFinished("look", time.monotonic() - started))
        return seen
    finally:
        asking.cancel()


async def _ask_replica_set(site: Site) -> FoundReplicaSet:
    database = site.cluster.database
    names = [member.name for member in database.members]
    return await observe_replica_set(replica_set(database), Connections(site.secrets, site.routes), names)


def plan_from(site: Site, seen: Look, only: Only, language: Language = "en") -> Prepared:
    """Raises ChangeFailed with all that keeps the change from working on any host."""
    warnings = look_closely(site, seen, language)
    facts = _facts(site.cluster, seen.machines)
    desired = assemble_hosts(site.cluster, facts)
    held_back = partial(assemble_hosts, site.cluster, facts)
    told = (
        only.everything or {"application", "proxy"} <= only.stages
    )  # neither of the two alone leaves out and takes in
    whole = plan_of(site, desired, seen.observed, held_back if told else None)
    plan = replace(part_of(whole, only, site.cluster), basis=basis_of(seen.observed, seen.machines))
    return Prepared(desired, held_back, plan, warnings)


def look_closely(site: Site, seen: Look, language: Language = "en") -> tuple[Problem, ...]:
    """What is worth knowing of the hosts. Raises ChangeFailed when some of it keeps a change from working."""
    findings = preflight(site.cluster, seen.machines, language)
    if errors_in(findings):
        raise ChangeFailed(findings)
    return tuple(findings)


def _facts(cluster: Cluster, machines: Mapping[str, Machine]) -> dict[str, HostFacts]:
    """Hosts that were not reached, and are not needed, count as bare ones: their part of the plan is left out."""
    bare = {host.name: HostFacts(host.name) for host in cluster.hosts}
    return {**bare, **host_facts(cluster, machines)}
