"""The replica set as its members report it. Never raises: what can't be known is a value that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from corral.language import tr
from corral.model.database_users import OPERATOR
from corral.model.resources import SERVING, FoundReplicaSet, MemberFacts, ReplicaSet, UserState
from corral.mongo.clients import AUTHENTICATION_FAILED, NOT_A_MEMBER, Connections, Refused
from corral.mongo.configuration import Configuration, read_configuration
from corral.mongo.greeting import STATES, Greeting, greet, open_state
from corral.mongo.hearing import freshly_heard, statuses_of, unheard_in
from corral.mongo.set_view import lags_in, states_in
from corral.mongo.users import user_states
from corral.words import named

Greetings = Mapping[str, Greeting]

_WITHOUT_STATUS: Final = {0: "UNREACHABLE", AUTHENTICATION_FAILED: "UNKNOWN", NOT_A_MEMBER: "REMOVED"}
"""What it means when a member with users refuses the operator its state, by MongoDB's error code."""


async def observe_replica_set(
    wanted: ReplicaSet, connections: Connections, running: Collection[str]
) -> FoundReplicaSet:
    """Ask all members whose names (host:port) are `running` at once; the others are UNREACHABLE.

    Also who of them hears whom.
    """
    async with connections:
        greetings = await _greetings(connections, wanted, running)
        found, statuses = await asyncio.gather(
            _observed(connections, wanted, greetings), statuses_of(connections, greetings.values(), OPERATOR)
        )
    fresh = {name: state for status in statuses for name, state in freshly_heard(status).items() if state in SERVING}
    facts = tuple(replace(fact, heard=fresh.get(fact.name, "") if fact.unread else "") for fact in found.facts)
    unheard = unheard_in(statuses, [(fact.name, fact.heard or fact.state) for fact in facts])
    return replace(found, facts=facts, unheard=unheard)


async def observe_through(connections: Connections, wanted: ReplicaSet, running: Collection[str]) -> FoundReplicaSet:
    """The same over connections that are kept from one observation to the next, without who hears whom."""
    return await _observed(connections, wanted, await _greetings(connections, wanted, running))


async def _greetings(connections: Connections, wanted: ReplicaSet, running: Collection[str]) -> dict[str, Greeting]:
    names = [member.name for member in wanted.members]
    asked = await asyncio.gather(*(greet(connections, name) for name in names if name in running))
    silent = Greeting("", answered=False, detail=tr("it is not running"))
    return {name: replace(silent, member=name) for name in names} | {g.member: g for g in asked}


async def _observed(connections: Connections, wanted: ReplicaSet, greetings: dict[str, Greeting]) -> FoundReplicaSet:
    primary = await _primary(connections, greetings)
    if primary is None:
        return replace(await _without_primary(connections, greetings), unasked=_unasked(greetings))
    if primary.outside:
        return replace(await _without_primary(connections, greetings), left=primary.member)
    return await _with_primary(connections, wanted, greetings | {primary.member: primary}, primary)


async def _primary(connections: Connections, greetings: Greetings) -> Greeting | None:
    """The member that takes writes. It may be one that has left the file, and that only the others name.

    A primary that they name and that is outside the cluster counts too, though it can't be asked.
    """
    found = [g for g in greetings.values() if g.role == "PRIMARY"]
    if not found:
        named = {g.primary for g in greetings.values() if g.primary} - greetings.keys()
        others = await asyncio.gather(*(greet(connections, name) for name in named))
        found = [g for g in others if g.role == "PRIMARY"] or [g for g in others if g.outside]
    return max(found, key=lambda g: g.election, default=None)


def _unasked(greetings: Greetings) -> str:
    """Whom the members call their primary though it can't be asked from here."""
    named = {greeting.primary for greeting in greetings.values() if greeting.primary}
    return next((name for name in named if name in greetings and greetings[name].unread == "way"), "")


async def _with_primary(
    connections: Connections, wanted: ReplicaSet, greetings: Greetings, primary: Greeting
) -> FoundReplicaSet:
    users: tuple[tuple[str, UserState], ...]
    if await open_state(connections, primary.member):
        users, report = tuple((user.name, "missing") for user in wanted.users), _Report()
        facts = await _facts(connections, greetings, primary)
    else:
        report, users, facts = await asyncio.gather(
            _report_of(connections, primary.member),
            user_states(connections, primary.member, wanted.users),
            _facts(connections, greetings, primary),
        )
    return replace(
        _found(primary.set_name, report), facts=_completed(facts, report), primary=primary.member, users=users
    )


