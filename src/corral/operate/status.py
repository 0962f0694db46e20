"""What runs and how it fares, asked of everything at once. Never raises: what can't be known is said to be unknown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from corral.desired.assemble import health_gate, mongod_unit, nginx_unit
from corral.desired.nginx import PING_PATH
from corral.errors import CorralError
from corral.model.cluster import Host, Instance, Member
from corral.model.resources import File, FoundUnit, Gate
from corral.mongo.status import MemberStatus, member_statuses
from corral.observe.files import STAMPS, observe_files
from corral.observe.units import split_stamps, with_revisions
from corral.operate.report import (
    ClusterState,
    DatabaseStatus,
    InstanceStatus,
    MemberRow,
    ProxyStatus,
    State,
    Status,
)
from corral.operate.site import Site
from corral.problems import Problem, Severity
from corral.verify.http import Answer, ask

Found = Mapping[str, FoundUnit]
_UP = ("running", "starting")


async def status(site: Site) -> Status:
    cluster = site.cluster
    found, problems = await _units(site)
    instances, proxies, database = await asyncio.gather(
        asyncio.gather(*(_instance(instance, found) for instance in cluster.app.instances)),
        asyncio.gather(
            *(_proxy(host, port, found) for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True))
        ),
        _database(site, found),
    )
    held_back = _held_back(found)
    problems += [problem for _, problem in (*proxies, *instances) if problem] + held_back + database[1]
    proxy_rows, instance_rows = tuple(row for row, _ in proxies), tuple(row for row, _ in instances)
    state = _cluster_state(proxy_rows, instance_rows, database[0])
    state = "degraded" if state == "healthy" and held_back else state
    return Status(cluster.name, state, proxy_rows, instance_rows, database[0], tuple(problems))


async def _units(site: Site) -> tuple[Found, list[Problem]]:
    """The units by name, with their stamps; a host that can't be read is a problem, not a failure."""
    listing = await site.units.list()
    if not listing:
        return {}, []
    reads = await asyncio.gather(
        *(
            observe_files(site.transport, host, site.secrets, [str(host.layout.run / STAMPS)])
            for host in site.cluster.hosts
        ),
        return_exceptions=True,
    )
    files: list[File] = []
    problems: list[Problem] = []
    for read in reads:
        if isinstance(read, CorralError):
            problems.extend(read.problems)
        elif isinstance(read, BaseException):
            raise read
        else:
            files.extend(read[0])
    units = with_revisions(listing, split_stamps(files)[1])
    return {unit.name: unit for unit in units}, problems


async def _instance(instance: Instance, found: Found) -> tuple[InstanceStatus, Problem | None]:
    unit = found.get(instance.name)
    answer = await _answer(unit, health_gate(instance) if instance.health else None)
    patience = instance.health.start_timeout if instance.health else 0
    state = _state(unit, answer, patience)
    row = InstanceStatus(
        name=instance.name,
        host=instance.host.name,
        address=instance.host.address,
        port=instance.port,
        role=instance.role,
        state=state,
        version=dict(instance.environment).get("VERSION", ""),
        pid=unit.pid if unit else 0,
    )
    return row, _problem(instance.name, f"instance-{state}", state, unit, answer)


async def _proxy(host: Host, port: int, found: Found) -> tuple[ProxyStatus, Problem | None]:
    unit = found.get(nginx_unit(host))
    answer = await _answer(unit, Gate("http", host.address, port, path=PING_PATH))
    state = _state(unit, answer, 10)
    row = ProxyStatus(host.name, host.address, f"http://{host.address}:{port}", state)
    return row, _problem(host.name, f"proxy-{state}", state, unit, answer)


def _held_back(found: Found) -> list[Problem]:
    """Instances that a proxy was told to leave alone while they are restarted; or that an interrupted run left so."""
    return [
        Problem(
            "held-back",
            "error",
            f"{name} gets no requests from proxy {unit.host}: it is being restarted, or an interrupted `up` left it so",
            "wait if an `up` runs; else `corral up --detach` brings it back",
            name,
        )
        for unit in found.values()
        if unit.state in _UP
        for name in unit.leaves_out
    ]


