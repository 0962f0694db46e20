"""The verbs on a place that is no machine: what they do is theirs, and not the place's."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import ChangeFailed, Interrupted, InvalidFile, Locked, StalePlan
from corral.events import ActionFinished, Event, Note, Warned
from corral.model.endpoint import Endpoint
from corral.model.identity import instance_id
from corral.model.resources import FoundUnit
from corral.model.routes import Way
from corral.operate.health import status_of
from corral.operate.session import Session
from corral.operate.verify import checks
from corral.problems import Problem
from corral.runs import marks
from corral.runs.history import RecordedRun, runs_in
from corral.stop import StopFlag
from corral.verify.check import Check
from tests.unit.operate.playing import Game, Person

ALL = {"mongod.one", "mongod.two", "mongod.three", "one-5040", "two-5040", "nginx.one"}


@pytest.fixture
def game(tmp_path: Path) -> Game:
    return Game(tmp_path)


@pytest.fixture
def healthy(game: Game) -> Game:
    """All is carried out, and nothing of that is left to be seen in `done` and `events`."""
    game.apply()
    assert game.done
    game.events.clear()
    return game


def runs(game: Game) -> list[RecordedRun]:
    return runs_in(game.toy.records.journal)


def is_locked(game: Game) -> bool:
    return game.toy.records.lock.exists()


@pytest.mark.parametrize("name", ["toy.py", "toy_records.py"])
def test_a_toy_needs_neither_transport_nor_units_nor_another_place(name: str) -> None:
    """Or the seam is no seam: a scheduler has none of these."""
    tree = ast.parse((Path(__file__).parent / name).read_text())
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported = froms | {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    for module in imported:
        assert not module.startswith(("corral.transport", "corral.units")), module
        assert not module.startswith("corral.places.") or module == "corral.places.base", module


_PLAYED = """
import sys
from pathlib import Path
from corral.verify.check import Check
from tests.unit.operate.playing import Game
game = Game(Path(sys.argv[1]))
game.apply(), game.state(), game.restart(), game.destroy()
print(*(name for name in sys.modules if name.startswith("corral.")))
"""


def test_what_it_needs_leads_to_none_of_them_either(tmp_path: Path) -> None:
    """Two modules come along that the lock and the journal of machines are typed with, and nothing that reaches one."""
    command, root = [sys.executable, "-c", _PLAYED, str(tmp_path)], Path(__file__).parents[3]
    loaded = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()
    places = ("corral.places.hosts", "corral.places.playground")
    others = tuple(f"{name}." for name in ("corral.transport", "corral.observe", *places, "corral.units.base"))
    typed_with = {"corral.transport.base", "corral.transport.alone"}
    assert {name for name in loaded if f"{name}.".startswith(others)} - {"corral.transport"} <= typed_with


def test_status_of_nothing(game: Game) -> None:
    assert game.state() == "down"
    assert not game.toy.records.exists()


def test_a_plan_changes_nothing_but_makes_the_secrets(game: Game) -> None:
    plan = game.plan()
    assert {action.unit.name for action in plan.actions() if action.kind == "start_unit"} == ALL
    assert plan.place == "toy"
    assert {name for name, _ in plan.basis} == {"one", "two", "three", "replica set"}
    assert game.done == []
    assert game.toy.secret_store.path.exists()
    assert not game.toy.records.exists()


def test_secrets_are_taken_back_only_until_a_run_begins_to_carry_out(game: Game) -> None:
    game.plan()
    assert game.toy.secret_store.take_back()
    assert not game.toy.secret_store.path.exists()
    game.apply()
    assert not game.toy.secret_store.take_back(), "somebody may have them by now"
    assert game.toy.secret_store.path.exists()


def test_from_nothing_to_healthy(game: Game) -> None:
    applied = game.apply()
    assert applied.changed
    assert applied.changed.status
    assert applied.changed.status.state == "healthy"
    assert game.toy.units.keys() == ALL
    assert game.toy.files["one", "/toy/keyfile"] == game.toy.secrets["keyfile"].reveal() + "\n"
    assert game.done == [action.id for action in applied.changed.plan.actions()]
    (run,) = runs(game)
    assert (run.verb, run.outcome, run.changes) == ("apply", "done", applied.changed.plan.changes)
    assert game.toy.records.marks["applied"].values == {"whole": True, "left": []}
    assert not is_locked(game)
    assert game.state() == "healthy"


def test_nothing_to_change(healthy: Game) -> None:
    """Nobody is asked, no lock is taken, and there is no run to remember."""
    person = Person(answer=False)
    applied = healthy.apply(Session(person))
    assert applied.changed
    assert applied.changed.plan.changes == 0
    assert applied.changed.status
    assert applied.changed.status.state == "healthy"
    assert healthy.done == []
    assert person.questions == []
    assert len(runs(healthy)) == 1


def test_up_waits_for_what_starts_by_itself(healthy: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to change, too: an instance that was just restarted by its keeper doesn't answer at once."""
    reach, deaf = healthy.toy.reach, [True] * 20

    async def slowly(to: Endpoint, way: Way = "inside") -> Endpoint:
        if deaf:
            deaf.pop()
            raise ConnectionRefusedError(111, "Connection refused")
        return await reach(to, way)

    monkeypatch.setattr(healthy.toy, "reach", slowly)
    applied = healthy.apply(verb="up")
    assert not deaf
    assert applied.changed
    assert applied.changed.plan.changes == 0
    assert applied.changed.status
    assert applied.changed.status.state == "healthy"


