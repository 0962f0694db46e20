"""`apply --without HOST`: one host is dead, and the rest goes on; what would do harm is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import ChangeFailed, InvalidFile, Unreachable
from corral.model.resources import FoundUnit
from corral.plan.actions import StartUnit
from corral.problems import Problem
from tests.unit.operate.playing import TOY, Game

WORKER = TOY.replace('version: "1"}', 'version: "1", workers: {instances: 1, hosts: [two]}}')


def played(directory: Path, text: str = TOY) -> Game:
    game = Game(directory, text)
    game.apply()
    assert game.done
    return game


def dies(game: Game, host: str) -> None:
    game.toy.silent = {host: Problem("unreachable", "error", f"{host} doesn't answer", "is it on?", host)}


def comes_back(game: Game) -> None:
    game.toy.silent = {}


def test_the_refusal_offers_it(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file('version: "1"', 'version: "2"')
    dies(game, "two")
    with pytest.raises(Unreachable) as refused:
        game.apply()
    assert refused.value.problems[0].hint == "is it on?; or `corral apply --without two` carries out the rest"
    assert game.done == []


def test_the_rest_is_carried_out_and_the_next_apply_finishes_it(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file('version: "1"', 'version: "2"')
    dies(game, "two")
    applied = game.apply(without=("two",))
    assert applied.changed
    assert not applied.whole
    assert {action.host for action in applied.changed.plan.actions()} == {"one", "three"}
    assert applied.changed.status
    assert applied.changed.status.state == "degraded"
    assert game.done
    comes_back(game)
    applied = game.apply()
    assert applied.changed
    restarted = {a.unit.name for a in applied.changed.plan.actions() if isinstance(a, StartUnit)}
    assert restarted == {"two-5040", "mongod.two"}
    assert applied.changed.status
    assert applied.changed.status.state == "healthy"


def test_a_host_that_answers_can_be_left_out_too(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file('version: "1"', 'version: "2"')
    game.apply(without=("two",))
    assert {what for what in game.done if "two" in what} == set()


def test_the_set_is_left_as_it_is_while_a_member_is_left_out(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file("members: [one, two, three]", "members: {one: {priority: 3}, two: {}, three: {}}")
    dies(game, "three")
    applied = game.apply(without=("three",))
    assert applied.changed
    assert [action.kind for action in applied.changed.plan.actions() if action.kind == "converge_replica_set"] == []


def test_no_instance_restarts_while_no_proxy_can_be_told(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file('version: "1"', 'version: "2"')
    dies(game, "one")
    with pytest.raises(ChangeFailed, match="two-5040 can't be restarted while no proxy can be told"):
        game.apply(without=("one",))
    assert game.done == []


def test_no_worker_starts_while_one_may_run_where_nobody_can_look(tmp_path: Path) -> None:
    game = played(tmp_path, WORKER)
    game.change_file("hosts: [two]}}", "hosts: [three]}}")
    dies(game, "two")
    with pytest.raises(ChangeFailed, match="a worker may still run on two, which can't be asked"):
        game.apply(without=("two",))
    assert game.done == []


def test_a_worker_that_has_died_is_started_where_it_was(tmp_path: Path) -> None:
    game = played(tmp_path, WORKER)
    worker = next(unit for unit in game.toy.units.values() if unit.role == "worker")
    game.toy.units[worker.name] = FoundUnit(worker.id, "stopped")
    dies(game, "one")
    game.change_file("proxy: {hosts: [one]}", "proxy: {hosts: [one, three]}")
    game.apply(without=("one",))
    assert f"unit {worker.name}" in game.done


def test_what_it_names_is_a_host_of_the_file(tmp_path: Path) -> None:
    game = played(tmp_path)
    with pytest.raises(InvalidFile, match="--without 'too' is not a host of the file"):
        game.apply(without=("too",))


def test_a_host_whose_docker_does_not_answer_can_be_left_out(tmp_path: Path) -> None:
    game = played(tmp_path)
    game.change_file('version: "1"', 'version: "2"')
    aside = Problem("T03", "warning", "clocks differ", "", "one")
    game.toy.machine_findings = [aside, Problem("H13", "error", "docker on two doesn't answer", "", "two")]
    with pytest.raises(ChangeFailed) as refused:
        game.apply()
    assert [each.code for each in refused.value.problems] == ["H13", "T03"], "the cause comes first"
    applied = game.apply(without=("two",))
    assert applied.changed
    assert {action.host for action in applied.changed.plan.actions()} == {"one", "three"}
