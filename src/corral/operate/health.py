"""The state of a cluster, asked of all its parts at once. Never raises: what can't be known is `unknown`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from corral.desired.gates import health_gate, proxy_gate
from corral.desired.instances import version_of
from corral.model.cluster import Host, Instance, Member
from corral.model.endpoint import Endpoint
from corral.model.identity import program_id
from corral.model.resources import SERVING, UP, FoundUnit, Gate
from corral.model.routes import Way
from corral.mongo.clients import Connections
from corral.mongo.status import MemberStatus, SetStatus, member_statuses, statuses_in
from corral.operate.report import (
    ClusterState,
    DatabaseStatus,
    InstanceStatus,
    MemberRow,
    ProxyStatus,
    State,
    Status,
)
from corral.places.base import Observation, Place
from corral.problems import Problem, Severity
from corral.runs import marks
from corral.runs.marks import Mark
from corral.verify.causes import alike, question, who
from corral.verify.http import Answer, ask

PROXY_START: Final = 10.0
"""Seconds that nginx is given from its start to its first answer."""
NOTHING: Final[Mapping[Gate, Awaitable[Answer]]] = MappingProxyType({})


async def status_of(place: Place, seen: Observation, early: Mapping[Gate, Awaitable[Answer]] = NOTHING) -> Status:
    """From what was `seen` just now; `early` are questions that were asked at the same time."""
    cluster, pending = place.cluster, place.pending(seen)
    found = _Units.of(seen, unchanged=not pending)
    asking = _Asking(place, early)
    instances, proxies, database = await asyncio.gather(
        asyncio.gather(*(_instance(instance, found, asking) for instance in cluster.app.instances)),
        asyncio.gather(
            *(
                _proxy(host, at, found, asking)
                for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
            )
        ),
        _database(place, seen, found),
    )
    missing = _held_back(found.units, place) + _not_moving(found, place)
    proxy_rows, instance_rows = tuple(row for row, _ in proxies), tuple(row for row, _ in instances)
    # a cause before what follows from it: hosts, then the database, then those that need it
    problems = [*seen.silent.values(), *database[1], *(problem for _, problem in proxies if problem)]
    ill = [each for _, each in instances if each]
    problems += _instance_problems(ill, place, writable=database[0].writable)
    problems += [*missing, *_other_versions(place, instance_rows), *pending]
    state = _cluster_state(proxy_rows, instance_rows, database[0])
    state = "degraded" if state == "healthy" and (missing or seen.silent) else state
    if state == "down" and marks.STOPPED in seen.marks:
        meant = _stopped(seen.marks[marks.STOPPED], place)
        # what is stopped on purpose is one thing, and not a failure of each part
        problems = [meant] if not any(unit.state in UP for unit in found.units.values()) else [*problems, meant]
    return Status(cluster.name, state, proxy_rows, instance_rows, database[0], tuple(problems))


def _stopped(mark: Mark, place: Place) -> Problem:
    message = f"{place.cluster.name} was stopped on purpose, by {mark.by}, at {mark.since}"
    return Problem("stopped", "info", message, f"{place.traits.mend} starts it again")


@dataclass(frozen=True)
class _Units:
    """The units by name, with their stamps; `silent` are hosts that can't be reached."""

    units: Mapping[str, FoundUnit]
    silent: frozenset[str]
    unchanged: bool
    """Whether what runs is the file's, as far as is known."""

    @classmethod
    def of(cls, seen: Observation, *, unchanged: bool) -> _Units:
        return cls({unit.name: unit for unit in seen.observed.units}, frozenset(seen.silent), unchanged)

    def version(self, instance: Instance) -> str:
        """The one that its process was started with; empty where none runs, or it isn't known."""
        unit = self.units.get(instance.name)
        if unit is None or unit.state not in UP:
            return ""
        if unit.version is None:
            return version_of(instance) if self.unchanged else ""
        return unit.version

    def state(self, host: str, name: str, answer: Answer, patience: float) -> State:
        """`starting` is a process that has not been healthy yet and is younger than `patience`."""
        unit = self.units.get(name)
        if unit is None and host in self.silent:
            return "healthy" if answer.healthy else "unknown"
        if unit is None or unit.state in {"stopping", "stopped", "unknown"}:
            return "stopped"
        if answer.healthy:
            return "healthy"
        young = unit.started.isdigit() and time.time() - int(unit.started) < patience
        return "starting" if unit.state in UP and young and not unit.proven else "unhealthy"


