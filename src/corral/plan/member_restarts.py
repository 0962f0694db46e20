"""Which voter of a replica set may be restarted, and when: the set must be able to take writes without it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from corral.language import tr
from corral.model.resources import SERVING, FoundReplicaSet, Gate, ReplicaSet, Unit
from corral.plan.actions import Plan, StartUnit
from corral.plan.replica_set_steps import Decision, Stuck
from corral.plan.replica_set_view import View, listed

_PATIENCE: Final = 120.0
"""Seconds for the other voters to become healthy again: as long as a replica set has to converge."""
_SILENT: Final = "UNREACHABLE"


def gate_before(unit: Unit, wanted: ReplicaSet, found: FoundReplicaSet) -> Gate | None:
    """What must be seen before `unit` is restarted; None if it has no vote in a set that is known.

    A healthy voter that has left the file does not count: it may be on a host that can't be asked.
    """
    view = View(wanted, found)
    voters = [m.name for m in found.members if m.votes and (m.name in view.goal or not view.healthy(m.name))]
    me = unit.endpoint.netloc
    if me not in voters:
        return None
    names = (me, *(name for name in voters if name != me))
    return Gate("majority", unit.address, unit.port, deadline=_PATIENCE, streak=1, members=names)


def refusal_of_restarts(plan: Plan, found: FoundReplicaSet) -> Decision | None:
    """Why a restart in `plan` could only fail. A member that the plan itself starts is expected to become healthy; one
    that the primary doesn't hear has no vote that counts, whatever it says of itself."""
    starts = [a for a in plan.actions() if isinstance(a, StartUnit) and a.unit.role == "database"]
    states = {facts.name: facts.state for facts in found.facts}
    started = (action.unit.endpoint.netloc for action in starts)
    expected = states | {name: "SECONDARY" for name in started if states.get(name, _SILENT) == _SILENT}
    expected |= {each.member: _SILENT for each in found.unheard if found.primary in (each.by, each.member)}
    gates = (action.before for action in starts if action.before)
    own = ((gate.members, {gate.members[0]: states.get(gate.members[0], _SILENT)}) for gate in gates)
    return next(filter(None, (refusal_of_restart(members, expected | mine) for members, mine in own)), None)


def refusal_of_restart(voters: Collection[str], states: Mapping[str, str]) -> Decision | None:
    """Why the first of `voters` may not be restarted now, given the states of all.

    It may if it isn't healthy itself, since nothing is lost then; and if all others are healthy, since nothing better
    will come: so sets of one and of two members can be restarted too.
    """

    def state(name: str) -> str:
        return states.get(name, _SILENT)

    me, *others = voters
    ill = [name for name in others if state(name) not in SERVING]
    if not ill or state(me) not in SERVING:
        return None
    copying = [name for name in ill if state(name) != _SILENT]
    said = listed(f"{name} ({state(name)})" for name in copying or ill)
    if copying:
        hint = tr(
            "wait until {copying} has caught up (corral status), then run the same command again",
            copying=listed(copying),
        )
        return Decision(
            Stuck("member-copies", hint),
            tr("{me} is not restarted while another one copies data or recovers: {said}", me=me, said=said),
        )
    healthy, needed = len(others) - len(ill), len(voters) // 2 + 1
    if healthy >= needed:
        return None
    sentence = tr(
        "a restart of {me} would leave {healthy} of {count} voters, and {needed} are needed: {said}",
        me=me,
        healthy=healthy,
        count=len(voters),
        needed=needed,
        said=said,
    )
    hint = tr(
        "bring {ill} back first; or take it out of the file, and apply that before any other change", ill=listed(ill)
    )
    return Decision(Stuck("no-majority", hint), sentence)
