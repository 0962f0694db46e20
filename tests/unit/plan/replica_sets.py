"""Replica sets as plain values, for the planner's tests."""

from __future__ import annotations

from dataclasses import replace

from corral.model.database_users import ADMIN, APPLICATION, MONITOR, OPERATOR
from corral.model.resources import (
    DatabaseUser,
    FoundReplicaSet,
    MemberFacts,
    ReplicaSet,
    SetMember,
    UserState,
)

A, B, C, D, E = (f"10.0.0.{number}:27017" for number in range(1, 6))

USERS = tuple(DatabaseUser(name, (("read", "local"),), name) for name in (ADMIN, OPERATOR, APPLICATION, MONITOR))


def wanted(*members: SetMember | str) -> ReplicaSet:
    """A set of `members`; one given by its name has a vote and priority 1."""
    full = tuple(SetMember(member) if isinstance(member, str) else member for member in members)
    return ReplicaSet("rs", full, election_timeout=10, heartbeat_interval=2, users=USERS)


def empty(target: ReplicaSet, **states: str) -> FoundReplicaSet:
    """Members that run and hold nothing."""
    facts = tuple(MemberFacts(member.name, "UNINITIALIZED") for member in target.members)
    return with_states(FoundReplicaSet(facts=facts), **states)


def complete(target: ReplicaSet, primary: str = A) -> FoundReplicaSet:
    """`target` as it is found when all is well."""
    facts = tuple(
        MemberFacts(m.name, "ARBITER" if m.arbiter else "PRIMARY" if m.name == primary else "SECONDARY")
        for m in target.members
    )
    return FoundReplicaSet(
        name=target.name,
        members=target.members,
        version=5,
        election_timeout=target.election_timeout,
        heartbeat_interval=target.heartbeat_interval,
        facts=facts,
        primary=primary,
        users=tuple((user.name, "ok") for user in target.users),
    )


def with_states(found: FoundReplicaSet, **states: str) -> FoundReplicaSet:
    """`found` with the states of members that are named by their letters."""
    names = dict(zip("ABCDE", (A, B, C, D, E), strict=True))
    facts = {fact.name: fact for fact in found.facts}
    facts |= {names[letter]: MemberFacts(names[letter], state) for letter, state in states.items()}
    return replace(found, facts=tuple(facts.values()))


def with_users(found: FoundReplicaSet, **users: UserState) -> FoundReplicaSet:
    return replace(found, users=tuple({**dict(found.users), **users}.items()))


def leaderless(found: FoundReplicaSet) -> FoundReplicaSet:
    facts = tuple(replace(f, state="SECONDARY") if f.state == "PRIMARY" else f for f in found.facts)
    return replace(found, primary="", users=(), facts=facts)
