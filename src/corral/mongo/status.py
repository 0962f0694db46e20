"""The members' states, for `corral status` and for the gate of a mongod that was just started. Never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from corral.language import tr
from corral.model.cluster import Database, Member
from corral.model.resources import SERVING, FoundReplicaSet, SetMember, Unheard
from corral.model.routes import Routes
from corral.mongo.clients import Connections
from corral.mongo.greeting import Greeting, greet, open_state
from corral.mongo.hearing import teller_of, unheard_in
from corral.mongo.set_view import View, view_of
from corral.words import clauses, worded


@dataclass(frozen=True)
class MemberStatus:
    """`priority` and `votes` are the set's own, or the file's while the set can't be asked. `state` is MongoDB's word,
    or `unknown` for a member that can't be asked from here and that no other one hears."""

    state: str
    priority: float
    votes: int
    lag_seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class SetStatus:
    """`writable` is None where too few members can be asked to know it."""

    writable: bool | None
    members: Mapping[str, MemberStatus]
    detail: str = ""
    """Why it is not writable, or what could not be asked."""
    unheard: tuple[Unheard, ...] = ()
    witnesses: tuple[str, ...] = ()
    """The members that have said whom they hear."""


async def member_statuses(database: Database, connections: Connections, running: Collection[str]) -> SetStatus:
    """Ask all members of `database` whose names (host:port) are `running` at once, as the user monitor.

    Also those that are in the set without being in the file: the set is what its members say.
    """
    asked = [member for member in database.members if member.name in running]
    known = {member.name for member in database.members}
    async with connections:
        greetings = await asyncio.gather(*(greet(connections, member.name) for member in asked))
        view = await view_of(connections, greetings)
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
    writable = _writable(members)
    unheard = unheard_in(view.statuses, [(name, member.state) for name, member in members.items()])
    detail = view.detail if writable else _why(members, view.detail)
    return SetStatus(writable, members, detail, unheard, tuple(map(teller_of, view.statuses)))


def statuses_in(found: FoundReplicaSet) -> SetStatus:
    """The same for a set that was asked just now."""
    configured = {member.name: member for member in found.members}
    members = {}
    for fact in found.facts:
        member = configured.get(fact.name, SetMember(fact.name))
        state = fact.state
        if fact.unread == "way":
            state = "PRIMARY" if fact.name == found.unasked else fact.heard or "unknown"
        members[fact.name] = MemberStatus(state, member.priority, member.votes, fact.lag_seconds, fact.detail)
    has_primary = found.primary or found.left or found.unasked
    return SetStatus(True if has_primary else _without_primary(members), members, found.detail, found.unheard)


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


def _writable(members: Mapping[str, MemberStatus]) -> bool | None:
    return True if any(member.state == "PRIMARY" for member in members.values()) else _without_primary(members)


def _without_primary(members: Mapping[str, MemberStatus]) -> bool | None:
    """One that can't be asked may be the primary, unless those that can are a majority: they would know of it."""
    voters = [member for member in members.values() if member.votes]
    asked = sum(member.state != "unknown" for member in voters)
    return False if asked == len(voters) or asked > len(voters) // 2 else None


def _status(member: Member, greeting: Greeting, view: View, open_state: str) -> MemberStatus:
    """What a member says of itself counts more than what another member sees, and that more than nothing."""
    state = greeting.role or open_state
    if greeting.unread == "way":
        state = view.heard(member.name)
    elif not greeting.answered:
        state = "UNREACHABLE"
    elif not state:
        state = view.states.get(member.name, "UNKNOWN")
        state = "RECOVERING" if state in SERVING else state
    set_member = view.members.get(member.name, member)
    return MemberStatus(state, set_member.priority, set_member.votes, view.lags.get(member.name), greeting.detail)


def _stranger(member: SetMember, greeting: Greeting, view: View) -> MemberStatus:
    """A member that the file doesn't have. Where it can't be asked, what the others see of it counts."""
    state = greeting.role if greeting.answered else view.states.get(member.name, "UNKNOWN")
    state = state or view.states.get(member.name, "UNKNOWN")
    return MemberStatus(state, member.priority, member.votes, view.lags.get(member.name), greeting.detail)


def _why(members: Mapping[str, MemberStatus], detail: str) -> str:
    if not members:
        return tr("no member is running")
    said = (tr("{name} is {state}", name=name, state=worded(status.state)) for name, status in members.items())
    return clauses([*said, detail])
