"""`corral up`: the pipeline over loopback hosts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from corral.desired.assemble import assemble
from corral.errors import ChangeFailed
from corral.events import Note, Sink, StageFinished, StageStarted
from corral.execute.context import Context
from corral.execute.engine import execute
from corral.model.cluster import Cluster
from corral.model.resources import Desired, Observed
from corral.observe.cluster import observe
from corral.operate.report import Status
from corral.operate.site import Site
from corral.operate.status import status
from corral.plan.actions import Plan
from corral.plan.order import make_plan
from corral.playground import orphans, preflight
from corral.playground.site import Playground, choose_ports
from corral.problems import Problem, errors_in

_UP = ("running", "starting")


@dataclass(frozen=True)
class Outcome:
    """How `up` ended: the site that runs, what was planned, how it fares."""

    site: Site
    plan: Plan
    status: Status
    seconds: float


@dataclass(frozen=True)
class Prepared:
    """What both `up` and its dry run begin with: nothing has been changed so far."""

    site: Site
    desired: Desired
    running: frozenset[str]


async def up(playground: Playground, sink: Sink) -> Outcome:
    """Bring the cluster to what its file says. Raises CorralError; what runs then goes on running."""
    started = time.monotonic()
    playground.state.prepare()
    await _end_orphans(playground, sink)
    prepared = await _prepare(playground, sink)
    await _supervise(playground, prepared, sink)
    plan = await _plan(prepared)
    await _execute(plan, prepared.site, sink)
    report = await _verify(prepared.site, plan, sink)
    return Outcome(prepared.site, plan, report, time.monotonic() - started)


async def dry_run(playground: Playground, sink: Sink) -> Plan:
    """What `up` would do now; changes nothing but the cluster's own directory, where its secrets are made."""
    playground.state.prepare()
    prepared = await _prepare(playground, sink)
    return await _plan(prepared)


async def _end_orphans(playground: Playground, sink: Sink) -> None:
    """Processes that an earlier supervisor left behind would hold the ports and the data."""
    if await playground.daemon.pid():
        return
    left = orphans.processes_of(playground.state.root)
    if left:
        sink(Note(f"ending {len(left)} processes that outlived their supervisor", "warning"))
        await orphans.end(left, patience=60)


async def _prepare(playground: Playground, sink: Sink) -> Prepared:
    units = playground.site(playground.known_ports(), {}).units
    running = frozenset(unit.name for unit in await units.list() if unit.state in _UP)
    serving = frozenset(name.removeprefix("nginx.") for name in running if name.startswith("nginx."))
    chosen = choose_ports(playground, serving, sink)
    facts = await asyncio.to_thread(preflight.host_facts, playground.cluster(chosen))
    site = playground.site(chosen, playground.state.secrets())
    desired = assemble(site.cluster, facts)
    preflight.check(site.cluster, desired, running, playground.state, sink)
    return Prepared(site, desired, running)


async def _supervise(playground: Playground, prepared: Prepared, sink: Sink) -> None:
    cluster = prepared.site.cluster
    proxy_ports = {host.name: port for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True)}
    facts = {"cluster": cluster.name, "network": playground.network, "proxy_ports": proxy_ports}
    if playground.state.read_facts() != {"format": 1, **facts}:
        playground.state.write_facts(facts)
    started = time.monotonic()
    if await playground.daemon.start():
        sink(StageStarted("supervisor", 1))
        sink(StageFinished("supervisor", time.monotonic() - started))


async def _plan(prepared: Prepared) -> Plan:
    site = prepared.site
    observed: Observed = await observe(site.cluster, prepared.desired, site.transport, site.units, site.secrets)
    return make_plan(site.cluster.name, prepared.desired, observed)


async def _execute(plan: Plan, site: Site, sink: Sink) -> None:
    context = Context(site.transport, site.units, site.secrets, site.cluster.host_by_name, lambda _message: None)
    await execute(plan, context, sink)


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
    problems = []
    hosts = {instance.name: instance.host for instance in report.instances}
    for problem in report.problems:
        tail = await site.units.log_tail(hosts[problem.where], problem.where) if problem.where in hosts else ""
        message = f"{problem.message}\nthe last lines of its log:\n{tail}" if tail else problem.message
        problems.append(Problem(problem.code, problem.severity, message, problem.hint, problem.where))
    if not errors_in(problems):
        problems.append(Problem("not-healthy", "error", f"the cluster is {report.state}", "corral status"))
    return problems
