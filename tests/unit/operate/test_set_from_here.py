"""What `status` says of a set of which not all can be seen from here, or whose members don't see each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.model.resources import MemberFacts, Unheard
from corral.operate.report import Status
from corral.operate.status import status_in
from corral.problems import Problem
from tests.unit.operate.playing import TOY, Game


@pytest.fixture
def game(tmp_path: Path) -> Game:
    game = Game(tmp_path, TOY)
    game.apply()
    return game


def status(game: Game) -> Status:
    return game._play(lambda: status_in(game.toy))


def unread(game: Game, *numbers: int, heard: str = "", unasked: str = "") -> None:
    found = game.toy.replica_set
    facts = [
        MemberFacts(fact.name, "UNREACHABLE", detail="no way", unread="way", heard=heard) if number in numbers else fact
        for number, fact in enumerate(found.facts)
    ]
    primary = "" if 0 in numbers else found.primary
    game.toy.replica_set = replace(found, facts=tuple(facts), primary=primary, unasked=unasked)


def codes(told: Status) -> list[str]:
    return [problem.code for problem in told.problems]


def test_a_member_that_the_primary_does_not_hear_is_no_healthy_set(game: Game) -> None:
    found = game.toy.replica_set
    one, _, three = (fact.name for fact in found.facts)
    game.toy.replica_set = replace(found, unheard=(Unheard(three, one, "no connection in time"),))
    told = status(game)
    assert (told.state, told.database.writable) == ("degraded", True)
    [problem] = told.problems
    assert (problem.code, problem.where) == ("member-unheard", "three")
    assert problem.message.startswith(f"one can't hear member three ({three}), which is SECONDARY")
    assert "(no connection in time)" in problem.message


def test_an_apply_that_has_nothing_to_change_says_so_too(game: Game) -> None:
    found = game.toy.replica_set
    one, _, three = (fact.name for fact in found.facts)
    game.toy.replica_set = replace(found, unheard=(Unheard(three, one),))
    applied = game.apply()
    assert applied.changed
    assert applied.changed.plan.changes == 0
    assert applied.changed.status
    assert applied.changed.status.state == "degraded"


def test_a_member_far_behind_is_told(game: Game) -> None:
    found = game.toy.replica_set
    facts = tuple(replace(fact, lag_seconds=95.0 if number else 0.0) for number, fact in enumerate(found.facts[:2]))
    game.toy.replica_set = replace(found, facts=(*facts, *found.facts[2:]))
    told = status(game)
    assert (told.state, codes(told)) == ("degraded", ["member-behind"])
    assert "is 95 s behind the primary" in told.problems[0].message


def test_the_primarys_host_can_not_be_asked_and_is_the_primary(game: Game) -> None:
    unread(game, 0, heard="PRIMARY", unasked=game.toy.replica_set.primary)
    game.toy.silent = {"one": Problem("unreachable", "error", "one lets nobody in", where="one")}
    told = status(game)
    assert told.database.writable is True
    assert told.database.members[0].state == "PRIMARY"
    assert "not-writable" not in codes(told)
    assert "member-state" not in codes(told)


def test_a_member_to_which_the_way_is_closed_is_what_the_others_say_and_that_is_said(game: Game) -> None:
    unread(game, 1, heard="SECONDARY")
    told = status(game)
    assert (told.state, told.database.writable, codes(told)) == ("degraded", True, ["member-unasked"])
    assert told.problems[0].message.endswith("can't be asked from here: no way; the others say that it is SECONDARY")


def test_where_too_few_can_be_asked_it_is_not_known(game: Game) -> None:
    unread(game, 0, 1)
    told = status(game)
    assert told.database.writable is None
    assert [member.state for member in told.database.members] == ["unknown", "unknown", "SECONDARY"]
    [problem] = [problem for problem in told.problems if problem.code == "set-unknown"]
    assert "takes writes is not known" in problem.message
    assert "not-writable" not in codes(told)


def test_a_majority_that_knows_of_no_primary_is_believed(game: Game) -> None:
    unread(game, 2)
    game.toy.replica_set = replace(game.toy.replica_set, primary="")
    assert status(game).database.writable is False


def test_a_set_whose_configuration_nobody_may_read_is_refused(game: Game) -> None:
    unreadable = replace(game.toy.replica_set, primary="", members=(), detail="Authentication failed")
    game.toy.replica_set = unreadable
    with pytest.raises(ChangeFailed, match="is there and can't be read: Authentication failed"):
        game.apply()
