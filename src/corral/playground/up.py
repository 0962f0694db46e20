"""`corral up`: the pipeline over loopback hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

from corral.desired.assemble import assemble
from corral.errors import ChangeFailed
from corral.events import Note, Sink, StageFinished, StageStarted
from corral.execute.context import Context
from corral.execute.engine import execute
from corral.model.cluster import Cluster
from corral.model.resources import Desired, digest
from corral.observe.cluster import observe
from corral.operate.logs import with_log_tails
from corral.operate.report import Status
from corral.operate.site import Site
from corral.operate.status import status
from corral.plan.actions import Action, Plan, StartUnit
from corral.plan.drain import HeldBack
from corral.plan.order import make_plan
from corral.plan.replica_set import decide
from corral.plan.replica_set_steps import Stuck
from corral.playground import orphans, preflight
from corral.playground.site import Playground, choose_ports
from corral.problems import Problem, errors_in
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
    _announce(plan, prepared.site.cluster, sink)
    await _execute(plan, prepared.site, sink)
    _remember(playground, prepared.site.cluster)
    report = await _verify(prepared.site, plan, sink)
    return Outcome(prepared.site, plan, report, time.monotonic() - started, _not_said_yet(playground, prepared.site))


async def dry_run(playground: Playground, sink: Sink) -> Plan:
    """What `up` would do now; changes nothing but the cluster's own directory, where its secrets are made."""
    prepared = await _prepare(playground, sink)
    return await _plan(prepared, playground)


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
    running = frozenset(unit.name for unit in await units.list() if unit.state in _UP)
    serving = frozenset(name.removeprefix("nginx.") for name in running if name.startswith("nginx."))
    chosen = choose_ports(playground, serving, sink)
    facts = await asyncio.to_thread(preflight.host_facts, playground.cluster(chosen))
    site = playground.site(chosen, playground.state.secrets())
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
    """Raises ChangeFailed when the database could only refuse: before anything is changed, not in the middle."""
    site, desired = prepared.site, prepared.desired
    hosts = (*site.cluster.hosts, *playground.retired_hosts())
    observed = await observe(hosts, desired, site.transport, site.units, site.secrets)
    decision = decide(desired.replica_set, observed.replica_set)
    if isinstance(decision.step, Stuck):
        raise ChangeFailed(Problem(decision.step.code, "error", decision.sentence, decision.step.hint))
    return make_plan(site.cluster.name, desired, observed, prepared.held_back)


def _announce(plan: Plan, cluster: Cluster, sink: Sink) -> None:
    """How long the starts will take, where that is known and long."""
    waves = [[action for action in wave if _is_instance(action)] for stage in plan.stages for wave in stage.waves]
    seconds = sum(_seconds(wave, cluster.app.start_time) for wave in waves if wave)
    if seconds > 10:
        count = sum(map(len, waves))
        what = "1 instance starts" if count == 1 else f"{count} instances start"
        sink(Note(f"{what}: up to {seconds:.0f} s, at {cluster.app.start_time:g} s for one"))


def _is_instance(action: Action) -> bool:
    return isinstance(action, StartUnit) and action.unit.role in ("web", "worker")


def _seconds(wave: Sequence[Action], start_time: float) -> float:
    starts = [action for action in wave if isinstance(action, StartUnit)]
    width = max((start.unit.lane.width if start.unit.lane else len(starts) for start in starts), default=1)
    return ceil(len(starts) / width) * (start_time + max((start.drain for start in starts), default=0))


async def _execute(plan: Plan, site: Site, sink: Sink) -> None:
    hosts = site.cluster.host_by_name
    context = Context(site.transport, site.units, site.secrets, hosts, lambda _message: None)
    await execute(plan, context, sink)


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


async def _verify(site: Site, plan: Plan, sink: Sink, interval: float = 0.2) -> Status:
    """Look from the outside until all is healthy. Raises ChangeFailed with what is not, after the patience is over."""
    started = time.monotonic()
    sink(StageStarted("verify", 0))
    patience = _patience(site.cluster)
    while True:
        report = await status(site)
        if report.state == "healthy":
            sink(StageFinished("verify", time.monotonic() - started))
            return report
        starting = any(instance.state == "starting" for instance in report.instances)
        if time.monotonic() - started > (patience if starting or plan.changes else 10.0):
            raise ChangeFailed(await _unhealthy(site, report))
        await asyncio.sleep(interval)


def _patience(cluster: Cluster) -> float:
    """Seconds that a process which is starting by itself is given."""
    return max((i.health.start_timeout for i in cluster.app.instances if i.health), default=30.0)


async def _unhealthy(site: Site, report: Status) -> list[Problem]:
    """The problems, with the last lines of the log of each instance that has one."""
    problems = await with_log_tails(report.problems, site, report, lines=20)
    if not errors_in(problems):
        problems.append(Problem("not-healthy", "error", f"the cluster is {report.state}", "corral status"))
    return problems
