"""A voter is restarted only while the others can do without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.errors import ChangeFailed
from corral.model.only import Only
from corral.model.resources import FoundReplicaSet, Observed, Unheard
from corral.operate.planning import refuse_stuck
from corral.plan.actions import Plan, StartUnit
from corral.plan.member_restarts import refusal_of_restart, refusal_of_restarts
from corral.plan.order import make_plan
from corral.plan.part import part_of
from corral.plan.replica_set_steps import Stuck
from corral.plan.restart import restart_plan
from tests.unit.plan.cluster_of import REFERENCE, cluster_of, desired_of, in_place, with_unit
from tests.unit.plan.replica_sets import A, B, C, D, E

CHANGED = REFERENCE.replace("election_timeout: 10s", "election_timeout: 10s, cache_size: 1G")
WHOLE = in_place(desired_of(REFERENCE))
D1, D2, D3 = (member.name for member in WHOLE.replica_set.members)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ("P", ""),
        ("PS", ""),
        ("SP", ""),
        ("SU", "no-majority"),
        ("SPS", ""),
        ("SPU", "no-majority"),
        ("PUS", "no-majority"),
        ("UPS", ""),
        ("RUU", ""),
        ("SPR", "member-copies"),
        ("SPSSU", ""),
        ("SPSUU", "no-majority"),
        ("SPSSR", "member-copies"),
        ("SPSRU", "member-copies"),
    ],
)
def test_the_first_voter_may_go_when_the_others_are_enough(states: str, code: str) -> None:
    words = {"P": "PRIMARY", "S": "SECONDARY", "U": "UNREACHABLE", "R": "STARTUP2"}
    names = (A, B, C, D, E)[: len(states)]
    decision = refusal_of_restart(names, {name: words[letter] for name, letter in zip(names, states, strict=True)})
    step = decision.step if decision else None
    assert (step.code if isinstance(step, Stuck) else "") == code


def with_state(observed: Observed, name: str, state: str) -> Observed:
    found = observed.replica_set
    facts = tuple(replace(fact, state=state) if fact.name == name else fact for fact in found.facts)
    return replace(observed, replica_set=replace(found, facts=facts))


def test_a_voter_that_the_primary_does_not_hear_does_not_count() -> None:
    """Whatever it says of itself: without one of the others there would be no primary."""
    found = WHOLE.replica_set
    primary, deaf = found.primary, next(name for name in (D1, D2, D3) if name != found.primary)
    plan = make_plan("c", desired_of(CHANGED), WHOLE)
    assert refusal_of_restarts(plan, found) is None
    unheard = replace(found, unheard=(Unheard(deaf, primary),))
    assert f"{deaf} (UNREACHABLE)" in refused(plan, unheard)
    among_themselves = replace(
        found, unheard=(Unheard(deaf, next(n for n in (D1, D2, D3) if n not in (primary, deaf))),)
    )
    assert refusal_of_restarts(plan, among_themselves) is None


def refused(plan: Plan, found: FoundReplicaSet) -> str:
    with pytest.raises(ChangeFailed) as failure:
        refuse_stuck(refusal_of_restarts(plan, found))
    [problem] = failure.value.problems
    assert problem.hint
    return f"{problem.code}: {problem.message}"


def test_without_a_majority_nothing_is_restarted() -> None:
    """The whole plan starts the member that doesn't run; a part of it doesn't."""
    found = with_state(with_unit(WHOLE, "mongod.d3", state="stopped"), D3, "UNREACHABLE")
    plan = make_plan("ref", desired_of(CHANGED), found)
    refuse_stuck(refusal_of_restarts(plan, found.replica_set))
    part = part_of(plan, Only(frozenset({"d2"})), cluster_of(CHANGED))
    said = refused(part, found.replica_set)
    assert said == (f"no-majority: a restart of {D2} would leave 1 of 3 voters, and 2 are needed: {D3} (UNREACHABLE)")


def test_nothing_is_restarted_while_another_member_copies() -> None:
    found = with_state(WHOLE, D3, "STARTUP2")
    plan = make_plan("ref", desired_of(CHANGED), found)
    assert refused(plan, found.replica_set).startswith(f"member-copies: {D2} is not restarted while")


def test_the_member_that_is_not_well_may_be_restarted_and_goes_first() -> None:
    found = with_state(WHOLE, D3, "UNREACHABLE")
    plan = make_plan("ref", desired_of(CHANGED), found)
    refuse_stuck(refusal_of_restarts(plan, found.replica_set))
    assert [action.id for action in plan.actions() if isinstance(action, StartUnit)] == [
        "unit mongod.d3",
        "unit mongod.d2",
        "unit mongod.d1",
    ]
    alone = restart_plan("ref", desired_of(REFERENCE), found, ["mongod.d3"])
    refuse_stuck(refusal_of_restarts(alone, found.replica_set))


def test_other_changes_ask_for_no_majority() -> None:
    found = with_state(with_state(WHOLE, D2, "UNREACHABLE"), D3, "UNREACHABLE")
    plan = make_plan("ref", desired_of(REFERENCE.replace('version: "1.0"', 'version: "1.1"')), found)
    refuse_stuck(refusal_of_restarts(plan, found.replica_set))


def test_each_restart_asks_the_other_voters_again() -> None:
    plan = make_plan("ref", desired_of(CHANGED), WHOLE)
    asked = [action.before.members for action in plan.actions() if isinstance(action, StartUnit) and action.before]
    assert asked == [(D2, D1, D3), (D3, D1, D2), (D1, D2, D3)]
    assert Plan.from_json(plan.to_json()) == plan
    first = make_plan("ref", desired_of(REFERENCE), Observed())
    assert not any(action.before for action in first.actions() if isinstance(action, StartUnit))


def test_a_member_without_a_vote_is_restarted_at_any_time() -> None:
    voteless = replace(WHOLE.replica_set.members[2], votes=0, priority=0)
    found = replace(WHOLE.replica_set, members=(*WHOLE.replica_set.members[:2], voteless))
    observed = replace(with_unit(WHOLE, "mongod.d3", revision="another"), replica_set=found)
    [restart] = [
        a for a in make_plan("ref", desired_of(REFERENCE), observed).actions() if isinstance(a, StartUnit) and a.restart
    ]
    assert restart.before is None


def test_a_voter_that_leaves_with_its_host_is_not_asked_unless_it_is_missed() -> None:
    """Nobody can reach it any more; its vote still counts when it is gone."""
    left = desired_of(CHANGED.replace("d2: {}, d3: {}", "d2: {}, b: {}"))
    asked = [a.before.members for a in make_plan("ref", left, WHOLE).actions() if isinstance(a, StartUnit) and a.before]
    assert asked == [(D2, D1), (D1, D2)]
    dead = with_state(WHOLE, D3, "UNREACHABLE")
    assert refused(make_plan("ref", left, dead), dead.replica_set).startswith(f"no-majority: a restart of {D2} ")
