"""Whatever is wanted and whatever is found: what the state machine may never do, and that it arrives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corral.model.resources import SERVING, FoundReplicaSet, MemberFacts, ReplicaSet, SetMember, UserState
from corral.plan.replica_set import decide
from corral.plan.replica_set_preview import simulated
from corral.plan.replica_set_steps import Complete, Decision, Initiate, Reconfiguration, Stuck
from corral.plan.replica_set_view import View

from .replica_sets import USERS, A, B, C, D, E

NAMES = (A, B, C, D, E, "10.0.0.6:27017", "10.0.0.7:27017", "10.0.0.8:27017")
STATES = (
    "UNINITIALIZED",
    "UNREACHABLE",
    "STARTUP2",
    "RECOVERING",
    "SECONDARY",
    "SECONDARY",
    "REMOVED",
    "UNKNOWN",
)


@st.composite
def members(draw: st.DrawFn, most_voters: int) -> tuple[SetMember, ...]:
    """A configuration that MongoDB could accept, except perhaps for having no electable member."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=len(NAMES), unique=True))
    made = []
    for position, name in enumerate(names):
        arbiter = 0 < position < most_voters and draw(st.integers(0, 9)) == 0
        votes = 1 if arbiter else draw(st.sampled_from((1, 1, 1, 0))) if position < most_voters else 0
        priority = 0.0 if arbiter or not votes else draw(st.sampled_from((1.0, 1.0, 2.0, 0.0)))
        made.append(SetMember(name, priority, votes, arbiter))
    return tuple(made)


@st.composite
def wants(draw: st.DrawFn) -> ReplicaSet:
    return ReplicaSet("rs", draw(members(most_voters=5)), 10, 2, USERS)


@st.composite
def finds(draw: st.DrawFn) -> FoundReplicaSet:
    """No set at all, or one with members in any states, with or without a primary and users."""
    states = {name: draw(st.sampled_from(STATES)) for name in NAMES}
    if draw(st.booleans()):
        some = ("UNINITIALIZED", "UNINITIALIZED", "UNINITIALIZED", draw(st.sampled_from(STATES)))
        states = {name: draw(st.sampled_from(some)) for name in NAMES}
        return FoundReplicaSet(facts=tuple(MemberFacts(*pair) for pair in states.items()))
    roster = draw(members(most_voters=7))
    states |= {m.name: "ARBITER" if m.arbiter else "SECONDARY" for m in roster if draw(st.booleans())}
    able = [m.name for m in roster if m.votes and m.priority > 0]
    primary = draw(st.sampled_from(["", *able, *able]))
    user_states: st.SearchStrategy[UserState] = st.sampled_from(
        ("ok", "ok", "missing", "wrong_password", "wrong_roles")
    )
    if primary:
        states[primary] = "PRIMARY"
    found = FoundReplicaSet(
        name=draw(st.sampled_from(("rs", "rs", "rs", "other"))),
        members=roster,
        version=7,
        election_timeout=draw(st.sampled_from((10.0, 2.0))),
        heartbeat_interval=2.0,
        facts=tuple(MemberFacts(*pair) for pair in states.items()),
        primary=primary,
        users=tuple((user.name, draw(user_states) if primary else "unknown") for user in USERS),
    )
    return found if View(ReplicaSet("rs", (), 0, 0, ()), found).keeps_majority(roster) or not primary else draw(finds())


def voters(found: FoundReplicaSet) -> set[str]:
    return {member.name for member in found.members if member.votes}


def has_majority(found: FoundReplicaSet) -> bool:
    healthy = {fact.name for fact in found.facts if fact.state in SERVING}
    return len(voters(found) & healthy) > len(voters(found)) // 2


def check_step(found: FoundReplicaSet, decision: Decision, after: FoundReplicaSet) -> None:
    step = decision.step
    assert decision.sentence
    if isinstance(step, Initiate):
        assert not found.name
    if not isinstance(step, Reconfiguration):
        assert after.members == found.members or isinstance(step, Initiate)
        return
    assert len(voters(found) ^ voters(after)) <= 1, "two votes changed at once"
    assert len(voters(after)) <= 7
    assert has_majority(after) or not has_majority(found), "the healthy majority was lost"
    primary = next(member for member in after.members if member.name == found.primary)
    assert primary.votes and primary.priority > 0, "MongoDB refuses a configuration whose primary can't be one"


@settings(max_examples=400)
@given(target=wants(), found=finds())
def test_it_arrives_or_says_what_is_in_the_way(target: ReplicaSet, found: FoundReplicaSet) -> None:
    seen = [found]
    for _ in range(150):
        decision = decide(target, seen[-1])
        if isinstance(decision.step, Stuck):
            assert decision.step.code and decision.step.hint and decision.sentence
            return
        if isinstance(decision.step, Complete):
            assert {member.name: member for member in seen[-1].members} == {m.name: m for m in target.members}
            assert seen[-1].election_timeout == target.election_timeout
            return
        after = simulated(target, seen[-1], decision.step)
        if after is None:  # only the members can say
            return
        check_step(seen[-1], decision, after)
        assert after not in seen, f"{decision.step} leads round in a circle"
        seen.append(after)
    raise AssertionError("it never arrives")


@settings(max_examples=200)
@given(target=wants(), states=st.lists(st.sampled_from(STATES), min_size=len(NAMES), max_size=len(NAMES)))
def test_nothing_is_initiated_unless_every_member_is_known_to_be_empty(target: ReplicaSet, states: list[str]) -> None:
    facts = dict(zip(NAMES, states, strict=True))
    found = FoundReplicaSet(facts=tuple(MemberFacts(*pair) for pair in facts.items()))
    if isinstance(decide(target, found).step, Initiate):
        assert {facts[member.name] for member in target.members} == {"UNINITIALIZED"}
