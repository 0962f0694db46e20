"""The replica set's state machine: from what is wanted and what is found to the next step, and why.

Nothing is remembered between two decisions, so a run that was cut off anywhere can be continued.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from corral.language import tr
from corral.model.database_users import ADMIN, OPERATOR
from corral.model.resources import DatabaseUser, FoundReplicaSet, ReplicaSet
from corral.plan.replica_set_preview import simulated
from corral.plan.replica_set_refusals import refusal
from corral.plan.replica_set_steps import (
    AwaitMembers,
    AwaitPrimary,
    AwaitSecondary,
    Complete,
    CreateUser,
    Decision,
    Elect,
    Initiate,
    Stuck,
    UpdateUser,
)
from corral.plan.replica_set_view import View, listed
from corral.plan.replica_set_votes import joining, settings, voting
from corral.words import behind

_MOST_STEPS: Final = 200
"""More than the way from 50 members to 50 others needs; a longer preview is a defect."""

_OTHER_SECRETS = tr(
    "put back the secrets file that these data were made with; or start without the data (corral down "
    "--purge, on hosts corral destroy --purge)"
)


def decide(wanted: ReplicaSet, found: FoundReplicaSet) -> Decision:
    """The next step towards `wanted`. Safe to do, and safe to decide on again if it was not done."""
    view = View(wanted, found)
    for rule in _RULES:
        decision = rule(view)
        if decision is not None:
            return decision
    return Decision(
        Complete(),
        tr(
            "replica set {wanted} is as the file wants it; its primary is {primary}",
            wanted=wanted.name,
            primary=found.primary,
        ),
    )


def is_complete(wanted: ReplicaSet, found: FoundReplicaSet, idle: Collection[str] = ()) -> bool:
    """Members that are `idle` are not waited for, and without them there may be no primary."""
    step = decide(wanted, found).step
    if isinstance(step, AwaitMembers):
        return set(step.names) <= set(idle)
    return isinstance(step, Complete) or (isinstance(step, AwaitPrimary) and bool(found.name and idle))


def preview(wanted: ReplicaSet, found: FoundReplicaSet) -> tuple[str, ...]:
    """The sentences of all decisions to come, as far as can be foreseen, if every wait ends well."""
    sentences: list[str] = []
    state: FoundReplicaSet | None = found
    while state is not None and len(sentences) < _MOST_STEPS:
        decision = decide(wanted, state)
        if isinstance(decision.step, Complete):
            return tuple(sentences)
        sentences.append(decision.sentence)
        if isinstance(decision.step, Stuck):
            return tuple(sentences)
        state = simulated(wanted, state, decision.step)
    return (*sentences, tr("go on from what the members say then"))


def _bootstrap(view: View) -> Decision | None:
    """One member is initiated only when every member has said that it holds no data."""
    if view.found.name:
        return None
    silent = tuple(name for name in view.goal if view.state(name) != "UNINITIALIZED")
    if silent:
        sentence = tr(
            "ask {silent} whether it holds data: a set is made only when no member has any", silent=listed(silent)
        )
        return Decision(AwaitMembers(silent), sentence)
    electable = [member for member in view.wanted.members if view.electable(member.name)]
    first = max(electable, key=lambda member: member.priority)
    sentence = tr(
        "initiate replica set {wanted} with {first} alone: it can take writes at once",
        wanted=view.wanted.name,
        first=first.name,
    )
    return Decision(Initiate(first), sentence)


def _leaderless(view: View) -> Decision | None:
    if view.found.primary:
        return None
    voters = [member.name for member in view.found.members if member.votes]
    alive = sum(map(view.healthy, voters))
    able = [member for member in view.found.members if member.votes and member.priority and not member.arbiter]
    if able and alive == len(voters):
        first = max(able, key=lambda member: member.priority).name
        sentence = tr(
            "have {first} stand for election at once: all voters are back, so nobody waits for the timeout", first=first
        )
        return Decision(Elect(first), sentence)
    if view.found.unasked:
        return Decision(
            AwaitPrimary(),
            tr(
                "wait until {primary} can be asked: the others call it their primary, so no one else takes writes",
                primary=view.found.unasked,
            ),
        )
    why = tr("an election is under way")
    if not voters and view.found.detail:
        why = tr("who may vote can't be read ({detail})", detail=view.found.detail)
    if voters and alive <= len(voters) // 2:
        why = tr(
            "{alive} of {total} voters can vote, and {majority} are needed",
            alive=alive,
            total=len(voters),
            majority=len(voters) // 2 + 1,
        )
    return Decision(AwaitPrimary(), tr("wait for a primary: {why}", why=why))


def _key_users(view: View) -> Decision | None:
    """The two users that do everything else."""
    return _users(view, [user for user in view.wanted.users if user.name in {ADMIN, OPERATOR}])


def _other_users(view: View) -> Decision | None:
    return _users(view, [user for user in view.wanted.users if user.name not in {ADMIN, OPERATOR}])


def _users(view: View, users: list[DatabaseUser]) -> Decision | None:
    for user in sorted(users, key=lambda user: user.name != ADMIN):
        decision = _user(view, user)
        if decision is not None:
            return decision
    return None


def _user(view: View, user: DatabaseUser) -> Decision | None:
    state = view.users.get(user.name, "unknown")
    match state:
        case "ok":
            return None
        case "missing":
            return Decision(
                CreateUser(user), tr("create the user {user} ({roles})", user=user.name, roles=_roles(user))
            )
        case "unknown":
            detail = behind(view.found.detail)
            return Decision(
                AwaitPrimary(),
                tr(
                    "wait until the primary can say whether the user {user} is right{detail}",
                    user=user.name,
                    detail=detail,
                ),
            )
        case "wrong_password" if user.name == ADMIN:
            message = tr(
                "replica set {wanted} refuses the password of its user {admin}", wanted=view.wanted.name, admin=ADMIN
            )
            return Decision(Stuck("wrong-password", _OTHER_SECRETS), message)
        case "wrong_password":
            sentence = tr(
                "set the password of the user {user} again: MongoDB refuses the one in the secrets file", user=user.name
            )
        case "wrong_roles":
            sentence = tr(
                "set the roles of the user {user} to {roles}: it has others", user=user.name, roles=_roles(user)
            )
    return Decision(UpdateUser(user, state), sentence)


def _roles(user: DatabaseUser) -> str:
    return listed(tr("{role} on {database}", role=role, database=database) for role, database in user.roles)


def _configuration_known(view: View) -> Decision | None:
    if view.found.members:
        return None
    detail = behind(view.found.detail)
    return Decision(AwaitPrimary(), tr("wait until the configuration can be read{detail}", detail=detail))


def _health(view: View) -> Decision | None:
    silent = tuple(name for name in view.goal if view.state(name) == "UNREACHABLE")
    if silent:
        return Decision(AwaitMembers(silent), tr("wait for {silent} to answer", silent=listed(silent)))
    ill = tuple(name for name in view.goal if not view.healthy(name))
    if ill:
        said = listed(f"{name} ({view.state(name)})" for name in ill)
        return Decision(AwaitSecondary(ill), tr("wait until {said} has caught up", said=said))
    return None


_RULES: Final[tuple[Callable[[View], Decision | None], ...]] = (
    refusal,
    _bootstrap,
    _leaderless,
    _key_users,
    _configuration_known,
    joining,
    _other_users,
    voting,
    settings,
    _health,
)
