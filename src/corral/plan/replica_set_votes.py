"""Who is in the replica set, with which vote and priority: one change of votes in each reconfiguration."""

from __future__ import annotations

from corral.language import tr
from corral.model.resources import SetMember
from corral.plan.replica_set_steps import (
    AddArbiter,
    AddMembers,
    AwaitMembers,
    AwaitSecondary,
    Decision,
    GrantVote,
    Reconfiguration,
    RemoveMembers,
    SetPriorities,
    SetSettings,
    StepDown,
    TakeVote,
    settings_of,
)
from corral.plan.replica_set_view import MOST_VOTERS, View, listed


def joining(view: View) -> Decision | None:
    """Members that answer and aren't in the configuration join it, without a vote."""
    names = tuple(
        member.name
        for member in view.wanted.members
        if not member.arbiter and member.name not in view.roster and view.state(member.name) != "UNREACHABLE"
    )
    if not names:
        return None
    sentence = tr("add {names} without a vote: until it has the data, no write waits for it", names=listed(names))
    return Decision(AddMembers(names), sentence)


def voting(view: View) -> Decision | None:
    """First the votes of dead members are taken, then new votes are given, and last the votes of healthy members are
    taken."""
    surplus = [name for name, member in view.roster.items() if member.votes and not _has_vote(view, name)]
    dead = [name for name in surplus if not view.healthy(name)]
    if dead:
        return _take(view, dead[0], tr("it is to leave the set, and isn't healthy"))
    new = _unvoiced(view) or _new_arbiters(view)
    full = sum(1 for member in view.roster.values() if member.votes) >= MOST_VOTERS
    if new and not (full and surplus):
        decision = _give(view, new, waiting_matters=bool(surplus))
        if decision is not None:
            return decision
    return _priorities(view) or _leaving(view, surplus)


def settings(view: View) -> Decision | None:
    if not view.settings_differ:
        return None
    wanted = settings_of(view.wanted)
    sentence = tr(
        "set the election timeout to {election_timeout:g} s and the heartbeat interval to "
        "{heartbeat_interval:g} s, as the file says",
        election_timeout=wanted.election_timeout,
        heartbeat_interval=wanted.heartbeat_interval,
    )
    return Decision(SetSettings(wanted), sentence)


def _has_vote(view: View, name: str) -> bool:
    return name in view.goal and view.goal[name].votes > 0


def _unvoiced(view: View) -> list[SetMember]:
    """Members of the configuration that the file gives a vote and that have none yet."""
    return [m for m in view.wanted.members if m.votes and m.name in view.roster and not view.roster[m.name].votes]


def _new_arbiters(view: View) -> list[SetMember]:
    return [m for m in view.wanted.members if m.arbiter and m.name not in view.roster]


def _give(view: View, new: list[SetMember], *, waiting_matters: bool) -> Decision | None:
    """A vote for the first of `new` that is ready for it, or the wait for one.

    Without a vote to take afterwards, nobody waits here for a member that doesn't answer.
    """
    for member in new:
        if member.arbiter and view.state(member.name) != "UNREACHABLE":
            return _guarded(
                view, AddArbiter(member.name), tr("add the arbiter {member} with its vote", member=member.name)
            )
        if view.state(member.name) == "SECONDARY":
            sentence = tr(
                "give {member} its vote and priority {priority:g}: it has the data now",
                member=member.name,
                priority=member.priority,
            )
            return _guarded(view, GrantVote(member.name, member.priority), sentence)
    pending = tuple(m.name for m in new if waiting_matters or view.state(m.name) != "UNREACHABLE")
    if not pending:
        return None
    said = listed(f"{name} ({view.state(name)})" for name in pending)
    return Decision(
        AwaitSecondary(pending), tr("wait until {said} can be given a vote: a copy of the data comes first", said=said)
    )


def _priorities(view: View) -> Decision | None:
    """All in one reconfiguration, except that a primary can't be made unelectable."""
    changes = tuple(
        (name, view.goal[name].priority)
        for name, member in view.roster.items()
        if _has_vote(view, name)
        and member.votes
        and member.priority != view.goal[name].priority
        and (name != view.found.primary or view.electable(name))
    )
    if not changes:
        return None
    said = listed(tr("{name} to {priority:g}", name=name, priority=priority) for name, priority in changes)
    sentence = tr("set the priority of {said}; the member with the highest one becomes primary", said=said)
    return _guarded(view, SetPriorities(changes), sentence)


def _stepping_down(view: View) -> Decision | None:
    primary = view.found.primary
    if view.electable(primary) or primary not in view.roster:
        return None
    others = [name for name in view.roster if name != primary and view.electable(name)]
    ready = [name for name in others if view.state(name) == "SECONDARY"]
    if ready:
        why = tr("it has left the file") if primary not in view.goal else tr("the file gives it no priority")
        return Decision(
            StepDown(primary),
            tr(
                "let the primary {primary} step down ({why}): {ready} can take over",
                primary=primary,
                why=why,
                ready=listed(ready),
            ),
        )
    waited = tuple(others or [name for name in view.goal if view.electable(name)])
    sentence = tr(
        "wait until {waited} can take over from the primary {primary}, which is to step down",
        waited=listed(waited),
        primary=primary,
    )
    return Decision(AwaitSecondary(waited), sentence)


def _leaving(view: View, surplus: list[str]) -> Decision | None:
    """The primary goes last, so that nobody takes over from it who is to leave as well."""
    others = [name for name in surplus if name != view.found.primary]
    if others:
        return _take(view, others[0], tr("the file gives it no vote"))
    handover = _stepping_down(view)
    if handover is not None:
        return handover
    names = tuple(name for name in view.roster if name not in view.goal)
    if not names:
        return None
    return _guarded(
        view,
        RemoveMembers(names),
        tr("remove {names} from the set: no longer in the file, and without a vote", names=listed(names)),
    )


def _take(view: View, name: str, why: str) -> Decision:
    if view.roster[name].arbiter:
        return _guarded(view, RemoveMembers((name,)), tr("remove the arbiter {name}: {why}", name=name, why=why))
    return _guarded(view, TakeVote(name), tr("take {name}'s vote: {why}", name=name, why=why))


def _guarded(view: View, step: Reconfiguration, sentence: str) -> Decision:
    """`step`, unless a majority of healthy voters would be missing before or after it."""
    after = step.applied(view.found.members)
    if view.keeps_majority(view.found.members) and view.keeps_majority(after):
        return Decision(view.last_of(step), sentence)
    ill = tuple(dict.fromkeys(m.name for m in (*view.found.members, *after) if m.votes and not view.healthy(m.name)))
    return Decision(
        AwaitMembers(ill), tr("wait for {ill}: without a healthy majority no vote is changed", ill=listed(ill))
    )
