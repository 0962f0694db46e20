"""The command line, and that each of its verbs is done by somebody."""

from __future__ import annotations

import argparse

import pytest

from lab.arguments import parse, parser
from lab.commands import COMMANDS
from lab.hosts import Lab


def test_each_verb_has_its_command() -> None:
    verbs = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert set(verbs.choices) == set(COMMANDS)


def test_up_by_default_is_the_reference_cluster() -> None:
    arguments = parse(["up"])
    assert (arguments.name, arguments.subnet, arguments.bare, arguments.hosts) == ("corral-lab", "10.108.0", False, [])


def test_up_takes_hosts_of_ones_own() -> None:
    arguments = parse(["up", "--bare", "--name", "two", "--hosts", "a-1=11", "b-1=12"])
    assert (arguments.name, arguments.bare, arguments.hosts) == ("two", True, ["a-1=11", "b-1=12"])


def test_exec_hands_on_everything_after_the_dashes() -> None:
    arguments = parse(["exec", "--name", "two", "app-108", "--", "ls", "-l", "--color=never"])
    assert (arguments.name, arguments.host, arguments.command) == ("two", "app-108", ["ls", "-l", "--color=never"])


@pytest.mark.parametrize("verb", ["kill", "start", "reboot", "cut", "mend"])
def test_faults_take_a_host(verb: str) -> None:
    assert parse([verb, "db-216"]).host == "db-216"
    assert hasattr(Lab, verb)


def test_a_cut_may_be_from_some() -> None:
    assert parse(["cut", "db-216"]).peers == []
    assert parse(["cut", "db-216", "--from", "db-217", "db-218"]).peers == ["db-217", "db-218"]


@pytest.mark.parametrize("verb", ["fill", "unfill"])
def test_a_disk_is_named_by_a_directory(verb: str) -> None:
    assert parse([verb, "db-216", "/var/lib/x"]).directory == "/var/lib/x"
    assert hasattr(Lab, verb)


@pytest.mark.parametrize("words", [[], ["nothing"], ["kill"], ["exec", "app-108"], ["fill", "app-108"]])
def test_what_is_missing_is_said_with_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
