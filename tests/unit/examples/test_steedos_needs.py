from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.examples.steedos import Copy, installer

PLENTY = 100 << 30


def missing(copy: Copy, monkeypatch: pytest.MonkeyPatch, free: int = PLENTY) -> list[str]:
    for name, value in copy.environment().items():
        monkeypatch.setenv(name, value)
    tree = installer("tree").Tree(copy.root)
    found: list[str] = installer("needs").missing(tree, lambda _: free)
    return found


def test_a_machine_with_everything_lacks_nothing(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing(copy, monkeypatch) == []


def test_everything_missing_is_said_at_once(copy: Copy) -> None:
    for name in ("npm", "g++", "make"):
        (copy.stubs / name).unlink()
    code, out, err = copy.install()
    assert (code, out) == (1, "")
    assert [line.split(",")[0] for line in err.splitlines()] == [
        "steedos: npm is missing",
        "steedos: g++ and make are missing",
    ]
    assert "apt install npm" in err
    assert "apt install g++ make" in err
    assert not (copy.root / "node_modules").exists()


def test_one_tool_missing_is_one(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy.stubs / "g++").unlink()
    (sentence,) = missing(copy, monkeypatch)
    assert sentence.startswith("g++ is missing, to compile bcrypt: install it,")


@pytest.mark.parametrize(
    ("stub", "said"),
    [
        ("#!/bin/sh\necho 6.14.18\n", "npm 6.14.18 can't read the lock files here, and 7 or later can"),
        ("#!/bin/sh\nexit 3\n", "`npm --version` ends with 3: install it anew"),
        ("#!/bin/sh\n", "`npm --version` says nothing"),
        ("#!/nowhere/node\n", "`npm --version` can't be run"),
    ],
)
def test_a_useless_npm_is_named(copy: Copy, monkeypatch: pytest.MonkeyPatch, stub: str, said: str) -> None:
    copy.stub("npm", stub)
    (sentence,) = missing(copy, monkeypatch)
    assert said in sentence


def test_an_npm_that_hangs_is_not_waited_for(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    copy.stub("npm", "#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(installer("needs"), "NPM_ANSWERS_WITHIN", 0.3)
    (sentence,) = missing(copy, monkeypatch)
    assert "does not answer in 0.3 s" in sentence


def test_npm_is_not_asked_for_when_node_is_there(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    copy.install()
    (copy.root / "node_modules" / ".packages").unlink()
    (copy.stubs / "npm").unlink()
    assert missing(copy, monkeypatch) == []


def test_a_full_disk_is_said_with_both_sizes(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    (sentence,) = missing(copy, monkeypatch, free=500_000_000)
    assert sentence.startswith(f"1,153 MB of disk are needed below {copy.root}, and 500 MB are free: make room")


def test_what_a_broken_off_run_left_counts_as_free(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = copy.root / "node_modules"
    modules.mkdir()
    with (modules / "half").open("wb") as half:
        half.truncate(700_000_000)
    assert missing(copy, monkeypatch, free=500_000_000) == []


@pytest.mark.parametrize("found", [("darwin", "arm64", ""), ("linux", "aarch64", "glibc"), ("linux", "x86_64", "")])
def test_another_machine_is_refused(copy: Copy, monkeypatch: pytest.MonkeyPatch, found: tuple[str, str, str]) -> None:
    needs: Any = installer("needs")
    monkeypatch.setattr(needs, "sys", type("sys", (), {"platform": found[0]}))
    monkeypatch.setattr(needs.platform, "machine", lambda: found[1])
    monkeypatch.setattr(needs.platform, "libc_ver", lambda: (found[2], ""))
    (sentence,) = missing(copy, monkeypatch)
    assert f"this is {found[0]} on {found[1]}" in sentence


def test_a_folder_of_somebody_else_is_named(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = copy.root / "node"

    def access(path: Path, _mode: int) -> bool:
        return path != refused

    monkeypatch.setattr(installer("needs").os, "access", access)
    monkeypatch.setattr(installer("needs"), "_system_npm", lambda _: "")
    monkeypatch.setattr(installer("needs"), "_compiler", lambda: "")
    (sentence,) = missing(copy, monkeypatch)
    assert sentence.startswith(f"{refused} can't be written by this user")