class _Asking:
    """Asks each question once: if it was asked early, only the answer is waited for."""

    def __init__(self, place: Place, early: Mapping[Gate, Awaitable[Answer]]) -> None:
        self.place = place
        self._early = early

    async def answer(self, unit: FoundUnit | None, gate: Gate | None, way: Way, unasked: bool) -> Answer:
        """`unasked`: the unit's host can't be reached, so that only the gate can say something about it."""
        if not (unit is None and unasked) and (unit is None or unit.state not in UP):
            return Answer(False, unit.detail if unit and unit.detail else "it is not running")
        if gate is None:
            return Answer(False, "its host can't be reached") if unit is None else Answer(True, "its process runs")
        return await self._early[gate] if gate in self._early else await ask(gate, self.place, way)


@dataclass(frozen=True)
class _Ill:
    """A part that isn't healthy, and what was seen of it."""

    name: str
    state: State
    detail: str
    unit: FoundUnit | None


async def _instance(instance: Instance, seen: _Units, asking: _Asking) -> tuple[InstanceStatus, _Ill | None]:
    unit = seen.units.get(instance.name)
    unasked = instance.host.name in seen.silent
    gate = health_gate(instance) if instance.health else None
    answer = await asking.answer(unit, gate, "inside", unasked)
    patience = instance.health.start_timeout if instance.health else 0
    state = seen.state(instance.host.name, instance.name, answer, patience)
    row = InstanceStatus(
        name=instance.name,
        host=instance.host.name,
        address=instance.host.address,
        port=instance.port,
        role=instance.role,
        state=state,
        version=seen.version(instance),
        pid=unit.pid if unit else 0,
    )
    return row, None if state == "healthy" else _Ill(instance.name, state, answer.detail, unit)


def _instance_problems(ill: Sequence[_Ill], place: Place, *, writable: bool) -> list[Problem]:
    """What several have in common is told once, by the first of them."""
    problems: list[Problem] = []
    for state in dict.fromkeys(each.state for each in ill):
        group = {each.name: each for each in ill if each.state == state}
        for detail, names in alike((each.name, each.detail) for each in group.values()).items():
            each = group[names[0]]
            problem = _problem(each, f"instance-{state}", place, may_kick=writable and len(names) == 1)
            if len(names) > 1:
                subject = who(names, len(place.cluster.app.instances))
                problem = replace(problem, message=f"{subject} are {state}: {detail} ({', '.join(names)})")
            if asked := question(detail):
                problem = replace(problem, message=f"{problem.message}: {asked}", where="")
            problems.append(problem)
    return problems


async def _proxy(host: Host, at: Endpoint, seen: _Units, asking: _Asking) -> tuple[ProxyStatus, Problem | None]:
    name = program_id("proxy", host.name).name
    unit = seen.units.get(name)
    answer = await asking.answer(unit, proxy_gate(at), "visitor", host.name in seen.silent)
    state = seen.state(host.name, name, answer, PROXY_START)
    row = ProxyStatus(host.name, host.address, at.url, state)
    ill = _Ill(host.name, state, answer.detail, unit)
    return row, None if state == "healthy" else _problem(ill, f"proxy-{state}", asking.place)


def _other_versions(place: Place, rows: Sequence[InstanceStatus]) -> list[Problem]:
    """What runs and is not what the file says, as one problem."""
    wanted = {instance.name: version_of(instance) for instance in place.cluster.app.instances}
    running = [row for row in rows if row.pid]
    others = [row for row in running if row.version not in ("", wanted[row.name])]
    if not others:
        return []
    versions = ", ".join(sorted({row.version for row in others}))
    wish = ", ".join(sorted({wanted[row.name] for row in others}))
    message = f"{len(others)} of {len(running)} instances run another version than the file's {wish}: {versions}"
    return [Problem("other-version", "warning", message, f"`{place.traits.mend}` brings the file's version")]


def _held_back(found: Mapping[str, FoundUnit], place: Place) -> list[Problem]:
    """Instances that a proxy sends nothing to: they are being restarted, or an interrupted run did not get further."""
    return [
        Problem(
            "held-back",
            "error",
            f"{name} gets no requests from proxy {unit.host}: it is being restarted, or a run was interrupted",
            f"wait if a run is going on; else `{place.traits.mend}` brings it back",
            name,
        )
        for unit in found.values()
        if unit.state in UP
        for name in unit.leaves_out
    ]


