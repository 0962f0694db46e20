"""Where `run` runs a command: which host, and as which instance."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import InvalidFile
from corral.events import Event, Note
from tests.unit.operate.playing import TOY, Game


def notes(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Note)]


def test_the_first_host_of_the_application_is_taken_and_named(tmp_path: Path) -> None:
    game = Game(tmp_path)
    assert game.run("migrate", "--all") == 2, "the exit code is the command's"
    assert game.done == ["run:one-5040 migrate --all"]
    assert notes(game.events) == ["on one; `--host` takes another one: two"]


def test_a_host_that_was_named_is_not_named_again(tmp_path: Path) -> None:
    game = Game(tmp_path)
    assert game.run("migrate", host="two") == 1
    assert game.done == ["run:two-5040 migrate"]
    assert notes(game.events) == []


def test_where_there_is_but_one_host_nothing_is_said(tmp_path: Path) -> None:
    game = Game(tmp_path, TOY.replace("hosts: [one, two], version", "hosts: [two], version"))
    game.run("migrate")
    assert game.done == ["run:two-5040 migrate"]
    assert notes(game.events) == []


def test_a_web_instance_comes_before_a_worker_and_a_worker_will_do(tmp_path: Path) -> None:
    text = TOY.replace('version: "1"}', 'version: "1", workers: {command: work, hosts: [two, three], instances: 2}}')
    game = Game(tmp_path, text)
    game.run("migrate", host="two")
    game.run("migrate", host="three")
    assert game.done == ["run:two-5040 migrate", "run:three-worker-5140 migrate"]


def test_a_host_without_the_application_is_refused_with_those_that_have_it(tmp_path: Path) -> None:
    game = Game(tmp_path)
    with pytest.raises(InvalidFile, match="'three' is no host of the application: one, two") as refused:
        game.run("migrate", host="three")
    assert refused.value.problems[0].code == "unknown-target"
    assert game.done == []
