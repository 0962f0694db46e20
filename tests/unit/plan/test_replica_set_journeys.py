"""From each state on the way, cut off or disturbed, the state machine arrives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.resources import FoundReplicaSet, ReplicaSet, SetMember
from corral.plan.replica_set import decide, is_complete, preview
from corral.plan.replica_set_preview import simulated
from corral.plan.replica_set_steps import Complete, Stuck

from .replica_sets import A, B, C, D, E, complete, empty, leaderless, wanted, with_states

THREE = wanted(SetMember(A, priority=2), B, C)

JOURNEYS: list[tuple[str, ReplicaSet, FoundReplicaSet]] = [
    ("nothing to three", THREE, empty(THREE)),
    ("nothing to one", wanted(A), empty(wanted(A))),
    ("nothing to two and an arbiter", (t := wanted(A, B, SetMember(C, 0, arbiter=True))), empty(t)),
    (
        "three to five",
        wanted(A, B, C, D, E),
        with_states(complete(THREE), D="UNINITIALIZED", E="UNINITIALIZED"),
    ),
    ("five to three", THREE, complete(wanted(A, B, C, D, E))),
    ("five to three others, without the primary", wanted(C, D, E), complete(wanted(A, B, C, D, E))),
    (
        "one by one to another host",
        wanted(B, C, D),
        with_states(complete(wanted(A, B, C)), D="UNINITIALIZED"),
    ),
    ("priorities the other way round", wanted(A, B, SetMember(C, 3)), complete(THREE)),
]


def walk(target: ReplicaSet, found: FoundReplicaSet) -> list[FoundReplicaSet]:
    """Every state on the way, the first and the last included."""
    states = [found]
    for _ in range(60):
        step = decide(target, states[-1]).step
        if isinstance(step, Complete):
            return states
        assert not isinstance(step, Stuck), step
        after = simulated(target, states[-1], step)
        assert after is not None, step
        assert after != states[-1], f"{step} leads nowhere"
        states.append(after)
    raise AssertionError("it never arrives")


@pytest.mark.parametrize(("target", "found"), [j[1:] for j in JOURNEYS], ids=[j[0] for j in JOURNEYS])
class TestJourney:
    def test_it_arrives_at_what_is_wanted(self, target: ReplicaSet, found: FoundReplicaSet) -> None:
        last = walk(target, found)[-1]
        assert sorted(last.members, key=lambda m: m.name) == sorted(target.members, key=lambda m: m.name)
        assert (last.election_timeout, last.heartbeat_interval) == (10, 2)
        assert {state for _, state in last.users} == {"ok"}

    def test_the_preview_is_the_way(self, target: ReplicaSet, found: FoundReplicaSet) -> None:
        states = walk(target, found)
        assert preview(target, found) == tuple(decide(target, state).sentence for state in states[:-1])

    def test_a_lost_primary_at_any_point_is_no_obstacle(self, target: ReplicaSet, found: FoundReplicaSet) -> None:
        for state in walk(target, found):
            if state.primary:
                # Who comes back as primary finds the users as they were; the simulation can't know that.
                after = simulated(target, leaderless(state), decide(target, leaderless(state)).step)
                assert after is not None
                assert is_complete(target, walk(target, replace(after, users=state.users))[-1])

    def test_a_member_gone_at_any_point_is_waited_for(self, target: ReplicaSet, found: FoundReplicaSet) -> None:
        for state in walk(target, found):
            for fact in state.facts:
                if fact.name == state.primary or not state.name:
                    continue
                facts = tuple(replace(f, state="UNREACHABLE") if f == fact else f for f in state.facts)
                assert is_complete(target, walk(target, replace(state, facts=facts))[-1])


def test_what_is_not_known_is_not_foreseen() -> None:
    sentences = preview(THREE, FoundReplicaSet())
    assert len(sentences) == 2
    assert sentences[1] == "go on from what the members say then"


def test_the_way_from_nothing_is_short() -> None:
    """Each reconfiguration costs time: one for the new members, one for each vote, none for the settings."""
    versions = [state.version for state in walk(THREE, empty(THREE))]
    assert versions[-1] == 4
