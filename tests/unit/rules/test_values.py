"""What is told of values from outside the file, by every verb that judges it, and never a part of the value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from corral import places, rules
from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import load_text
from corral.events import Event, Warned
from corral.operate.apply import begin
from corral.operate.check import check
from corral.operate.session import Session
from corral.operate.where import Where, load
from corral.places import PlaceName
from corral.problems import Problem
from corral.vault.outside import known_outside_of
from tests.language import spoken
from tests.unit.cluster_file.files import SMALL

ENV = "  env:\n    A: 'x${file:key}'\n    B: '${file:key}${env:TOKEN}'\n  workers:\n    env:\n      C: '${env:LAST}'\n"
TEXT = SMALL.replace("  command: node main.js\n", f"  command: node main.js\n{ENV}")
SECRET = "correct-horse"


def told(directory: Path, content: str | None, environment: Mapping[str, str]) -> list[Problem]:
    if content is not None:
        (directory / "key").write_bytes(content.encode())
    loaded = load_text(TEXT, "c.yaml", directory)
    cluster = build(loaded.spec, direct_placement(loaded.spec), loaded.directory)
    found = rules.findings(cluster, loaded, known_outside_of(loaded, environment))
    return [problem for problem in found if problem.code == "A11"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{SECRET}", []),
        (f"{SECRET}\n", []),
        (f"{SECRET}\nand more\n", []),
        (f"{SECRET} with a blank", []),
        (f"{SECRET}\r\n", ["carriage return"]),
        (f"{SECRET}\r\n{SECRET}", ["carriage return"]),
        (f"\ufeff{SECRET}\n", ["byte order mark"]),
        (f"\ufeff {SECRET}\r\n", ["carriage return", "byte order mark", "a blank"]),
        (f"{SECRET}\n\n", ["a newline"]),
        (f"\n{SECRET}", ["a newline"]),
        (f"{SECRET} \n", ["a blank"]),
        (f"\t{SECRET}", ["a blank"]),
        (f"{SECRET}\u3000", ["a blank"]),
        (f"{SECRET} \r\n\n", ["carriage return", "a newline", "a blank"]),
        ("  \n", ["nothing but blanks"]),
        ("\r\n", ["nothing but blanks"]),
        ("\ufeff\n", ["nothing but blanks"]),
        ("\n\n", ["nothing but blanks"]),
    ],
)
def test_what_an_editor_has_left(tmp_path: Path, content: str, words: list[str]) -> None:
    """Once, at the first place that refers to it."""
    found = told(tmp_path, content, {})
    assert [(problem.severity, problem.where) for problem in found] == [("warning", "c.yaml:11:8")] * len(words)
    for problem, expected in zip(found, words, strict=True):
        assert expected in problem.message
        assert "${file:key}" in problem.message
        assert SECRET not in f"{problem.message}{problem.hint}"
    with spoken("zh"):
        assert len(told(tmp_path, content, {})) == len(words)


def test_variables_too(tmp_path: Path) -> None:
    """Of those nothing is cut off."""
    found = told(tmp_path, None, {"TOKEN": f"{SECRET}\n", "LAST": f" {SECRET}"})
    assert [(problem.where, problem.message.partition(" ")[0]) for problem in found] == [
        ("c.yaml:12:8", "${env:TOKEN}"),
        ("c.yaml:15:10", "${env:LAST}"),
    ]
    assert "a newline" in found[0].message
    assert "a blank" in found[1].message


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TOKEN", SECRET)
    monkeypatch.setenv("LAST", SECRET)
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace("  command: node main.js\n", '  command: node main.js\n  image: "shop:1"\n')
    (tmp_path / "cluster.yaml").write_text(f"{text}ssh: {{user: ops}}\n")
    (tmp_path / "key").write_bytes(f"{SECRET}\r\n".encode())
    return tmp_path / "cluster.yaml"


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems if problem.code == "A11"]


def test_check_says_it_once_for_both_places(file: Path) -> None:
    assert codes(asyncio.run(check(Where(file))).problems) == ["A11"]


def test_check_does_without_values(file: Path) -> None:
    (file.parent / "key").unlink()
    assert codes(asyncio.run(check(Where(file))).problems) == []


@pytest.mark.parametrize("place", ["playground", "hosts"])
def test_verbs_that_plan_say_it_as_they_begin(file: Path, place: PlaceName) -> None:
    """`plan`, `apply`, `up` and `restart`; the value itself stays as it is."""
    said: list[Event] = []

    async def body() -> str:
        async with places.opened(load(Where(file)), place) as opened:
            await begin(opened, "plan", Session(sink=said.append))
            return opened.secrets["file:key"].reveal()

    assert asyncio.run(body()) == f"{SECRET}\r"
    [warned] = [event for event in said if isinstance(event, Warned)]
    assert codes(warned.problems) == ["A11"]
    assert SECRET not in str(said)
