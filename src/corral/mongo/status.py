"""The members' states, for `corral status` and for the gate of a mongod that was just started. Never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from corral.language import tr
from corral.model.cluster import Database, Member
from corral.model.database_users import MONITOR
from corral.model.resources import SERVING, FoundReplicaSet, SetMember
from corral.model.routes import Routes
from corral.mongo.clients import Connections, Document, Refused
from corral.mongo.configuration import read_configuration
from corral.mongo.greeting import Greeting, greet, open_state
from corral.words import clauses, worded


@dataclass(frozen=True)
class MemberStatus:
    """`priority` and `votes` are the set's own, or the file's while the set can't be asked."""

    state: str
    priority: float
    votes: int
    lag_seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class SetStatus:
    writable: bool
    members: Mapping[str, MemberStatus]
    detail: str = ""
    """Why it is not writable, or what could not be asked."""


async def member_statuses(database: Database, connections: Connections, running: Collection[str]) -> SetStatus:
    """Ask all members of `database` whose names (host:port) are `running` at once, as the user monitor.

    Also those that are in the set without being in the file: the set is what its members say.
    """
    asked = [member for member in database.members if member.name in running]
    known = {member.name for member in database.members}
    async with connections:
        greetings = await asyncio.gather(*(greet(connections, member.name) for member in asked))
        view = await _view(connections, greetings)
        strangers = await asyncio.gather(*(greet(connections, name) for name in view.members.keys() - known))
        unnamed = [greeting for greeting in greetings if greeting.answered and not greeting.set_name]
        open_states = await asyncio.gather(*(open_state(connections, greeting.member) for greeting in unnamed))
    states = dict(zip((greeting.member for greeting in unnamed), open_states, strict=True))
    members = {
        member.name: _status(member, greeting, view, states.get(member.name, ""))
        for member, greeting in zip(asked, greetings, strict=True)
    }
    for greeting in strangers:
        members[greeting.member] = _stranger(view.members[greeting.member], greeting, view)
    writable = any(member.state == "PRIMARY" for member in members.values())
    return SetStatus(writable, members, view.detail if writable else _why(members, view))


def statuses_in(found: FoundReplicaSet) -> SetStatus:
    """The same for a set that was asked just now."""
    configured = {member.name: member for member in found.members}
    members = {}
    for fact in found.facts:
        member = configured.get(fact.name, SetMember(fact.name))
        members[fact.name] = MemberStatus(fact.state, member.priority, member.votes, fact.lag_seconds, fact.detail)
    return SetStatus(bool(found.primary or found.left), members, found.detail)


async def member_answers(address: str, port: int, routes: Routes, kind: str = "member") -> tuple[bool, str]:
    """Whether a mongod is a healthy member, or waits until a replica set is made; and what it said.

    A `newcomer` may wait to join the set again, with the data from before it was removed; a member that was just
    `started` may still copy the data.
    """
    async with Connections({}, routes) as connections:
        greeting = await greet(connections, f"{address}:{port}")
        if not greeting.answered:
            return False, greeting.detail
        if greeting.role:
            return True, tr("it is {role}", role=greeting.role)
        if greeting.set_name:
            return kind == "started", tr(
                "it is in the set {set_name} and copies data or recovers", set_name=greeting.set_name
            )
        if await open_state(connections, greeting.member) == "UNINITIALIZED":
            return True, tr("it has no replica set yet")
    if kind == "newcomer":
        return True, tr("it waits to join the set")
    return False, tr("it holds data, but its replica set has no member with its address")


async def greeted_states(names: Collection[str], routes: Routes) -> dict[str, str]:
    """The states of these members as anybody may ask for them; a member that copies data is RECOVERING."""
    async with Connections({}, routes) as connections:
        greetings = await asyncio.gather(*(greet(connections, name) for name in names))
    return {g.member: g.role or ("RECOVERING" if g.answered else "UNREACHABLE") for g in greetings}


def states_in(status: Document) -> dict[str, str]:
    """Each member's state as the member that gave `status` sees it."""
    return {
        member["name"]: member["stateStr"] if member.get("health") else "UNREACHABLE" for member in status["members"]
    }


def lags_in(status: Document) -> dict[str, float]:
    """Seconds by which each member's last write is behind the primary's; arbiters have none."""
    written = {m["name"]: m["optimeDate"] for m in status["members"] if m.get("optimeDate") and m.get("health")}
    primary = next((m["name"] for m in status["members"] if m["stateStr"] == "PRIMARY"), None)
    if primary not in written:
        return {}
    return {name: max(0.0, (written[primary] - at).total_seconds()) for name, at in written.items()}


@dataclass(frozen=True)
class _View:
    """The set as one member, best the primary, sees it."""

    members: dict[str, SetMember] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    lags: dict[str, float] = field(default_factory=dict)
    detail: str = ""


async def _view(connections: Connections, greetings: Collection[Greeting]) -> _View:
    best = [g for role in ("PRIMARY", "SECONDARY") for g in greetings if g.role == role]
    if not best:
        return _View()
    member = best[0].member
    try:
        configuration = await read_configuration(connections, member, MONITOR)
        status = await connections.ask(member, {"replSetGetStatus": 1}, user=MONITOR)
    except Refused as refused:
        return _View(
            detail=tr(
                "{member} gives the user {monitor} no answer: {text}", member=member, monitor=MONITOR, text=refused.text
            )
        )
    members = {member.name: member for member in configuration.members}
    return _View(members, states_in(status), lags_in(status))


def _status(member: Member, greeting: Greeting, view: _View, open_state: str) -> MemberStatus:
    """What a member says of itself counts more than what another member sees."""
    state = greeting.role or open_state
    if not greeting.answered:
        state = "UNREACHABLE"
    elif not state:
        state = view.states.get(member.name, "UNKNOWN")
        state = "RECOVERING" if state in SERVING else state
    set_member = view.members.get(member.name, member)
    return MemberStatus(state, set_member.priority, set_member.votes, view.lags.get(member.name), greeting.detail)


def _stranger(member: SetMember, greeting: Greeting, view: _View) -> MemberStatus:
    """A member that the file doesn't have. Where it can't be asked, what the others see of it counts."""
    state = greeting.role if greeting.answered else view.states.get(member.name, "UNKNOWN")
    state = state or view.states.get(member.name, "UNKNOWN")
    return MemberStatus(state, member.priority, member.votes, view.lags.get(member.name), greeting.detail)


def _why(members: Mapping[str, MemberStatus], view: _View) -> str:
    if not members:
        return tr("no member is running")
    said = (tr("{name} is {state}", name=name, state=worded(status.state)) for name, status in members.items())
    return clauses([*said, view.detail])
