"""`stop` and `start`: a part rests, and nothing starts it but the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import InvalidFile
from corral.events import Warned
from corral.operate.session import Session
from corral.operate.verify import checks
from corral.plan.actions import ReloadUnit, StartUnit, StopUnit
from corral.verify.check import Check
from tests.unit.operate.playing import TOY, Game, Person

OF = "of the database of toy?"
TWO = TOY.replace("hosts: [one, two], version", "hosts: [one, two], instances: 2, workers: {instances: 1}, version")


@pytest.fixture
def game(tmp_path: Path) -> Game:
    game = Game(tmp_path, TWO)
    game.apply()
    assert game.done
    game.events.clear()
    return game


def test_an_instance_rests_once_the_proxies_know(game: Game) -> None:
    rested = game.rest("stop", "two-5040")
    assert rested.changed
    kinds = [(type(action), action.host) for action in rested.changed.plan.actions()]
    assert kinds[-1] == (StopUnit, "two")
    assert (ReloadUnit, "one") in kinds
    assert "two-5040" not in game.toy.files["one", "/toy/nginx.one"]
    assert "two-5040" not in game.toy.units
    assert game.toy.records.marks["idle"].values == {"units": ["two-5040"]}
    assert game.state() == "healthy", "that one rests is as it was wished"


def test_no_other_verb_starts_it(game: Game) -> None:
    game.rest("stop", "two-5040")
    game.done.clear()
    applied = game.apply()
    assert applied.changed
    assert applied.changed.plan.changes == 0
    (told,) = [problem for event in game.events if isinstance(event, Warned) for problem in event.problems]
    assert (told.code, told.severity) == ("left-stopped", "info")
    assert told.message.startswith("stopped on purpose and left so: two-5040 (last by ")
    assert told.hint == "`corral start two-5040` starts it again"
    game.restart("two")
    assert "two-5040" not in game.toy.units
    game.change_file('version: "1"', 'version: "2"')
    game.apply()
    assert "two-5040" not in game.toy.units
    assert "two-5041" in game.toy.units


def test_start_starts_it_and_the_proxies_know_again(game: Game) -> None:
    game.rest("stop", "two")
    assert {name for name in game.toy.units if "two" in name} == set()
    rested = game.rest("start", "two-5040", "two-5041")
    assert rested.changed
    kinds = [type(action) for action in rested.changed.plan.actions()]
    assert kinds.index(StartUnit) < kinds.index(ReloadUnit)
    assert "two-5040" in game.toy.files["one", "/toy/nginx.one"]
    assert game.toy.records.marks["idle"].values == {"units": ["mongod.two"]}
    game.rest("start", "two")
    assert game.toy.records.marks["idle"].values == {"units": []}
    assert game.apply().changed.plan.changes == 0  # type: ignore[union-attr]  # nobody was asked


def test_what_else_differs_from_the_file_stays_as_it_is(game: Game) -> None:
    game.change_file('version: "1"', 'version: "2"')
    rested = game.rest("stop", "worker")
    assert rested.changed
    assert [action.id for action in rested.changed.plan.actions()] == ["unit one-worker-5140"]


def test_what_does_not_run_is_remembered_too(game: Game) -> None:
    del game.toy.units["one-5040"]
    rested = game.rest("stop", "one-5040")
    assert rested.changed
    assert all(not isinstance(action, StopUnit) for action in rested.changed.plan.actions())
    assert game.toy.records.marks["idle"].values == {"units": ["one-5040"]}


def test_a_stop_that_was_cut_off_is_finished_by_the_next_run(game: Game) -> None:
    """The intention is written down before the first action."""
    person = Session(Person())
    person.stop.set()
    with pytest.raises(BaseException, match="stopped"):
        game.rest("stop", "two-5040", session=person)
    assert "two-5040" in game.toy.units
    assert game.toy.records.marks["idle"].values == {"units": ["two-5040"]}
    game.apply()
    assert "two-5040" not in game.toy.units


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("database",), f"stop 3 members {OF} 0 of 3 voters stay: it takes no writes until they are started again"),
        (("two",), f"stop 1 member {OF} 2 of 3 voters stay, which is enough for writes"),
    ],
)
def test_the_database_is_asked_about(game: Game, words: tuple[str, ...], question: str) -> None:
    person = Person(answer=False)
    assert game.rest("stop", *words, session=Session(person)).changed is None
    assert person.questions == [question]
    assert "idle" not in game.toy.records.marks
    assert game.done == []


def test_instances_are_not_asked_about(game: Game) -> None:
    person = Person(answer=False)
    assert game.rest("stop", "app", session=Session(person)).changed
    assert person.questions == []


def test_members_stop_one_after_the_other_the_primary_last(game: Game) -> None:
    rested = game.rest("stop", "database")
    assert rested.changed
    waves = [[action.id for action in wave] for stage in rested.changed.plan.stages for wave in stage.waves]
    assert waves == [["unit mongod.two"], ["unit mongod.three"], ["unit mongod.one"]]


def test_verify_leaves_it_out_and_says_so(game: Game) -> None:
    game.rest("stop", "two-5040")

    async def proved() -> list[Check]:
        return [check async for check in checks(game.toy)]

    found = game._play(proved)
    assert [check.name for check in found if "two-5040" in check.name] == ["stopped on purpose: two-5040"]


def test_an_unknown_word(game: Game) -> None:
    with pytest.raises(InvalidFile, match="'wep' is neither"):
        game.rest("stop", "wep")