def _not_moving(seen: _Units, place: Place) -> list[Problem]:
    """Proxies that can't take over the virtual address, since keepalived doesn't run there."""
    cluster = place.cluster
    if not cluster.moving:
        return []
    wanted = [program_id("failover", host.name) for host in cluster.proxy.hosts if host.name not in seen.silent]
    units = {each: seen.units.get(each.name) for each in wanted}
    return [
        Problem(
            "failover-stopped",
            "error",
            f"keepalived doesn't run on {wanted.host}, so {cluster.moving.address} can't move there",
            f"corral logs {wanted.name}; `{place.traits.mend}` starts it",
            wanted.host,
        )
        for wanted, unit in units.items()
        if unit is None or unit.state not in UP
    ]


def _problem(ill: _Ill, code: str, place: Place, *, may_kick: bool = True) -> Problem:
    """`may_kick`: whether ending its process can mend it."""
    severity: Severity = "warning" if ill.state == "starting" else "error"
    hint = f"corral logs {ill.name}" if ill.unit else place.traits.mend
    if may_kick and ill.unit and ill.unit.pid and ill.state == "unhealthy" and place.traits.kick:
        hint += f" says why; {place.traits.kick.format(pid=ill.unit.pid)}"
    return Problem(code, severity, f"{ill.name} is {ill.state}: {ill.detail}", hint, ill.name)


def _no_primary(name: str, report: SetStatus) -> Problem:
    """With a majority of voters there is an election, which needs nobody's help."""
    voters = [member for member in report.members.values() if member.votes]
    alive = sum(member.state in SERVING for member in voters)
    message = f"replica set {name} has no primary that takes writes: {report.detail}"
    if alive > len(voters) // 2:
        message, hint = f"{message}; an election is under way", "`corral status --watch` shows its end"
        return Problem("not-writable", "error", message, hint)
    return Problem("not-writable", "error", message, "corral logs database")


async def _database(place: Place, seen: Observation, found: _Units) -> tuple[DatabaseStatus, list[Problem]]:
    database = place.cluster.database
    running = {
        member.name
        for member in database.members
        if member.host.name in seen.silent or ((unit := found.units.get(member.unit.name)) and unit.state in UP)
    }
    if seen.set_asked:
        report = statuses_in(seen.observed.replica_set)
    else:
        report = await member_statuses(database, Connections(place.secrets, place), running)
    rows, problems = _strangers(place, seen, report)
    for member in database.members:
        unit, facts = found.units.get(member.unit.name), report.members.get(member.name)
        state = facts.state if facts and member.name in running else "stopped"
        if member.host.name in seen.silent and state == "UNREACHABLE":
            state = "unknown"
        rows.append(_member_row(member, facts, state, unit))
        if state not in SERVING:
            detail = f": {facts.detail}" if facts and facts.detail else ""
            message = f"member {member.host.name} ({member.name}) is {state}{detail}"
            hint = f"corral logs {member.unit.name}" if unit else place.traits.mend
            problems.append(Problem("member-state", "error", message, hint, member.host.name))
    if running and not report.writable:
        problems.append(_no_primary(database.replica_set, report))
    return DatabaseStatus(database.replica_set, report.writable, tuple(rows)), problems


def _strangers(place: Place, seen: Observation, report: SetStatus) -> tuple[list[MemberRow], list[Problem]]:
    """Members that are in the set and not in the file."""
    known = {member.name for member in place.cluster.database.members}
    hosts = marks.remembered_hosts(seen.marks)
    rows, problems = [], []
    for name, facts in report.members.items():
        if name in known:
            continue
        address = name.rpartition(":")[0].strip("[]")
        host = hosts.get(address, address)
        rows.append(MemberRow(host, address, facts.state, facts.priority, facts.votes, facts.lag_seconds, 0))
        message = f"member {host} ({name}) is {facts.state} in the set, and not in the file"
        plan = f"corral plan --on {place.traits.name}"
        hint = f"`{plan}` shows how it is taken out; put it back into the file if it is to stay"
        problems.append(Problem("member-not-in-file", "warning", message, hint, host))
    return rows, problems


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
    members = all(member.state in SERVING for member in database.members)
    serving = [row.state for row in proxies] + [row.state for row in instances]
    whole = all(state == "healthy" for state in serving) and members and database.writable
    return "healthy" if whole else "degraded"
