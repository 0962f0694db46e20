"""The state of a cluster, asked of all its parts at once. Never raises: what can't be known is `unknown`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from corral.desired.gates import health_gate, proxy_gate
from corral.desired.instances import version_of
from corral.language import tr
from corral.model.cluster import Host, Instance
from corral.model.endpoint import Endpoint
from corral.model.identity import program_id
from corral.model.resources import SERVING, UP, FoundUnit, Gate
from corral.model.routes import Routes, Way
from corral.operate.after_boot import lost_at_boot
from corral.operate.found_units import Units, of_former_members, resting_in
from corral.operate.hasty import Hasty
from corral.operate.health_database import database_of
from corral.operate.report import (
    ClusterState,
    InstanceStatus,
    ProxyStatus,
    State,
    Status,
)
from corral.operate.unasked import unasked_in
from corral.places.base import Observation, Place
from corral.problems import Problem, Severity, errors_in
from corral.runs import marks
from corral.runs.marks import Mark
from corral.verify.causes import alike, question, who
from corral.verify.http import Answer, ask
from corral.words import named, worded

PROXY_START: Final = 10.0
"""Seconds that nginx is given from its start to its first answer."""
NOTHING: Final[Mapping[Gate, Awaitable[Answer]]] = MappingProxyType({})


async def status_of(place: Place, seen: Observation, early: Mapping[Gate, Awaitable[Answer]] = NOTHING) -> Status:
    """From what was `seen` just now; `early` are questions that were asked at the same time."""
    cluster, pending = place.cluster, place.pending(seen)
    found = Units.of(seen, unchanged=not pending)
    routes = Hasty(place, [host.address for host in cluster.hosts if host.name in seen.silent])
    asking = _Asking(place, routes, early)
    instances, proxies, database = await asyncio.gather(
        asyncio.gather(*(_instance(instance, found, asking) for instance in cluster.app.instances)),
        asyncio.gather(
            *(
                _proxy(host, at, found, asking)
                for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
            )
        ),
        database_of(place, seen, found, routes),
    )
    missing = _held_back(found, place) + _not_moving(found, place)
    proxy_rows, instance_rows = tuple(row for row, _ in proxies), tuple(row for row, _ in instances)
    # a cause before what follows from it: hosts, then the database, then those that need it
    unasked = unasked_in(seen)
    problems = [*seen.silent.values(), *seen.slow, *unasked, *database[1]]
    problems += [problem for _, problem in proxies if problem]
    unwell = [each for _, each in instances if each]
    problems += _instance_problems(unwell, place, writable=bool(database[0].writable))
    problems += [*missing, *_other_versions(place, instance_rows), *lost_at_boot(place, seen)]
    problems += [*resting_in(place, seen), *(() if pending else of_former_members(place, seen)), *pending]
    state = _cluster_state(
        [row.state for row in proxy_rows if not found.rests(program_id("proxy", row.host).name)],
        [row for row in instance_rows if not found.rests(row.name)],
        [row.state for row in database[0].members if not found.rests(program_id("database", row.host).name)],
        writable=bool(database[0].writable),
    )
    ill = missing or seen.silent or errors_in([*unasked, *database[1]])
    state = "degraded" if state == "healthy" and ill else state
    if state == "down" and marks.STOPPED in seen.marks:
        meant = _stopped(seen.marks[marks.STOPPED], place)
        # what is stopped on purpose is one thing, and not a failure of each part
        problems = [meant] if not any(unit.state in UP for unit in found.units.values()) else [*problems, meant]
    return Status(cluster.name, state, proxy_rows, instance_rows, database[0], tuple(problems))


def _stopped(mark: Mark, place: Place) -> Problem:
    message = tr(
        "{cluster} was stopped on purpose, by {by}, at {since}",
        cluster=place.cluster.name,
        by=mark.by,
        since=mark.since,
    )
    return Problem("stopped", "info", message, tr("{mend} starts it again", mend=place.traits.mend))


class _Asking:
    """Asks each question once: if it was asked early, only the answer is waited for."""

    def __init__(self, place: Place, routes: Routes, early: Mapping[Gate, Awaitable[Answer]]) -> None:
        self.place = place
        self._routes = routes
        self._early = early

    async def answer(self, unit: FoundUnit | None, gate: Gate | None, way: Way, unasked: bool) -> Answer:
        """`unasked`: the unit's host can't be reached, so that only the gate can say something about it."""
        if not (unit is None and unasked) and (unit is None or unit.state not in UP):
            return Answer(False, unit.detail if unit and unit.detail else tr("it is not running"))
        if gate is None:
            return (
                Answer(False, tr("its host can't be reached")) if unit is None else Answer(True, tr("its process runs"))
            )
        if gate in self._early:
            return await self._early[gate]
        return await ask(gate, self._routes, way, self.place.secrets)


@dataclass(frozen=True)
class _Ill:
    """A part that isn't healthy, and what was seen of it."""

    name: str
    state: State
    detail: str
    unit: FoundUnit | None
    known: bool = True
    """Whether it could be asked at all."""