async def _answer(unit: FoundUnit | None, gate: Gate | None) -> Answer:
    if unit is None or unit.state not in _UP:
        return Answer(False, unit.detail if unit and unit.detail else "it is not running")
    return await ask(gate) if gate else Answer(True, "its process runs")


def _state(unit: FoundUnit | None, answer: Answer, patience: float) -> State:
    """`starting` is an unproven process younger than `patience`, the time that it is given from start to health."""
    if unit is None or unit.state in {"stopping", "stopped", "unknown"}:
        return "stopped"
    if answer.healthy:
        return "healthy"
    young = unit.started.isdigit() and time.time() - int(unit.started) < patience
    return "starting" if unit.state in _UP and young and not unit.proven else "unhealthy"


def _problem(name: str, code: str, state: State, unit: FoundUnit | None, answer: Answer) -> Problem | None:
    if state == "healthy":
        return None
    severity: Severity = "warning" if state == "starting" else "error"
    hint = f"corral logs {name}" if unit else "corral up"
    if unit and unit.pid and state == "unhealthy":
        hint += f" says why; `kill {unit.pid}` has it started anew"
    return Problem(code, severity, f"{name} is {state}: {answer.detail}", hint, name)


async def _database(site: Site, found: Found) -> tuple[DatabaseStatus, list[Problem]]:
    database = site.cluster.database
    running = {
        member.name
        for member in database.members
        if (unit := found.get(mongod_unit(member.host))) and unit.state in _UP
    }
    report = await member_statuses(database, site.secrets, running)
    rows, problems = [], []
    for member in database.members:
        unit, facts = found.get(mongod_unit(member.host)), report.members.get(member.name)
        state = facts.state if facts and member.name in running else "stopped"
        rows.append(_member_row(member, facts, state, unit))
        if state not in {"PRIMARY", "SECONDARY", "ARBITER"}:
            detail = f": {facts.detail}" if facts and facts.detail else ""
            message = f"member {member.host.name} ({member.name}) is {state}{detail}"
            hint = f"corral logs {mongod_unit(member.host)}" if unit else "corral up"
            problems.append(Problem("member-state", "error", message, hint, member.host.name))
    if running and not report.writable:
        message = f"replica set {database.replica_set} has no primary that takes writes: {report.detail}"
        problems.append(Problem("not-writable", "error", message, "corral logs database"))
    return DatabaseStatus(database.replica_set, report.writable, tuple(rows)), problems


def _member_row(member: Member, facts: MemberStatus | None, state: str, unit: FoundUnit | None) -> MemberRow:
    """A member that doesn't answer is shown with the file's priority and votes."""
    return MemberRow(
        host=member.host.name,
        address=member.host.address,
        state=state,
        priority=facts.priority if facts else member.priority,
        votes=facts.votes if facts else member.votes,
        lag_seconds=facts.lag_seconds if facts else None,
        pid=unit.pid if unit else 0,
    )


def _cluster_state(
    proxies: tuple[ProxyStatus, ...], instances: tuple[InstanceStatus, ...], database: DatabaseStatus
) -> ClusterState:
    """`down` is: nobody can use it, since no proxy or no web instance serves."""
    web = [instance for instance in instances if instance.role == "web"]
    if not any(proxy.state == "healthy" for proxy in proxies):
        return "down"
    if not any(instance.state == "healthy" for instance in web):
        return "down"
    members = all(member.state in {"PRIMARY", "SECONDARY", "ARBITER"} for member in database.members)
    serving = [row.state for row in proxies] + [row.state for row in instances]
    whole = all(state == "healthy" for state in serving) and members and database.writable
    return "healthy" if whole else "degraded"
