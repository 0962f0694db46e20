"""A set that can't be read is never planned as a new one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.resources import FoundReplicaSet, MemberFacts, Unread
from corral.plan.replica_set import decide, is_complete
from corral.plan.replica_set_steps import AwaitPrimary, Initiate
from corral.plan.replica_set_unread import unread_members
from tests.unit.plan.replica_sets import A, B, C, complete, empty, leaderless, wanted

TARGET = wanted(A, B, C)


def told(found: FoundReplicaSet, *needed: str) -> list[str]:
    return [each.message for each in unread_members(TARGET, found, needed or (A, B, C))]


def with_unread(found: FoundReplicaSet, name: str, unread: Unread) -> FoundReplicaSet:
    fact = MemberFacts(name, "UNREACHABLE", detail="so it is", unread=unread)
    return replace(found, facts=tuple(fact if each.name == name else each for each in found.facts))


def test_where_nothing_listens_a_set_can_be_planned() -> None:
    closed = with_unread(empty(TARGET), A, "")
    assert told(empty(TARGET)) == told(closed) == []
    assert isinstance(decide(TARGET, empty(TARGET)).step, Initiate)


@pytest.mark.parametrize("unread", ["way", "answer"])
def test_whoever_is_not_read_may_hold_the_set(unread: Unread) -> None:
    found = with_unread(empty(TARGET), B, unread)
    assert told(found) == [f"whether replica set rs is there already is not known, since {B} can't be asked: so it is"]
    assert not isinstance(decide(TARGET, found).step, Initiate)


def test_a_set_that_is_known_is_planned_without_a_member_that_hangs() -> None:
    """The run can wait for that one; a member that it has no way to it could only wait for in vain."""
    assert told(with_unread(complete(TARGET), B, "answer")) == []
    assert told(with_unread(complete(TARGET), B, "way")) == [f"{B} of replica set rs can't be asked: so it is"]


def test_members_that_are_left_out_are_not_needed() -> None:
    assert told(with_unread(complete(TARGET), B, "way"), A, C) == []


def test_a_configuration_that_nobody_may_read() -> None:
    found = replace(leaderless(complete(TARGET)), members=(), detail=f"{A}: Authentication failed")
    [message] = told(found)
    assert message == f"replica set rs is there and can't be read: {A}: Authentication failed"
    assert "Authentication failed" in decide(TARGET, found).sentence
    assert "election" not in decide(TARGET, found).sentence


def test_a_primary_that_only_the_others_can_ask_is_no_election() -> None:
    found = with_unread(replace(leaderless(complete(TARGET)), unasked=A), A, "way")
    decision = decide(TARGET, found)
    assert isinstance(decision.step, AwaitPrimary)
    assert A in decision.sentence
    assert "election" not in decision.sentence
    assert not is_complete(TARGET, found)