async def _instance(instance: Instance, seen: Units, asking: _Asking) -> tuple[InstanceStatus, _Ill | None]:
    unit = seen.units.get(instance.name)
    unasked = seen.is_unseen(instance.host.name, instance.name, instance=True)
    gate = health_gate(instance) if instance.health else None
    answer = await asking.answer(unit, gate, "inside", unasked)
    patience = instance.health.start_timeout if instance.health else 0
    state = seen.state(instance.host.name, instance.name, answer, patience, instance=True)
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
    well = state == "healthy" or seen.rests(instance.name)
    return row, None if well else _Ill(instance.name, state, answer.detail, unit, answer.known)


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
                problem = replace(
                    problem,
                    message=tr(
                        "{subject} are {state}: {detail} ({names})",
                        subject=subject,
                        state=worded(state),
                        detail=detail,
                        names=", ".join(names),
                    ),
                )
            if asked := question(detail):
                problem = replace(problem, message=named(problem.message, asked), where="")
            problems.append(problem)
    return problems


async def _proxy(host: Host, at: Endpoint, seen: Units, asking: _Asking) -> tuple[ProxyStatus, Problem | None]:
    name = program_id("proxy", host.name).name
    unit = seen.units.get(name)
    answer = await asking.answer(unit, proxy_gate(at), "visitor", host.name in seen.silent)
    state = seen.state(host.name, name, answer, PROXY_START)
    row = ProxyStatus(host.name, host.address, at.url, state)
    ill = _Ill(host.name, state, answer.detail, unit)
    return row, None if state == "healthy" or seen.rests(name) else _problem(ill, f"proxy-{state}", asking.place)


def _other_versions(place: Place, rows: Sequence[InstanceStatus]) -> list[Problem]:
    """What runs and is not what the file says, as one problem."""
    wanted = {instance.name: version_of(instance) for instance in place.cluster.app.instances}
    running = [row for row in rows if row.pid]
    others = [row for row in running if row.version not in ("", wanted[row.name])]
    if not others:
        return []
    versions = ", ".join(sorted({row.version for row in others}))
    wish = ", ".join(sorted({wanted[row.name] for row in others}))
    message = tr(
        "{others} of {total} instances run another version than the file's {wanted}: {versions}",
        others=len(others),
        total=len(running),
        wanted=wish,
        versions=versions,
    )
    return [
        Problem("other-version", "warning", message, tr("`{mend}` brings the file's version", mend=place.traits.mend))
    ]


def _held_back(seen: Units, place: Place) -> list[Problem]:
    """Instances that a proxy sends nothing to: they are being restarted, or an interrupted run did not get further."""
    return [
        Problem(
            "held-back",
            "error",
            tr(
                "{name} gets no requests from proxy {host}: it is being restarted, or a run was interrupted",
                name=name,
                host=unit.host,
            ),
            tr("wait if a run is going on; else `{mend}` brings it back", mend=place.traits.mend),
            name,
        )
        for unit in seen.units.values()
        if unit.state in UP
        for name in unit.leaves_out
        if name not in seen.idle
    ]


def _not_moving(seen: Units, place: Place) -> list[Problem]:
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
            tr(
                "keepalived doesn't run on {host}, so {address} can't move there",
                host=wanted.host,
                address=cluster.moving.address,
            ),
            tr("corral logs {wanted}; `{mend}` starts it", wanted=wanted.name, mend=place.traits.mend),
            wanted.host,
        )
        for wanted, unit in units.items()
        if unit is None or unit.state not in UP
    ]


def _problem(ill: _Ill, code: str, place: Place, *, may_kick: bool = True) -> Problem:
    """`may_kick`: whether ending its process can mend it."""
    severity: Severity = "warning" if ill.state == "starting" else "error"
    hint = f"corral logs {ill.name}" if ill.unit else place.traits.mend
    if not ill.known:
        hint = tr("set it where this command runs, as for the one that started it")
    elif may_kick and ill.unit and ill.unit.pid and ill.state == "unhealthy" and place.traits.kick:
        kick = place.traits.kick.format(pid=ill.unit.pid)
        hint = tr("corral logs {name} says why; {kick}", name=ill.name, kick=kick)
    message = tr("{ill} is {state}: {detail}", ill=ill.name, state=worded(ill.state), detail=ill.detail)
    return Problem(code, severity, message, hint, ill.name)


def _cluster_state(
    proxies: Sequence[State], instances: Sequence[InstanceStatus], members: Sequence[str], *, writable: bool
) -> ClusterState:
    """`down` is: nobody can use it, since no proxy or no web instance serves."""
    web = [instance.state for instance in instances if instance.role == "web"]
    if "healthy" not in proxies or "healthy" not in web:
        return "down"
    serving = [*proxies, *(instance.state for instance in instances)]
    whole = set(serving) == {"healthy"} and SERVING.issuperset(members) and writable
    return "healthy" if whole else "degraded"
