"""One cause is said once, before what follows from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from corral.errors import ChangeFailed, Unwell, joined
from corral.model.resources import Gate, MemberFacts
from corral.model.routes import Routes, Way
from corral.operate import health
from corral.operate.status import status_in
from corral.problems import Problem
from corral.secrets import Secrets
from corral.verify.http import NO_SECRETS, Answer
from tests.unit.operate.playing import TOY, Game

MANY = TOY.replace("hosts: [one, two], version", "hosts: [one, two], instances: 3, version")


@pytest.fixture
def game(tmp_path: Path) -> Game:
    game = Game(tmp_path, MANY)
    game.apply()
    return game


def problems(game: Game) -> list[Problem]:
    return list(game._play(lambda: status_in(game.toy)).problems)


def answering(monkeypatch: pytest.MonkeyPatch, said: str, but: int = 0) -> None:
    async def ask(gate: Gate, _routes: Routes, _way: Way = "inside", _secrets: Secrets = NO_SECRETS) -> Answer:
        healthy = gate.path.startswith("/.corral/") or gate.port == but
        return Answer(healthy, "fine" if healthy else said)

    monkeypatch.setattr(health, "ask", ask)


def test_all_answer_404(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    game.toy.units = {name: replace(unit, pid=7) for name, unit in game.toy.units.items()}
    answering(monkeypatch, "GET /health answered 404, expected 200")
    (problem,) = problems(game)
    names = "one-5040, one-5041, one-5042, two-5040, two-5041, two-5042"
    said = f"all 6 instances are unhealthy: GET /health answered 404, expected 200 ({names})"
    assert problem.message == f"{said}: is app.health.path (/health) right?"
    assert "kill" not in problem.hint


def test_some_share_another_reason(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "GET /: connection refused", but=5040)
    (problem,) = problems(game)
    assert problem.message.startswith("4 of 6 instances are unhealthy: GET /: connection refused (one-5041, ")
    assert problem.where == "one-5041", "whose log is shown"


def test_no_primary_comes_before_what_needs_it(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "GET /health answered 503, expected 200")
    game.toy.replica_set = replace(game.toy.replica_set, primary="")
    first, second = problems(game)
    assert first.code == "not-writable"
    assert "an election is under way" in first.message
    assert second.code == "instance-unhealthy"


def test_without_a_majority_nobody_is_elected(game: Game) -> None:
    facts = tuple(
        fact if number == 0 else MemberFacts(fact.name, "UNREACHABLE")
        for number, fact in enumerate(game.toy.replica_set.facts)
    )
    game.toy.replica_set = replace(game.toy.replica_set, primary="", facts=facts)
    assert "election" not in next(p.message for p in problems(game) if p.code == "not-writable")


def test_what_failed_for_one_reason_is_one_problem() -> None:
    failures = [
        Unwell(Problem("not-healthy", "error", f"{name} did not: why", "mend it", name), "why")
        for name in ("a", "b", "c")
    ]
    other = Unwell(Problem("not-healthy", "error", "d did not: else", "mend it", "d"), "else")
    error = joined([*failures, other])
    assert isinstance(error, ChangeFailed)
    assert [problem.message for problem in error.problems] == [
        "a did not: why\nthe same holds for b, c",
        "d did not: else",
    ]