async def _without_primary(connections: Connections, greetings: Greetings) -> FoundReplicaSet:
    """The configuration, as any member still has it; the state of the users can't be known."""
    facts = await _facts(connections, greetings, None)
    holders = [fact.name for fact in facts if fact.state not in {"UNREACHABLE", "UNINITIALIZED"}]
    reports = await asyncio.gather(*(_report_of(connections, name) for name in holders))
    newest = max(reports, key=lambda report: report.age, default=_Report())
    if newest.configuration is None and any([await open_state(connections, name) for name in holders]):
        newest = _Report()  # there is no user yet who could read it
    name = next((g.set_name for g in greetings.values() if g.set_name), "")
    found = _found(name, newest)
    strangers = [member.name for member in found.members if member.name not in greetings]
    others = {g.member: g for g in await asyncio.gather(*(greet(connections, name) for name in strangers))}
    return replace(found, facts=facts + await _facts(connections, others, None))


@dataclass(frozen=True)
class _Report:
    """What one member reports to the operator about the set."""

    configuration: Configuration | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    lags: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""

    @property
    def age(self) -> tuple[int, int]:
        """Greater for the newer configuration."""
        if self.configuration is None:
            return (-1, -1)
        return (self.configuration.document.get("term", 0), self.configuration.version)


async def _report_of(connections: Connections, member: str) -> _Report:
    configuration = None
    try:
        configuration = await read_configuration(connections, member)
        status = await connections.ask(member, {"replSetGetStatus": 1}, user=OPERATOR)
    except Refused as refused:
        return _Report(configuration, detail=named(member, refused.text))
    return _Report(configuration, states_in(status), lags_in(status))


def _found(name: str, report: _Report) -> FoundReplicaSet:
    configuration = report.configuration
    if configuration is None:
        return FoundReplicaSet(name=name, detail=report.detail)
    return FoundReplicaSet(
        name=name or configuration.name,
        members=configuration.members,
        version=configuration.version,
        election_timeout=configuration.election_timeout,
        heartbeat_interval=configuration.heartbeat_interval,
    )


async def _facts(connections: Connections, greetings: Greetings, primary: Greeting | None) -> tuple[MemberFacts, ...]:
    """What each member says of itself; its state is OTHER_SET when it belongs to another set than the others."""
    reference = primary or next((g for g in greetings.values() if g.set_name), None)
    facts = await asyncio.gather(*(_fact(connections, g, reference) for g in greetings.values()))
    return tuple(replace(fact, series=greetings[fact.name].series) for fact in facts)


async def _fact(connections: Connections, greeting: Greeting, reference: Greeting | None) -> MemberFacts:
    if not greeting.answered:
        return MemberFacts(greeting.member, "UNREACHABLE", detail=greeting.detail, unread=greeting.unread)
    if reference is not None and greeting.set_name and _apart(greeting, reference):
        names = ", ".join(greeting.names)
        return MemberFacts(
            greeting.member, "OTHER_SET", detail=tr("in the set {set} of {names}", set=greeting.set_name, names=names)
        )
    if greeting.role:
        return MemberFacts(greeting.member, greeting.role)
    state = await open_state(connections, greeting.member)
    return MemberFacts(greeting.member, state) if state else await _own_state(connections, greeting)


def _apart(one: Greeting, other: Greeting) -> bool:
    return one.member not in other.names and other.member not in one.names


async def _own_state(connections: Connections, greeting: Greeting) -> MemberFacts:
    """What a member with users reports to the operator; while it copies the data it may not know any user yet."""
    try:
        status = await connections.ask(greeting.member, {"replSetGetStatus": 1}, user=OPERATOR)
    except Refused as refused:
        state = "STARTUP2" if greeting.set_name else _WITHOUT_STATUS.get(refused.code, "STARTUP")
        return MemberFacts(greeting.member, state, detail=refused.text)
    return MemberFacts(greeting.member, STATES.get(status["myState"], "UNKNOWN"))


def _completed(facts: tuple[MemberFacts, ...], report: _Report) -> tuple[MemberFacts, ...]:
    """With each member's lag; and with the members that only the configuration names, as the primary sees them."""
    asked = {fact.name for fact in facts}
    others = tuple(MemberFacts(name, state) for name, state in report.states.items() if name not in asked)
    return tuple(replace(fact, lag_seconds=report.lags.get(fact.name)) for fact in (*facts, *others))