def test_verify_of_what_does_not_run_is_one_line(healthy: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stopped cluster fails at is one thing."""
    healthy.toy.units = {name: replace(unit, state="stopped") for name, unit in healthy.toy.units.items()}

    async def no() -> bool:
        return False

    async def proved() -> list[Check]:
        return [check async for check in checks(healthy.toy)]

    monkeypatch.setattr(healthy.toy, "has_processes", no)
    (check,) = asyncio.run(proved())
    assert (check.result, check.seen, check.hint) == ("failed", "nothing of it is running", "corral up starts it")


def test_a_restart_that_would_bring_a_change_by_hand_into_force_asks(healthy: Game) -> None:
    healthy.toy.files["one", "/toy/one-5040"] = "by hand\n"
    with pytest.raises(ChangeFailed, match="/toy/one-5040 was changed by hand"):
        healthy.restart("one-5040")
    person = Person(answer=False)
    assert healthy.restart("one-5040", Session(person)) is None
    assert person.questions == ["/toy/one-5040 on one was changed by hand: have it come into force?"]
    assert healthy.restart("two-5040"), "another host's file is no matter"
    assert healthy.done
    assert healthy.restart("one-5040", Session(Person()))
    assert healthy.toy.files["one", "/toy/one-5040"] == "by hand\n"


def test_nothing_of_a_stopped_cluster_is_restarted(healthy: Game) -> None:
    healthy.toy.units = {name: replace(unit, state="stopped") for name, unit in healthy.toy.units.items()}
    changed = healthy.restart()
    assert changed
    assert changed.plan.changes == 0
    assert healthy.done == []


def test_whom_to_forget_and_a_part_do_not_go_together(healthy: Game) -> None:
    healthy.toy.departed = [replace(healthy.toy.cluster.hosts[0], name="gone")]
    with pytest.raises(InvalidFile, match="don't go together"):
        healthy.apply(forget=("gone",), only=("app",))
    with pytest.raises(InvalidFile, match="'gon' is not a host that has left") as refused:
        healthy.apply(forget=("gon",))
    assert "gone" in refused.value.problems[0].hint
    with pytest.raises(InvalidFile, match="it is a host of the cluster file"):
        healthy.apply(forget=("two",))
    assert healthy.apply(forget=("gone",)).changed


def test_the_same_command_once_more_forgets_nobody_and_goes_on(healthy: Game) -> None:
    """What it needed to forget, its first run has forgotten."""
    assert healthy.apply(forget=("gone",)).changed
    told = [problem for event in healthy.events if isinstance(event, Warned) for problem in event.problems]
    assert [problem.message for problem in told] == [
        "--forget gone: no such host has left the cluster file since the last apply"
    ]


def test_a_part_that_is_as_the_file_says_needs_no_healthy_cluster(game: Game) -> None:
    assert game.apply(verb="up", only=("database",)).changed
    applied = game.apply(verb="up", only=("database",))
    assert applied.changed
    assert applied.changed.plan.changes == 0


def test_up_that_waits_heeds_a_wish_to_stop(healthy: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = StopFlag()

    async def deaf(to: Endpoint, way: Way = "inside") -> Endpoint:
        stop.set()
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(healthy.toy, "reach", deaf)
    with pytest.raises(Interrupted, match="there was nothing to change"):
        healthy.apply(Session(Person(), stop=stop), verb="up")


def test_one_more_instance_in_the_file(healthy: Game) -> None:
    healthy.change_file("[one, two], version", "[one, two, three], version")
    healthy.apply()
    assert healthy.done == [
        "file /toy/three-5040 on three",
        "unit three-5040",
        "file /toy/nginx.one on one",
        "unit nginx.one",
    ]
    assert healthy.toy.files["one", "/toy/nginx.one"] == "one-5040 two-5040 three-5040\n"


def test_one_instance_less(healthy: Game) -> None:
    """It is stopped when the proxy knows of it no more."""
    healthy.change_file("[one, two], version", "[one], version")
    healthy.apply()
    stop = ["unit two-5040", "file /toy/two-5040 on two"]
    assert healthy.done == ["file /toy/nginx.one on one", "unit nginx.one", *stop]
    assert healthy.toy.units.keys() == ALL - {"two-5040"}


def test_a_failing_start_is_on_record_and_the_next_run_goes_on(game: Game) -> None:
    game.toy.broken = {"two-5040"}
    with pytest.raises(ChangeFailed, match="two-5040 fell over"):
        game.apply()
    assert "nginx.one" not in game.toy.units, "nothing after the failed wave is begun"
    assert not is_locked(game)
    (run,) = runs(game)
    assert run.outcome == "failed"
    (failed,) = [step for step in run.steps if step.result == "failed"]
    assert failed.action == "unit two-5040"
    assert [problem.code for problem in run.problems] == ["broken"]
    begun = set(game.done)

    game.toy.broken = set()
    game.apply()
    assert game.done == ["unit two-5040", "file /toy/nginx.one on one", "unit nginx.one"]
    assert "unit one-5040" in begun, "the others of its wave are brought to an end"
    assert game.state() == "healthy"


def test_the_user_says_no(game: Game) -> None:
    """The lock comes after the answer, so that nobody is kept out while a user thinks."""
    person, shown = Person(answer=False), list[int]()
    applied = game.apply(Session(person, show=lambda plan: shown.append(plan.changes)))
    assert applied.changed is None
    assert person.questions == ["carry out 16 changes on the hosts of toy?"]
    assert shown == [16], "the plan is shown before"
    assert game.done == []
    assert not is_locked(game)
    assert not game.toy.records.exists()


def test_what_was_changed_by_hand_is_asked_about_one_by_one(healthy: Game) -> None:
    healthy.toy.files["two", "/toy/two-5040"] = "by hand\n"
    person = Person(answer=False)
    assert healthy.apply(Session(person)).changed is None
    assert person.questions == ["/toy/two-5040 on two was changed by hand: overwrite it?"]
    assert healthy.toy.files["two", "/toy/two-5040"] == "by hand\n"
    assert len(runs(healthy)) == 1

    person = Person()
    assert healthy.apply(Session(person), verb="up").changed, "up asks about nothing else"
    assert person.questions == ["/toy/two-5040 on two was changed by hand: overwrite it?"]
    assert healthy.toy.files["two", "/toy/two-5040"] == "web 1\n"


def test_a_plan_that_is_stale_under_the_lock_is_made_anew(healthy: Game) -> None:
    """Somebody ends an instance between the look and the lock: it is started too."""

    def ends() -> None:
        healthy.toy.units["one-5040"] = replace(healthy.toy.units["one-5040"], state="failed")

    healthy.change_file("[one, two], version", "[one, two, three], version")
    healthy.toy.before_looks = [lambda: None, ends]
    healthy.apply()
    assert "making a new plan" in "".join(event.message for event in healthy.events if isinstance(event, Note))
    assert healthy.done[:2] == ["file /toy/three-5040 on three", "unit one-5040"]
    refused, *_ = [run for run in runs(healthy) if run.outcome == "failed"]
    assert ([problem.code for problem in refused.problems], refused.changes) == (["stale-plan"], 0)
    assert healthy.state() == "healthy"


def test_a_state_that_no_run_can_reach_is_never_planned_anew_for_ever(healthy: Game) -> None:
    """A script says that a file has changed; every look says that it hasn't."""

    def refuses(action: str) -> None:
        if action.startswith("file "):
            said = "/toy/three-5040 has changed since the plan was made"
            raise StalePlan(Problem("stale-plan", "error", said, where="three"))

    healthy.change_file("[one, two], version", "[one, two, three], version")
    healthy.toy.before_action = refuses
    with pytest.raises(ChangeFailed, match="a new plan doesn't help") as refused:
        healthy.apply()
    assert (refused.value.exit_code, refused.value.problems[0].where) == (1, "three")
    assert len([run for run in runs(healthy) if run.outcome == "failed"]) == 2
    assert not is_locked(healthy)


def test_a_wish_to_stop_is_heeded_between_two_waves(game: Game) -> None:
    stop = StopFlag()

    def press(event: Event) -> None:
        if isinstance(event, ActionFinished) and event.action == "unit mongod.one":
            stop.set()

    with pytest.raises(Interrupted, match="stopped at a safe point"):
        game.apply(Session(Person(), press, stop))
    assert game.toy.units.keys() == {"mongod.one", "mongod.two", "mongod.three"}, "its own wave is brought to an end"
    assert [run.outcome for run in runs(game)] == ["interrupted"]
    assert not is_locked(game)
    game.apply()
    assert game.state() == "healthy"


def test_while_somebody_else_holds_the_lock(game: Game) -> None:
    game.toy.records.lock.touch()
    with pytest.raises(Locked):
        game.apply()
    assert game.done == []
    assert not game.toy.records.exists()
    assert is_locked(game), "it is theirs"


def test_a_restart_lets_the_proxy_leave_out_whom_it_restarts(healthy: Game) -> None:
    changed = healthy.restart("two")
    assert changed
    done = healthy.done
    assert [each for each in done if each.startswith("unit two")] == ["unit two-5040"]
    assert done[done.index("unit two-5040") - 1] == done[-1] == "pool of nginx.one"
    assert not [each for each in done if each.startswith(("unit nginx", "file"))], "no reload, and nothing is written"
    assert healthy.plan().changes == 0


def test_a_toy_is_taken_away(healthy: Game) -> None:
    assert healthy.destroy()
    assert not healthy.toy.units
    assert not healthy.toy.files
    assert healthy.state() == "down"


def test_a_host_that_has_left_is_looked_for_until_nothing_is_left_there(healthy: Game) -> None:
    """A restart leaves there what is there, and so does a plan that was saved for something else."""
    healthy.toy.departed = [replace(healthy.toy.cluster.hosts[0], name="gone")]
    other = healthy.plan()
    healthy.toy.units["gone-5040"] = FoundUnit(instance_id("gone", 5040, "web"), "running")
    marks = healthy.toy.records.marks

    healthy.restart("two")
    assert marks["applied"].values == {"whole": False, "left": ["gone"]}
    healthy.apply(plan=other)
    assert marks["applied"].values == {"whole": True, "left": ["gone"]}
    healthy.apply()
    assert "gone-5040" not in healthy.toy.units
    assert marks["applied"].values == {"whole": True, "left": []}


def test_what_is_stopped_on_purpose_is_told_once(healthy: Game) -> None:
    """And a part that still runs, or was started by somebody else, as what it is."""

    async def told() -> list[str]:
        seen = await healthy.toy.observe()
        marked = replace(seen, marks={marks.STOPPED: marks.Mark(marks.STOPPED, "anna on ops-1", "2026-11-01")})
        return [problem.code for problem in (await status_of(healthy.toy, marked)).problems]

    units = healthy.toy.units
    healthy.toy.units = {name: replace(unit, state="stopped") for name, unit in units.items()}
    assert asyncio.run(told()) == ["stopped"]
    healthy.toy.units["mongod.one"] = units["mongod.one"]
    codes = asyncio.run(told())
    assert codes[-1] == "stopped"
    assert "instance-stopped" in codes
