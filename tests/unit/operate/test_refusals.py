"""Every refusal of the table is made to fire for every verb that it names, and changes nothing; all others go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from corral.errors import CorralError, Unreachable
from corral.model.resources import File, MemberFacts, Obstacle, ObstacleKind, digest
from corral.model.software import Archive
from corral.operate.refusals import REFUSALS
from corral.plan.actions import Plan, Stage, WriteFile
from corral.plan.software import UnpackArchive
from corral.problems import Problem, Severity
from corral.runs.history import RecordedRun, runs_in
from tests.unit.operate.playing import Game

VERBS: Final[dict[str, Callable[[Game], object]]] = {
    "plan": lambda game: game.plan(),
    "apply": lambda game: game.apply(),
    "up": lambda game: game.apply(verb="up"),
    "restart": lambda game: game.restart(),
    "start": lambda game: game.rest("start", "two-5040"),
    "stop": lambda game: game.rest("stop", "two-5040"),
    "destroy": lambda game: game.destroy(),
}
STARTING: Final = ("plan", "apply", "up", "restart")
BEGINNING: Final = (*STARTING, "start")

# a refusal -> the verbs that it concerns, and what whoever is refused is told: exit code and problem code
MATRIX: Final[dict[str, tuple[tuple[str, ...], int, str]]] = {
    "file": (BEGINNING, 2, "wrong-file"),
    "nothing kept": (("restart", "start", "stop"), 1, "not-running"),
    "unknown values": (("apply", "up"), 5, "stale-plan"),
    "unreachable": ((*BEGINNING, "stop", "destroy"), 3, "no-answer"),
    "forgotten": (("apply",), 2, "unknown-target"),
    "lost secrets": ((*BEGINNING, "stop"), 1, "secrets-lost"),
    "findings": (BEGINNING, 1, "H07"),
    "unread set": (BEGINNING, 3, "set-unreadable"),
    "unanswered": (("stop", "destroy"), 1, "H13"),
    "rootless": (("destroy",), 1, "H01"),
    "left out": (("plan", "apply"), 1, "proxies-left-out"),
    "other bytes": (STARTING, 2, "other-archive"),
    "lost majority": (STARTING, 1, "member-copies"),
    "in the way": (("plan", "apply", "up", "start", "stop", "destroy"), 1, "in-the-way"),
    "drift": (("apply", "up", "restart"), 1, "drift"),
    "stale": (("apply", "up", "restart", "start", "stop", "destroy"), 5, "stale-plan"),
}
FIRING: Final = [(name, verb) for name, (verbs, _, _) in MATRIX.items() for verb in verbs]
GOING_ON: Final = [(name, verb) for name, (verbs, _, _) in MATRIX.items() for verb in VERBS if verb not in verbs]
CODES: Final = {name: (exit_code, code) for name, (_, exit_code, code) in MATRIX.items()}


def problem(code: str, severity: Severity = "error") -> Problem:
    return Problem(code, severity, "so it is", where="two")


def arrange(name: str, verb: str, game: Game) -> Callable[[Game], object]:
    """Have the toy be as the refusal `name` is about, for `verb`; what to call then."""
    if verb == "start":
        game.rest("stop", "two-5040")
        game.toy.done.clear()
    elif verb not in ("restart", "stop"):
        game.change_file('version: "1"', 'version: "2"')
    return SITUATIONS[name](game, verb) or VERBS[verb]


def _wrong_file(game: Game, _verb: str) -> None:
    game.toy.file_findings = [problem("wrong-file")]


def _unknown_values(game: Game, verb: str) -> Callable[[Game], object] | None:
    """Of those that take a saved plan; for the others the file asks for such a value."""
    file = File("two", "/toy/more", "${env:GONE}\n")
    if verb in ("apply", "up"):
        plan = Plan("toy", (Stage("application", ((WriteFile(file, "", ""),),)),))
        return lambda game: game.apply(plan=plan, verb=verb)
    game.toy.more_text = file.content
    return None


def _nothing_kept(game: Game, _verb: str) -> None:
    game.toy.nothing = "nothing is in the box"


def _forgotten(game: Game, verb: str) -> Callable[[Game], object] | None:
    """No other verb takes such words."""
    game.toy.departed = [replace(game.toy.cluster.hosts[0], name="gone")]
    return (lambda game: game.apply(forget=("ghost",))) if verb == "apply" else None


def _left_out(_game: Game, verb: str) -> Callable[[Game], object] | None:
    """The one proxy, which no other verb can leave out."""
    ways: dict[str, Callable[[Game], object]] = {
        "plan": lambda game: game.plan(without=("one",)),
        "apply": lambda game: game.apply(without=("one",)),
    }
    return ways.get(verb)


def _unreachable(game: Game, _verb: str) -> None:
    game.toy.silent = {"two": problem("no-answer")}


def _lost_secrets(game: Game, _verb: str) -> None:
    game.toy.secret_store.path.unlink()
    game.toy.secret_store.read()


def _findings(game: Game, _verb: str) -> None:
    game.toy.machine_findings = [problem("H07")]


def _unread_set(game: Game, _verb: str) -> None:
    first, second, *others = game.toy.replica_set.facts
    unread = MemberFacts(second.name, "UNREACHABLE", detail="no way there", unread="way")
    game.toy.replica_set = replace(game.toy.replica_set, facts=(first, unread, *others))


def _unanswered(game: Game, verb: str) -> None:
    """An error is for whoever starts something one of the findings."""
    game.toy.machine_findings = [problem("H13", "error" if verb in ("stop", "destroy") else "warning")]


def _rootless(game: Game, verb: str) -> None:
    """An error is for whoever starts something one of the findings."""
    game.toy.machine_findings = [problem("H01", "error" if verb == "destroy" else "warning")]


def _other_bytes(game: Game, verb: str) -> Callable[[Game], object] | None:
    """No restart unpacks an archive today, so it is given a plan that does."""
    source = game.directory / "release.tar"
    source.write_bytes(b"other")
    archive = Archive("two", "/toy/release", source=str(source), sha256=digest(b"release"))
    game.toy.wanted = [archive]
    plan = Plan("toy", (Stage("application", ((UnpackArchive(archive),),)),))
    return (lambda game: game.carry_out("restart", plan)) if verb == "restart" else None


def _lost_majority(game: Game, _verb: str) -> None:
    *others, last = game.toy.replica_set.facts
    game.toy.replica_set = replace(game.toy.replica_set, facts=(*others, MemberFacts(last.name, "RECOVERING")))


def _in_the_way(game: Game, verb: str) -> None:
    """A directory of the user's where a file goes, or an attribute that keeps all from changing what is there."""
    kind: ObstacleKind = "immutable" if verb == "destroy" else "directory"
    paths = ("/toy/two-5040", "/toy/one-5040", "/toy/nginx.one")
    game.toy.obstacles = [Obstacle(host, path, kind) for host in ("one", "two") for path in paths]


