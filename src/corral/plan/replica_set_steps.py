"""What the replica set's state machine can ask for next. Names are members' (host:port), times seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from corral.model.resources import DatabaseUser, ReplicaSet, SetMember, UserState

Members = tuple[SetMember, ...]


@dataclass(frozen=True)
class Settings:
    election_timeout: float
    heartbeat_interval: float


BOOTSTRAP: Final = Settings(election_timeout=2.0, heartbeat_interval=0.1)
"""While the set is being made. MongoDB accepts no further change of votes before the primary knows that a majority has
the last configuration, which takes one heartbeat; docs/database.md has the figures."""


def settings_of(wanted: ReplicaSet) -> Settings:
    return Settings(wanted.election_timeout, wanted.heartbeat_interval)


@dataclass(frozen=True)
class Initiate:
    """A set of this one member. Allowed only when no member holds data."""

    member: SetMember
    settings: Settings = BOOTSTRAP


@dataclass(frozen=True)
class AwaitMembers:
    """Until these answer and are healthy."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class AwaitPrimary:
    """Until one member takes writes, and what must be known of the set is known."""


@dataclass(frozen=True)
class Elect:
    """This one stands for election at once, instead of after the election timeout."""

    name: str


@dataclass(frozen=True)
class AwaitSecondary:
    """Until these have the data."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class CreateUser:
    user: DatabaseUser


@dataclass(frozen=True)
class UpdateUser:
    user: DatabaseUser
    why: UserState


@dataclass(frozen=True)
class AddMembers:
    """They join with votes 0 and priority 0, all in one reconfiguration."""

    names: tuple[str, ...]
    settings: None = None
    """Never the last step: their votes come after."""

    def applied(self, members: Members) -> Members:
        return (*members, *(SetMember(name, priority=0, votes=0) for name in self.names))


@dataclass(frozen=True)
class AddArbiter:
    """An arbiter can't be without a vote: it joins with it."""

    name: str
    settings: Settings | None = None

    def applied(self, members: Members) -> Members:
        return (*members, SetMember(self.name, priority=0, votes=1, arbiter=True))


@dataclass(frozen=True)
class GrantVote:
    name: str
    priority: float
    settings: Settings | None = None

    def applied(self, members: Members) -> Members:
        return _changed(members, {self.name: (self.priority, 1)})


@dataclass(frozen=True)
class TakeVote:
    name: str
    settings: Settings | None = None

    def applied(self, members: Members) -> Members:
        return _changed(members, {self.name: (0, 0)})


@dataclass(frozen=True)
class RemoveMembers:
    """Members without votes, any number, or one arbiter."""

    names: tuple[str, ...]
    settings: Settings | None = None

    def applied(self, members: Members) -> Members:
        return tuple(member for member in members if member.name not in self.names)


@dataclass(frozen=True)
class StepDown:
    """The primary hands over, since it is to lose its vote."""

    name: str


@dataclass(frozen=True)
class SetPriorities:
    priorities: tuple[tuple[str, float], ...]
    settings: Settings | None = None

    def applied(self, members: Members) -> Members:
        return _changed(members, {name: (priority, None) for name, priority in self.priorities})


@dataclass(frozen=True)
class SetSettings:
    settings: Settings

    def applied(self, members: Members) -> Members:
        return members


@dataclass(frozen=True)
class Complete:
    """Nothing is left to do."""


@dataclass(frozen=True)
class Stuck:
    """Only a person can decide what happens next."""

    code: str
    hint: str


Wait = AwaitMembers | AwaitPrimary | AwaitSecondary
Reconfiguration = AddMembers | AddArbiter | GrantVote | TakeVote | RemoveMembers | SetPriorities | SetSettings
Step = Wait | Reconfiguration | Initiate | Elect | CreateUser | UpdateUser | StepDown | Complete | Stuck


@dataclass(frozen=True)
class Decision:
    """The next step, and a sentence that says what was decided and why."""

    step: Step
    sentence: str


def _changed(members: Members, changes: Mapping[str, tuple[float, int | None]]) -> Members:
    """`members` with the priority and, unless None, the votes that `changes` gives by name."""

    def change(member: SetMember) -> SetMember:
        priority, votes = changes.get(member.name, (member.priority, None))
        return replace(member, priority=priority, votes=member.votes if votes is None else votes)

    return tuple(map(change, members))
