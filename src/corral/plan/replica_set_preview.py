"""The expected state after a step: for the plan's preview, and for the tests."""

from __future__ import annotations

from dataclasses import replace

from corral.model.resources import FoundReplicaSet, MemberFacts, ReplicaSet, SetMember
from corral.plan.replica_set_steps import (
    AddArbiter,
    AddMembers,
    AwaitPrimary,
    CreateUser,
    Elect,
    Initiate,
    Reconfiguration,
    Step,
    StepDown,
    UpdateUser,
    Wait,
)
from corral.plan.replica_set_view import View


def simulated(wanted: ReplicaSet, found: FoundReplicaSet, step: Step) -> FoundReplicaSet | None:
    """`found` after `step`, when all goes well; None when only the members themselves can say what comes next."""
    if isinstance(step, Reconfiguration):
        return _reconfigured(found, step)
    if isinstance(step, Wait | Elect):
        return _waited(View(wanted, found), step)
    match step:
        case Initiate():
            return _initiated(wanted, found, step)
        case CreateUser() | UpdateUser():
            users = {**dict(found.users), step.user.name: "ok"}
            return replace(found, users=tuple(users.items()))
        case StepDown():
            return _handed_over(View(wanted, found), step)
    return found


def _waited(view: View, step: Wait | Elect) -> FoundReplicaSet | None:
    if isinstance(step, AwaitPrimary | Elect):
        return _elected(view)
    if not view.found.name:
        return None
    return _states(view.found, {name: _arrived(view.found, name) for name in step.names})


def _arrived(found: FoundReplicaSet, name: str) -> str:
    """The state in which a member that was waited for is expected."""
    member = next((member for member in found.members if member.name == name), None)
    if member is None:
        return "UNINITIALIZED"
    return "ARBITER" if member.arbiter else "SECONDARY"


def _states(found: FoundReplicaSet, states: dict[str, str]) -> FoundReplicaSet:
    facts = {facts.name: facts for facts in found.facts}
    facts.update({name: MemberFacts(name, state) for name, state in states.items()})
    return replace(found, facts=tuple(facts.values()))


def _initiated(wanted: ReplicaSet, found: FoundReplicaSet, step: Initiate) -> FoundReplicaSet:
    after = replace(
        found,
        name=wanted.name,
        members=(SetMember(step.member.name, step.member.priority),),
        version=1,
        election_timeout=step.settings.election_timeout,
        heartbeat_interval=step.settings.heartbeat_interval,
        primary=step.member.name,
        users=tuple((user.name, "missing") for user in wanted.users),
    )
    return _states(after, {step.member.name: "PRIMARY"})


def _elected(view: View) -> FoundReplicaSet | None:
    """An election can be foreseen; the state of users or of a configuration that was not read can't."""
    found = view.found
    able = [member for member in found.members if member.votes and member.priority > 0 and not member.arbiter]
    if found.primary or not able:
        return None
    primary = max(able, key=lambda member: (view.healthy(member.name), member.priority)).name
    return replace(_states(found, {primary: "PRIMARY"}), primary=primary)


def _handed_over(view: View, step: StepDown) -> FoundReplicaSet:
    heir = next(n for n in view.roster if n != step.name and view.electable(n) and view.state(n) == "SECONDARY")
    after = _states(view.found, {step.name: "SECONDARY", heir: "PRIMARY"})
    return replace(after, primary=heir)


def _reconfigured(found: FoundReplicaSet, step: Reconfiguration) -> FoundReplicaSet:
    after = replace(found, members=step.applied(found.members), version=found.version + 1)
    if step.settings is not None:
        after = replace(
            after,
            election_timeout=step.settings.election_timeout,
            heartbeat_interval=step.settings.heartbeat_interval,
        )
    if isinstance(step, AddMembers):
        return _states(after, dict.fromkeys(step.names, "STARTUP2"))
    return _states(after, {step.name: "ARBITER"}) if isinstance(step, AddArbiter) else after
