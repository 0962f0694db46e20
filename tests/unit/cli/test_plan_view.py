"""What is shown of a plan: as many changes as are counted."""

from __future__ import annotations

import pytest

from corral.cli.plan_view import print_plan
from corral.model.resources import Directory, File
from corral.plan.actions import MakeDirectory, Plan, Stage, WriteFile


def shown(capsys: pytest.CaptureFixture[str], *actions: MakeDirectory | WriteFile) -> list[str]:
    print_plan(Plan("shop", (Stage("database", (actions,)),)), full=False)
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_directories_are_counted_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """New ones share a line; one that is given away has its own."""
    new = [MakeDirectory(Directory("one", f"/{name}")) for name in "ab"]
    given = MakeDirectory(Directory("one", "/data", 0o700, owner="db"), Directory("one", "/data", 0o700))
    told = shown(capsys, *new, given, WriteFile(File("one", "/c", "x\n"), "", ""))
    assert told[1:5] == ["one", "make 2 directories: /a, /b", "give /data to db (owner root → db)", "write /c 1 line"]
    assert told[-1] == "4 changes on 1 host"
    assert "make /a" in shown(capsys, new[0])


def test_a_change_of_owner_or_mode_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys, WriteFile(File("one", "/c", "x\n"), "digest", "", access=("0644 → 0600",)))
    assert told[2] == "change /c (0644 → 0600)"
    told = shown(capsys, WriteFile(File("one", "/c", "x\n"), "digest", ""))
    assert told[2:4] == ["change /c", "the content stays: the program has not read it yet"]
