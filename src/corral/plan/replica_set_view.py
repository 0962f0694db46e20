"""A replica set wanted and found, side by side, and what a reconfiguration would make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from corral.language import tr
from corral.model.resources import SERVING, FoundReplicaSet, ReplicaSet, SetMember, UserState
from corral.plan.replica_set_steps import AddMembers, Members, Reconfiguration, SetSettings, settings_of

MOST_VOTERS: Final = 7
"""MongoDB's own limit."""


@dataclass(frozen=True)
class View:
    wanted: ReplicaSet
    found: FoundReplicaSet

    @cached_property
    def goal(self) -> dict[str, SetMember]:
        return {member.name: member for member in self.wanted.members}

    @cached_property
    def roster(self) -> dict[str, SetMember]:
        """The members of the configuration that is in force."""
        return {member.name: member for member in self.found.members}

    @cached_property
    def states(self) -> dict[str, str]:
        return {facts.name: facts.state for facts in self.found.facts}

    @cached_property
    def users(self) -> dict[str, UserState]:
        return dict(self.found.users)

    @cached_property
    def settings_differ(self) -> bool:
        found = (self.found.election_timeout, self.found.heartbeat_interval)
        wanted = (self.wanted.election_timeout, self.wanted.heartbeat_interval)
        return any(round(a * 1000) != round(b * 1000) for a, b in zip(found, wanted, strict=True))

    def state(self, name: str) -> str:
        return self.states.get(name, "UNREACHABLE")

    def healthy(self, name: str) -> bool:
        return self.state(name) in SERVING

    def electable(self, name: str) -> bool:
        """Whether the file wants `name` as a member that may be primary."""
        member = self.goal.get(name)
        return member is not None and member.votes > 0 and member.priority > 0 and not member.arbiter

    def keeps_majority(self, members: Members) -> bool:
        """Whether enough voters are healthy; an arbiter that is to join has nothing to copy, so it is."""
        names = [member.name for member in members if member.votes]
        joining = [m.name for m in members if m.arbiter and m.name not in self.roster]
        return sum(name in joining or self.healthy(name) for name in names) > len(names) // 2

    def last_of(self, step: Reconfiguration) -> Reconfiguration:
        """`step`, with the file's settings if no other reconfiguration would follow it."""
        if isinstance(step, AddMembers | SetSettings) or not self.settings_differ:
            return step
        after = {member.name: member for member in step.applied(self.found.members)}
        return replace(step, settings=settings_of(self.wanted)) if after == self.goal else step


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names
    return tr("{first} and {last}", first=", ".join(first), last=last) if first else last