def _drift(game: Game, _verb: str) -> None:
    """A restart writes nothing, and would bring this into force."""
    game.toy.files["two", "/toy/two-5040"] = "by hand\n"


def _stale(game: Game, _verb: str) -> None:
    """Somebody changes something after each look, so that planning anew doesn't help."""

    def changed() -> None:
        unit = game.toy.units["mongod.one"]
        game.toy.units["mongod.one"] = replace(unit, revision=f"{unit.revision}+")

    game.toy.before_looks = [changed] * 10


SITUATIONS: Final[dict[str, Callable[[Game, str], Callable[[Game], object] | None]]] = {
    "file": _wrong_file,
    "nothing kept": _nothing_kept,
    "unknown values": _unknown_values,
    "unreachable": _unreachable,
    "forgotten": _forgotten,
    "lost secrets": _lost_secrets,
    "findings": _findings,
    "unread set": _unread_set,
    "unanswered": _unanswered,
    "rootless": _rootless,
    "left out": _left_out,
    "other bytes": _other_bytes,
    "lost majority": _lost_majority,
    "in the way": _in_the_way,
    "drift": _drift,
    "stale": _stale,
}


@pytest.fixture
def game(tmp_path: Path) -> Game:
    """A cluster that is healthy."""
    game = Game(tmp_path)
    game.apply()
    game.toy.done.clear()
    return game


def found(game: Game) -> dict[str, Any]:
    """All that a verb could have changed, but for the journal; revisions are what some tests change themselves."""
    toy = game.toy
    return {
        "units": {name: unit.state for name, unit in toy.units.items()},
        "files": dict(toy.files),
        "written": dict(toy.written),
        "software": set(toy.software),
        "marks": dict(toy.records.marks),
        "secrets": toy.secret_store.path.exists(),
        "lock": toy.records.lock.exists(),
    }


def runs(game: Game) -> dict[str, RecordedRun]:
    return {run.run: run for run in runs_in(game.toy.records.journal)}


def test_the_matrix_is_the_table() -> None:
    """A new refusal, and a verb that one is to concern, comes with a test; so does one that goes."""
    assert {refusal.name: set(refusal.verbs) for refusal in REFUSALS} == {n: set(v) for n, (v, _, _) in MATRIX.items()}
    assert SITUATIONS.keys() == MATRIX.keys()
    assert len(REFUSALS) == len(MATRIX)


@pytest.mark.parametrize(("name", "verb"), FIRING)
def test_it_fires_and_nothing_is_changed(game: Game, name: str, verb: str) -> None:
    act = arrange(name, verb, game)
    before, runs_before = found(game), runs(game)
    with pytest.raises(CorralError) as refused:
        act(game)
    assert (refused.value.exit_code, refused.value.problems[0].code) == CODES[name]
    assert found(game) == before
    assert game.done == []
    told = [run for each, run in runs(game).items() if each not in runs_before]
    if name == "stale":  # the lock was held by then, and whoever held it is on record
        assert {(run.outcome, run.changes, run.problems[0].code) for run in told} == {("failed", 0, "stale-plan")}
    else:
        assert told == []


@pytest.mark.parametrize(("name", "verb"), GOING_ON)
def test_whom_it_does_not_concern_goes_on(game: Game, name: str, verb: str) -> None:
    act = arrange(name, verb, game)
    act(game)
    if verb == "plan":
        assert game.done == []
    elif verb == "destroy":
        assert not game.toy.units
    elif verb == "start":
        assert "two-5040" in game.toy.units
    elif verb == "stop":
        assert "two-5040" not in game.toy.units
    else:
        assert game.state() == "healthy"


def test_the_cause_is_told_before_its_consequences(game: Game) -> None:
    """A host that doesn't answer, secrets that are others', and what follows from both."""
    for name in ("findings", "lost secrets", "unreachable"):
        SITUATIONS[name](game, "apply")
        with pytest.raises(CorralError) as refused:
            game.apply()
        assert (refused.value.exit_code, refused.value.problems[0].code) == CODES[name]
    assert isinstance(refused.value, Unreachable)
