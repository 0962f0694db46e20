"""A docker that doesn't answer: its containers are unknown, which is neither running nor stopped."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from corral.model.endpoint import Endpoint
from corral.model.machine import Docker, Machine, Unasked
from corral.model.routes import Way
from corral.operate import hasty
from corral.operate.hasty import Hasty
from corral.operate.report import Status
from corral.operate.status import status_in
from corral.operate.verify import checks
from corral.places.base import Observation
from corral.verify.workers import workers
from tests.unit.operate.playing import Game
from tests.unit.operate.test_one_cause import answering
from tests.unit.plan.cluster_of import REFERENCE, cluster_of

TWO = Machine("two", docker=Docker(unseen="no answer in 4 s"), unasked=(Unasked("chronyc", "no answer in 1 s"),))
SAID = "docker on two doesn't answer: which containers run there is unknown (not asked: docker, no answer in 4 s)"


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """Healthy, but for the docker of host two."""
    game = Game(tmp_path)
    game.apply()
    observe = game.toy.observe

    async def blind(*given: object, **named: object) -> Observation:
        seen = await observe(*given, **named)  # type: ignore[arg-type]
        units = tuple(unit for unit in seen.observed.units if not (unit.host == "two" and unit.role == "web"))
        return replace(seen, observed=replace(seen.observed, units=units), machines={"two": TWO})

    monkeypatch.setattr(game.toy, "observe", blind)
    return game


def status(game: Game) -> Status:
    return game._play(lambda: status_in(game.toy))


def test_an_instance_that_answers_is_healthy_and_the_cluster_is_not_all_well(game: Game) -> None:
    report = status(game)
    assert {row.name: row.state for row in report.instances} == {"one-5040": "healthy", "two-5040": "healthy"}
    assert report.state == "degraded"
    first, second = report.problems
    assert (first.message, first.code, first.severity, first.where) == (SAID, "not-asked", "error", "two")
    assert (second.message, second.severity) == ("two: not asked: chronyc, no answer in 1 s", "warning")


def test_an_instance_that_does_not_answer_is_unknown_and_not_stopped(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "GET /health: connection refused")
    report = status(game)
    assert {row.name: row.state for row in report.instances}["two-5040"] == "unknown"
    assert report.problems[0].message == SAID, "the cause comes first"


def test_verify_does_not_pass(game: Game) -> None:
    async def failing() -> list[str]:
        return [check.seen async for check in checks(game.toy) if check.result == "failed"]

    assert SAID in game._play(failing)


def test_a_worker_that_can_not_be_seen_is_not_missing() -> None:
    cluster = cluster_of(REFERENCE)
    [host] = {worker.host.name for worker in cluster.app.workers}
    check = workers(cluster, (), {host})
    assert (check.result, check.seen) == ("failed", f"none; what runs on {host} can't be seen")


def test_nobody_waits_for_the_way_to_a_silent_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hasty, "PATIENCE", 0.05)

    class Frozen:
        async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
            if to.address == "10.0.0.2":
                await asyncio.sleep(60)
            return to

    async def both() -> None:
        routes, began = Hasty(Frozen(), ["10.0.0.2"]), time.monotonic()
        assert await routes.reach(Endpoint("http", "10.0.0.1", 80))
        with pytest.raises(OSError):
            await routes.reach(Endpoint("http", "10.0.0.2", 80))
        assert time.monotonic() - began < 10

    asyncio.run(both())
