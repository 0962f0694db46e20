"""`corral up`: the pipeline over loopback hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from corral.desired.assemble import assemble
from corral.events import Note, Sink, StageFinished, StageStarted
from corral.model.cluster import Cluster
from corral.model.resources import Desired, Observed, digest
from corral.observe.cluster import observe
from corral.operate.outside import outside_of
from corral.operate.planning import plan_of, refuse_lost_majority
from corral.operate.report import Status
from corral.operate.site import Site
from corral.operate.stages import announce, carry_out, prove
from corral.plan.actions import Plan
from corral.plan.drain import HeldBack
from corral.plan.restart import restart_plan
from corral.playground import orphans, preflight
from corral.playground.site import Playground, choose_ports
from corral.transport.units import UnitManager

_UP = ("running", "starting")


@dataclass(frozen=True)
class Outcome:
    """How `up` ended: the site that runs, what was planned, how it fares."""

    site: Site
    plan: Plan
    status: Status
    seconds: float
    next: str
    """What people are told to do next; empty when they have been told before."""


@dataclass(frozen=True)
class Prepared:
    """What both `up` and its dry run begin with: nothing has been changed so far."""

    site: Site
    desired: Desired
    held_back: HeldBack
    running: frozenset[str]


async def up(playground: Playground, sink: Sink) -> Outcome:
    """Bring the cluster to what its file says. The lock must be held.

    Raises CorralError; what runs then goes on running.
    """
    started = time.monotonic()
    await _end_orphans(playground, sink)
    prepared = await _prepare(playground, sink)
    await _supervise(playground, prepared, sink)
    plan = await _plan(prepared, playground)
    announce(plan, prepared.site.cluster, sink)
    await carry_out(plan, prepared.site, sink)
    _remember(playground, prepared.site.cluster)
    report = await prove(prepared.site, plan, sink)
    return Outcome(prepared.site, plan, report, time.monotonic() - started, _not_said_yet(playground, prepared.site))


async def dry_run(playground: Playground, sink: Sink) -> Plan:
    """What `up` would do now; changes nothing but the cluster's own directory, where its secrets are made."""
    prepared = await _prepare(playground, sink)
    return await _plan(prepared, playground)


async def restart(playground: Playground, names: Collection[str], sink: Sink, may_go_on: Callable[[], None]) -> Status:
    """Restart the units `names` in turn. The lock must be held. Raises CorralError."""
    prepared = await _prepare(playground, sink)
    site = prepared.site
    observed = await _observe(prepared, playground)
    plan = restart_plan(site.cluster.name, prepared.desired, observed, prepared.held_back, names)
    refuse_lost_majority(plan, observed.replica_set)
    announce(plan, site.cluster, sink)
    await carry_out(plan, site, sink, may_go_on)
    return await prove(site, plan, sink)


async def _end_orphans(playground: Playground, sink: Sink) -> None:
    """Processes that an earlier supervisor left behind would hold the ports and the data."""
    if await playground.daemon.pid():
        return
    left = orphans.processes_of(playground.state.root)
    if left:
        sink(Note(f"ending {len(left)} processes that outlived their supervisor", "warning"))
        await orphans.end(left, patience=60)


async def _prepare(playground: Playground, sink: Sink) -> Prepared:
    await playground.daemon.wait_for_shutdown()
    units = playground.site(playground.known_ports(), {}).units
    await _settled(units)
    up = [unit for unit in await units.list() if unit.state in _UP]
    running = frozenset(unit.name for unit in up)
    serving = frozenset(unit.host for unit in up if unit.role == "proxy")
    chosen = choose_ports(playground, serving, sink)
    facts = await asyncio.to_thread(preflight.host_facts, playground.cluster(chosen))
    site = playground.site(chosen, {**playground.state.secrets(), **outside_of(playground.loaded)})
    desired = assemble(site.cluster, facts)
    path = await playground.daemon.path()
    preflight.check(site.cluster, desired, running, playground.state, path, sink)
    return Prepared(site, desired, partial(assemble, site.cluster, facts), running)


async def _settled(units: UnitManager, patience: float = 90) -> None:
    """Wait for processes that are just ending: an interrupted run may have told them to."""
    deadline = time.monotonic() + patience
    while any(unit.state == "stopping" for unit in await units.list()) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)


async def _supervise(playground: Playground, prepared: Prepared, sink: Sink) -> None:
    cluster = prepared.site.cluster
    proxy_ports = {host.name: port for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True)}
    playground.state.add_facts(cluster=cluster.name, network=playground.network, proxy_ports=proxy_ports)
    started = time.monotonic()
    if await playground.daemon.start():
        sink(StageStarted("supervisor", 1))
        sink(StageFinished("supervisor", time.monotonic() - started))


async def _plan(prepared: Prepared, playground: Playground) -> Plan:
    observed = await _observe(prepared, playground)
    plan = plan_of(prepared.site, prepared.desired, observed, prepared.held_back)
    refuse_lost_majority(plan, observed.replica_set)
    return plan


async def _observe(prepared: Prepared, playground: Playground) -> Observed:
    site = prepared.site
    hosts = (*site.cluster.hosts, *playground.retired_hosts())
    return await observe(hosts, prepared.desired, site.transport, site.units, site.secrets)


def _remember(playground: Playground, cluster: Cluster) -> None:
    """By what the set knows its members: a file that changes all of that at once would leave the data behind."""
    members = [member.name for member in cluster.database.members]
    playground.state.add_facts(replica_set=cluster.database.replica_set, members=members)


def _not_said_yet(playground: Playground, site: Site) -> str:
    """app.next, once for each text: whoever has registered the first user needs to hear no more of it."""
    text = site.cluster.app.next
    said = playground.state.read_facts().get("said_next", "")
    playground.state.add_facts(said_next=digest(text))
    return text if said != digest(text) else ""
