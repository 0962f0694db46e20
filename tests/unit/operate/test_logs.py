"""Logs that can't be read: the others' lines are shown, and the command fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.execute.ways import Ways
from corral.model.command import CommandResult
from corral.model.identity import UnitId, read_back
from corral.operate import logs as verb
from corral.places import machines
from corral.places.base import LogLine
from corral.transport.fake import FakeTransport
from corral.units.compose import ComposeUnits
from tests.unit.operate.playing import Game
from tests.unit.units.test_compose import cluster

UNITS = [read_back("one", "one-5001"), read_back("one", "one-5002")]


def test_the_others_lines_come_first_and_then_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = Game(tmp_path)
    told: list[str] = []

    async def logs(units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
        yield LogLine(units[0], "its log can't be read: there is no container", failed=True)
        yield LogLine(units[1], "rattle")

    async def read() -> None:
        async for each in verb.logs_in(game.toy, "web", 5, follow=False):
            told.append(each.line)  # noqa: PERF401  # also what came before the failure

    monkeypatch.setattr(game.toy, "logs", logs)
    with pytest.raises(ChangeFailed, match="one-5040: its log can't be read: there is no container") as failure:
        game._play(read)
    assert told == ["rattle"]
    assert failure.value.exit_code == 1


@pytest.mark.parametrize("follow", [False, True])
def test_a_container_that_is_not_there(follow: bool) -> None:
    transport = FakeTransport.of(["one"])
    gone = CommandResult(1, b"", b"there is no container of one-5002 on one just now\n")
    transport.on("show_log", CommandResult(0, b"here\n", b""))
    transport.on("service=one-5002", gone)
    ways = Ways(transport, ComposeUnits(transport, cluster()), {}, {})

    async def read() -> list[LogLine]:
        return [line async for line in machines.logs(ways, UNITS, 5, follow)]

    said = {(each.unit.name, each.line, each.failed) for each in asyncio.run(read())}
    why = "its log can't be read: there is no container of one-5002 on one just now"
    assert said == {("one-5001", "here", False), ("one-5002", why, True)}
