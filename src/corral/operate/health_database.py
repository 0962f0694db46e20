"""The state of the replica set and its members. The set is what its members say."""

from __future__ import annotations

from corral.language import tr
from corral.model.cluster import Member
from corral.model.resources import SERVING, UP, FoundUnit
from corral.model.routes import Routes
from corral.mongo.clients import Connections
from corral.mongo.hearing import BEHIND, told
from corral.mongo.status import MemberStatus, SetStatus, member_statuses, statuses_in
from corral.operate.found_units import Units
from corral.operate.report import DatabaseStatus, MemberRow
from corral.places.base import Observation, Place
from corral.problems import Problem
from corral.runs import marks
from corral.words import aside, behind, worded


async def database_of(
    place: Place, seen: Observation, found: Units, routes: Routes
) -> tuple[DatabaseStatus, list[Problem]]:
    database = place.cluster.database
    running = {
        member.name
        for member in database.members
        if member.host.name in seen.silent or ((unit := found.units.get(member.unit.name)) and unit.state in UP)
    }
    if seen.set_asked:
        report = statuses_in(seen.observed.replica_set)
    else:
        report = await member_statuses(database, Connections(place.secrets, routes), running)
    rows, problems = _strangers(place, seen, report)
    for member in database.members:
        unit, facts = found.units.get(member.unit.name), report.members.get(member.name)
        state = facts.state if facts and member.name in running else "stopped"
        rows.append(_member_row(member, facts, state, unit))
        if facts and facts.detail and state in SERVING and member.host.name not in seen.silent:
            problems.append(_not_asked(member, facts))
        if state not in SERVING and not found.rests(member.unit.name):
            detail = behind(facts.detail if facts else "")
            message = tr(
                "member {host} ({member}) is {state}{detail}",
                host=member.host.name,
                member=member.name,
                state=worded(state),
                detail=detail,
            )
            hint = f"corral logs {member.unit.name}" if unit else place.traits.mend
            problems.append(Problem("member-state", "error", message, hint, member.host.name))
    idle = any(found.rests(member.unit.name) for member in database.members)
    if running and report.writable is None:
        problems.append(_not_known(database.replica_set, report))
    elif running and not report.writable and not idle:
        problems.append(_no_primary(database.replica_set, report))
    problems += [*_unheard(place, report), *_behind(place, report)]
    return DatabaseStatus(database.replica_set, report.writable, tuple(rows)), problems


def _not_known(name: str, report: SetStatus) -> Problem:
    silent = [each for each, member in report.members.items() if member.state == "unknown"]
    message = tr(
        "whether replica set {name} takes writes is not known: {silent} can't be asked, which is too many of "
        "{count} members",
        name=name,
        silent=", ".join(silent),
        count=len(report.members),
    )
    return Problem("set-unknown", "error", message)


def _not_asked(member: Member, facts: MemberStatus) -> Problem:
    """Its host is asked, and it isn't: what it is, the others say."""
    message = tr(
        "member {host} ({member}) can't be asked from here: {detail}; the others say that it is {state}",
        host=member.host.name,
        member=member.name,
        detail=facts.detail,
        state=facts.state,
    )
    return Problem("member-unasked", "error", message, where=member.host.name)


def _unheard(place: Place, report: SetStatus) -> list[Problem]:
    """A member that does its part as far as it knows, and that counts as dead at the next loss of another one."""
    hosts = {member.name: member.host.name for member in place.cluster.database.members}
    problems = []
    for name, (by, why) in told(report.unheard).items():
        listeners = ", ".join(hosts.get(each, each) for each in by)
        message = tr(
            "{listeners} can't hear member {host} ({name}), which is {state} and answers from here{why}: for the set "
            "it counts as dead",
            listeners=listeners,
            host=hosts.get(name, name),
            name=name,
            state=report.members[name].state,
            why=aside(why),
        )
        hint = tr(
            "every member has to reach every other one at its port: look for a firewall or a route between {one} "
            "and {other}; `corral verify` shows who reaches whom",
            one=hosts.get(by[0], by[0]),
            other=hosts.get(name, name),
        )
        problems.append(Problem("member-unheard", "error", message, hint, hosts.get(name, name)))
    return problems


def _behind(place: Place, report: SetStatus) -> list[Problem]:
    return [
        Problem(
            "member-behind",
            "error",
            tr(
                "member {host} ({name}) is {seconds:.0f} s behind the primary: what was written since is not there yet",
                host=member.host.name,
                name=member.name,
                seconds=facts.lag_seconds,
            ),
            f"corral logs {member.unit.name}",
            member.host.name,
        )
        for member in place.cluster.database.members
        if (facts := report.members.get(member.name)) and (facts.lag_seconds or 0) > BEHIND
    ]


def _no_primary(name: str, report: SetStatus) -> Problem:
    """With a majority of voters there is an election, which needs nobody's help."""
    voters = [member for member in report.members.values() if member.votes]
    alive = sum(member.state in SERVING for member in voters)
    message = tr("replica set {name} has no primary that takes writes: {detail}", name=name, detail=report.detail)
    if alive > len(voters) // 2:
        message, hint = (
            tr("{message}; an election is under way", message=message),
            tr("`corral status --watch` shows its end"),
        )
        return Problem("not-writable", "error", message, hint)
    return Problem("not-writable", "error", message, "corral logs database")


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
        message = tr(
            "member {host} ({name}) is {state} in the set, and not in the file", host=host, name=name, state=facts.state
        )
        plan = f"corral plan --on {place.traits.name}"
        hint = tr("`{plan}` shows how it is taken out; put it back into the file if it is to stay", plan=plan)
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
