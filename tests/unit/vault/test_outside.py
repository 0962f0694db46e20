from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from corral.cluster_file.parse import load_text
from corral.errors import InvalidFile, StalePlan
from corral.model.resources import File, Gate, Unit
from corral.operate.refusals import Case, refuse
from corral.places.base import Place
from corral.plan.actions import Plan, Stage, StartUnit, WriteFile
from corral.problems import Problem
from corral.secrets import Secret, Secrets
from corral.vault.outside import LARGEST, known_outside_of, outside, outside_of
from tests.unit.cluster_file.files import SMALL


def refused(texts: list[tuple[str, str]], directory: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidFile) as failure:
        outside(texts, directory, {"EMPTY": ""})
    assert failure.value.exit_code == 2
    return failure.value.problems


def test_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "mail").write_text("a\nb\n\n")
    (tmp_path / "absolute").write_text("no newline")
    texts = [("1", "x${env:TOKEN}y${file:keys/mail}"), ("2", f"${{file:{tmp_path}/absolute}}${{env:TOKEN}}"), ("3", "")]
    found = outside(texts, tmp_path, {"TOKEN": "t1", "OTHER": "o"})
    assert {name: secret.reveal() for name, secret in found.items()} == {
        "env:TOKEN": "t1",
        "file:keys/mail": "a\nb\n",
        f"file:{tmp_path}/absolute": "no newline",
    }


def test_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text("v")
    assert outside([("", "${file:~/key}")], Path("/"), {})["file:~/key"].reveal() == "v"


def test_all_that_is_missing_is_told_together_each_once(tmp_path: Path) -> None:
    texts = [("f:3:5", "${env:GONE} ${file:none}"), ("f:4:5", "${env:GONE}${env:EMPTY}"), ("f:9:1", "${env:EMPTY}")]
    first, second, third = refused(texts, tmp_path)
    assert (first.code, first.where) == ("no-value", "f:3:5")
    assert "the variable GONE is not set" in first.message
    assert "export GONE=" in first.hint
    assert str(tmp_path / "none") in second.message
    assert "No such file" in second.message
    assert ("it is empty" in third.message, third.where) == (True, "f:4:5")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"\n", "empty"), (b"a\0b", "NUL"), (b"\xff\xfe", "not UTF-8"), (b"x" * (LARGEST + 1), "larger")],
)
def test_what_no_variable_can_hold(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "file").write_bytes(content)
    [problem] = refused([("w", "${file:file}")], tmp_path)
    assert reason in problem.message


def test_a_variable_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environb, b"ODD", b"p\xff")
    with pytest.raises(InvalidFile) as failure:
        outside([("w", "${env:ODD}")], tmp_path, os.environ)
    [problem] = failure.value.problems
    assert (problem.code, problem.where) == ("no-value", "w")
    assert problem.message == "${env:ODD} has no value: the variable ODD is not UTF-8"


def judge(plan: Plan, secrets: Secrets) -> None:
    """What is asked of a saved plan before any host is."""
    place = SimpleNamespace(secrets=secrets, traits=SimpleNamespace(name="hosts"))
    refuse("saved", Case("apply", cast(Place, place), plan=plan))


def test_what_a_saved_plan_sends_must_be_known_too() -> None:
    unit = Unit("h", "h-5040", "web", "1", (), "/", "10.0.0.1", 5040)
    start = StartUnit(unit, Gate("http", headers=(("X-Token", "${env:TOKEN}"),)), "")
    plan = Plan("shop", (Stage("application", ((start,),)),))
    judge(plan, {"env:TOKEN": Secret("t")})
    with pytest.raises(StalePlan) as failure:
        judge(plan, {})
    assert "${env:TOKEN}, which" in failure.value.problems[0].message


def plan_of(*contents: str) -> Plan:
    writes = tuple(WriteFile(File("h", f"/{number}", text), "", "") for number, text in enumerate(contents))
    return Plan("shop", (Stage("application", (writes,)),))


def test_a_saved_plan_whose_values_are_known_passes() -> None:
    known = {"admin": Secret("a"), "env:X": Secret("x"), "file:k": Secret("k")}
    judge(plan_of("${secret:admin}", "${env:X|sh}${file:k|compose}", "none"), known)


def test_all_that_a_saved_plan_lacks_is_told_at_once() -> None:
    with pytest.raises(StalePlan) as failure:
        judge(plan_of("${env:X|sh}", "${env:X|sh}${file:/k|compose}${env:Y}"), {"env:Y": Secret("y")})
    [problem] = failure.value.problems
    assert (problem.code, failure.value.exit_code) == ("stale-plan", 5)
    assert "${env:X}, ${file:/k}, which" in problem.message
    assert "corral plan --on hosts --out" in problem.hint


def test_a_directory_and_an_endless_file(tmp_path: Path) -> None:
    directory, endless = refused([("w", "${file:.} ${file:/dev/zero}")], tmp_path)
    assert "Is a directory" in directory.message
    assert "larger than" in endless.message


def test_a_cluster_files_own_places(tmp_path: Path) -> None:
    env = "  env:\n    A: 'x${env:ONE}'\n  workers:\n    env:\n      B: '${file:two}'\n"
    loaded = load_text(
        SMALL.replace("  command: node main.js\n", f"  command: node main.js\n{env}"), "c.yaml", tmp_path
    )
    with pytest.raises(InvalidFile) as failure:
        outside_of(loaded, {})
    assert [problem.where for problem in failure.value.problems] == ["c.yaml:11:8", "c.yaml:14:10"]
    assert {name: secret.reveal() for name, secret in known_outside_of(loaded, {"ONE": "1"}).items()} == {
        "env:ONE": "1"
    }
    (tmp_path / "two").write_text("2\n")
    found = outside_of(loaded, {"ONE": "1"})
    assert {name: secret.reveal() for name, secret in found.items()} == {"env:ONE": "1", "file:two": "2"}


def test_a_health_checks_headers(tmp_path: Path) -> None:
    """They are asked for at once, and must be fit for a header."""
    health = "  health:\n    headers:\n      X-A: 'Bearer ${env:ONE}'\n"
    health += "  workers:\n    health: {headers: {X-B: '${file:two}'}}\n"
    loaded = load_text(
        SMALL.replace("  command: node main.js\n", f"  command: node main.js\n{health}"), "c.yaml", tmp_path
    )
    with pytest.raises(InvalidFile) as failure:
        outside_of(loaded, {})
    assert [problem.where for problem in failure.value.problems] == ["c.yaml:12:12", "c.yaml:14:29"]
    (tmp_path / "two").write_text("2\n")
    known = outside_of(loaded, {"ONE": "1"})
    assert {name: secret.reveal() for name, secret in known.items()} == {"env:ONE": "1", "file:two": "2"}
    (tmp_path / "two").write_text("hunter\n2\n")
    with pytest.raises(InvalidFile) as failure:
        outside_of(loaded, {"ONE": "é"})
    assert [(problem.where, problem.message) for problem in failure.value.problems] == [
        (where, f"{name} can't stand in a header: it must be one line of printable ASCII without blanks at its ends")
        for where, name in (("c.yaml:12:12", "${env:ONE}"), ("c.yaml:14:29", "${file:two}"))
    ]
