"""One state found, one step decided: the table of docs/database.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.resources import FoundReplicaSet, ReplicaSet, SetMember
from corral.plan.replica_set import decide, is_complete, preview
from corral.plan.replica_set_steps import (
    BOOTSTRAP,
    AddArbiter,
    AddMembers,
    AwaitMembers,
    AwaitPrimary,
    AwaitSecondary,
    Complete,
    CreateUser,
    Elect,
    GrantVote,
    Initiate,
    RemoveMembers,
    SetPriorities,
    SetSettings,
    Settings,
    Step,
    StepDown,
    Stuck,
    TakeVote,
    UpdateUser,
)

from .replica_sets import USERS, A, B, C, D, E, complete, empty, leaderless, wanted, with_states, with_users

THREE = wanted(A, B, C)
FILE = Settings(10, 2)
MUTE = SetMember(B, priority=0, votes=0)


def alone(target: ReplicaSet) -> FoundReplicaSet:
    """Just initiated: one member, no user."""
    found = replace(complete(wanted(A)), election_timeout=2, heartbeat_interval=0.1, users=())
    found = with_states(found, **dict.fromkeys("BCDE"[: len(target.members) - 1], "UNINITIALIZED"))
    return replace(found, users=tuple((user.name, "missing") for user in target.users))


def test_an_empty_set_is_initiated_with_its_most_wanted_member_alone() -> None:
    target = wanted(A, SetMember(B, priority=2), C)
    decision = decide(target, empty(target))
    assert decision.step == Initiate(SetMember(B, priority=2), BOOTSTRAP)
    assert decision.sentence == f"initiate replica set rs with {B} alone: it can take writes at once"


def test_a_complete_set_is_left_alone() -> None:
    assert decide(THREE, complete(THREE)).step == Complete()
    assert is_complete(THREE, complete(THREE))
    assert preview(THREE, complete(THREE)) == ()


@pytest.mark.parametrize("state", ["UNREACHABLE", "STARTUP", "RECOVERING"])
def test_nothing_is_initiated_while_one_member_has_not_said_that_it_is_empty(state: str) -> None:
    assert decide(THREE, empty(THREE, C=state)).step == AwaitMembers((C,))


@pytest.mark.parametrize("state", ["UNKNOWN", "REMOVED"])
def test_nothing_is_initiated_beside_data_of_which_nobody_knows(state: str) -> None:
    step = decide(THREE, empty(THREE, C=state)).step
    assert isinstance(step, Stuck)
    assert step.code == "unknown-data"


def test_members_that_lost_their_data_are_never_initiated_beside_one_that_has_it() -> None:
    found = with_states(leaderless(complete(THREE)), B="UNINITIALIZED", C="UNINITIALIZED")
    assert decide(THREE, found).step == AwaitPrimary()


def test_a_member_that_lost_its_data_copies_it_by_itself() -> None:
    found = with_states(complete(THREE), C="UNINITIALIZED")
    assert decide(THREE, found).step == AwaitSecondary((C,))


def test_users_come_before_members_and_the_admin_before_the_operator() -> None:
    found = alone(THREE)
    assert decide(THREE, found).step == CreateUser(USERS[0])
    assert decide(THREE, with_users(found, admin="ok")).step == CreateUser(USERS[1])


def test_the_other_users_are_made_while_the_members_copy() -> None:
    found = with_users(alone(THREE), admin="ok", operator="ok")
    assert decide(THREE, found).step == AddMembers((B, C))
    members = (*found.members, replace(MUTE, name=B), replace(MUTE, name=C))
    copying = with_states(replace(found, members=members), B="STARTUP2", C="STARTUP2")
    assert decide(THREE, copying).step == CreateUser(USERS[2])


def test_a_member_that_does_not_answer_is_not_added() -> None:
    found = with_states(with_users(alone(THREE), admin="ok", operator="ok"), C="UNREACHABLE")
    assert decide(THREE, found).step == AddMembers((B,))


def test_a_vote_is_given_to_one_member_that_has_the_data() -> None:
    found = complete(THREE)
    members = (found.members[0], replace(MUTE, name=B), replace(MUTE, name=C))
    found = replace(found, members=members, heartbeat_interval=0.1)
    assert decide(THREE, with_states(found, B="STARTUP2")).step == GrantVote(C, 1)
    assert decide(THREE, with_states(found, B="STARTUP2", C="RECOVERING")).step == AwaitSecondary((B, C))


def test_the_last_vote_brings_the_settings_of_the_file() -> None:
    found = replace(complete(THREE), heartbeat_interval=0.1)
    found = replace(found, members=(*found.members[:2], replace(MUTE, name=C)))
    assert decide(THREE, found).step == GrantVote(C, 1, FILE)


CHANGES: list[tuple[str, ReplicaSet, FoundReplicaSet, Step]] = [
    ("settings", THREE, replace(complete(THREE), election_timeout=4), SetSettings(FILE)),
    ("priority", wanted(A, SetMember(B, 5), C), complete(THREE), SetPriorities(((B, 5),))),
    (
        "priority and settings",
        wanted(A, SetMember(B, 5), C),
        replace(complete(THREE), election_timeout=4),
        SetPriorities(((B, 5),), FILE),
    ),
    ("new member", wanted(A, B, C, D, E), with_states(complete(THREE), D="UNINITIALIZED"), AddMembers((D,))),
    ("member to be removed", wanted(A, B), complete(THREE), TakeVote(C)),
    ("primary to be removed", wanted(B, C), complete(THREE), StepDown(A)),
    ("primary loses its priority", wanted(SetMember(A, 0), B, C), complete(THREE), StepDown(A)),
    ("member loses its vote", wanted(A, MUTE, C), complete(THREE), TakeVote(B)),
    (
        "members without a vote to be removed",
        wanted(A),
        complete(wanted(A, MUTE, replace(MUTE, name=C))),
        RemoveMembers((B, C)),
    ),
    (
        "arbiter",
        wanted(A, B, SetMember(C, 0, arbiter=True)),
        with_states(complete(wanted(A, B)), C="UNINITIALIZED"),
        AddArbiter(C),
    ),
    (
        "arbiter to be removed",
        wanted(A, B),
        complete(wanted(A, B, SetMember(C, 0, arbiter=True))),
        RemoveMembers((C,)),
    ),
    (
        "dead member to be removed",
        wanted(A, B, D),
        with_states(complete(THREE), C="UNREACHABLE"),
        TakeVote(C),
    ),
    ("member down", THREE, with_states(complete(THREE), C="UNREACHABLE"), AwaitMembers((C,))),
    ("member catching up", THREE, with_states(complete(THREE), C="RECOVERING"), AwaitSecondary((C,))),
    ("no primary, all voters back", THREE, leaderless(complete(THREE)), Elect(A)),
    ("no primary, one away", THREE, with_states(leaderless(complete(THREE)), B="UNREACHABLE"), AwaitPrimary()),
    (
        "password",
        THREE,
        with_users(complete(THREE), application="wrong_password"),
        UpdateUser(USERS[2], "wrong_password"),
    ),
    ("roles", THREE, with_users(complete(THREE), monitor="wrong_roles"), UpdateUser(USERS[3], "wrong_roles")),
    ("user not to be asked", THREE, with_users(complete(THREE), monitor="unknown"), AwaitPrimary()),
    ("unread configuration", THREE, replace(complete(THREE), members=()), AwaitPrimary()),
]


@pytest.mark.parametrize(("target", "found", "step"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_change_has_its_next_step(target: ReplicaSet, found: FoundReplicaSet, step: Step) -> None:
    decision = decide(target, found)
    assert decision.step == step
    assert decision.sentence


STUCK: list[tuple[str, ReplicaSet, FoundReplicaSet]] = [
    ("wrong-password", THREE, with_users(complete(THREE), admin="wrong_password", application="unknown")),
    ("wrong-set-name", THREE, replace(complete(THREE), name="other")),
    ("no-common-member", THREE, leaderless(complete(wanted(D, E)))),
    ("other-set", THREE, with_states(complete(wanted(A, B)), C="OTHER_SET")),
    ("unknown-data", THREE, with_states(complete(wanted(A, B)), C="UNKNOWN")),
    ("no-electable-member", wanted(SetMember(A, 0), SetMember(B, 0)), complete(THREE)),
    ("other-kind", wanted(A, B, SetMember(C, 0, arbiter=True)), complete(THREE)),
    ("primary-left", wanted(A, B), replace(leaderless(complete(THREE, primary=C)), left=C)),
]


@pytest.mark.parametrize(("code", "target", "found"), STUCK, ids=[c[0] for c in STUCK])
def test_what_only_a_person_can_decide(code: str, target: ReplicaSet, found: FoundReplicaSet) -> None:
    decision = decide(target, found)
    assert isinstance(decision.step, Stuck)
    assert decision.step.code == code
    assert decision.step.hint
    assert preview(target, found) == (decision.sentence,)


def test_a_removed_member_may_come_back() -> None:
    found = with_states(complete(wanted(A, B)), C="REMOVED")
    assert decide(THREE, found).step == AddMembers((C,))


def test_a_vote_waits_for_a_healthy_majority() -> None:
    found = with_states(complete(wanted(A, B, C, D)), C="UNREACHABLE")
    target = wanted(A, B, C)
    assert decide(target, found).step == TakeVote(D), "three of four before, two of three after"
    decision = decide(wanted(A, C, D), with_states(found, D="RECOVERING"))
    assert decision.step == AwaitMembers((C, D)), "two of four are no majority"


def test_the_sentence_says_how_many_voters_are_missing() -> None:
    found = with_states(leaderless(complete(THREE)), B="UNREACHABLE", C="UNREACHABLE")
    assert decide(THREE, found).sentence == "wait for a primary: 1 of 3 voters can vote, and 2 are needed"
