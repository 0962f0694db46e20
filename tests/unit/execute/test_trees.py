"""Deleting directories with all that is in them, on a real file system."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.host_changes import change_host
from corral.execute.scripts import script_of
from corral.execute.ways import Ways
from corral.model.command import CommandResult
from corral.plan.actions import RemoveTree
from corral.transport.local import LocalTransport
from tests.unit.execute.no_units import NoUnits, step


class Clock(LocalTransport):
    """Remembers how long its scripts might have taken."""

    def __init__(self) -> None:
        self.deadlines: list[float] = []

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        self.deadlines.append(deadline)
        return await super().run(host, script, deadline)


def delete(trees: Sequence[Path], transport: LocalTransport | None = None) -> None:
    ways = Ways(transport or LocalTransport(), NoUnits(), {}, {})
    asyncio.run(change_host([RemoveTree("h", str(tree), "the database") for tree in trees], ways, step()))


def filled(directory: Path) -> Path:
    (directory / "journal" / ".lock").mkdir(parents=True)
    (directory / "journal" / "it's 1").write_text("data")
    return directory


def test_a_tree_goes_as_a_whole_and_once_more_is_no_mistake(tmp_path: Path) -> None:
    trees = [filled(tmp_path / "a b"), filled(tmp_path / "-c")]
    delete(trees)
    delete(trees)
    assert list(tmp_path.iterdir()) == []


def test_a_large_one_has_its_time(tmp_path: Path) -> None:
    clock = Clock()
    delete([tmp_path / "none"], clock)
    assert clock.deadlines == [3600]


def test_a_link_is_refused_before_anything_is_deleted(tmp_path: Path) -> None:
    """Its data would be told to be deleted, and be all there."""
    real, link = filled(tmp_path / "disk"), tmp_path / "mongod"
    link.symlink_to("disk")
    with pytest.raises(ChangeFailed) as failure:
        delete([filled(tmp_path / "first"), link, filled(tmp_path / "last")])
    message = failure.value.problems[0].message
    assert f"{link} is a link to {real}, and neither is deleted" in message
    assert f"delete what is in {real} yourself, then the link" in message
    assert link.is_symlink()
    assert (real / "journal" / "it's 1").read_text() == "data"
    assert not (tmp_path / "first").exists()
    assert (tmp_path / "last").exists(), "what comes after a failure is not begun"


def test_a_link_on_the_way_is_none_of_it(tmp_path: Path) -> None:
    real = filled(tmp_path / "disk" / "mongod")
    (tmp_path / "link").symlink_to("disk")
    delete([tmp_path / "link" / "mongod"])
    assert not real.exists()
    assert (tmp_path / "link").exists()


def can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def deleted_where(mounts: Sequence[Path], tree: Path) -> subprocess.CompletedProcess[str]:
    """Delete `tree` where each of `mounts` is one, in the order given, and then list what is there."""
    script = script_of([RemoveTree("h", str(tree), "the database")], "", {})
    made = [f"mkdir -p {path}; mount -t tmpfs none {path}; touch {path}/.hidden {path}/file" for path in mounts]
    text = "\n".join([*made, f"sh -c {shlex.quote(script)}; echo code $?; find {tree} | sort"])
    return subprocess.run(["unshare", "--mount", "sh", "-c", text], capture_output=True, text=True, check=True)


@pytest.mark.skipif(not can_mount(), reason="only root may mount")
def test_a_mount_point_is_emptied_and_stays(tmp_path: Path) -> None:
    tree = tmp_path / "mongod"
    said = deleted_where([tree], tree)
    note = f"note {tree} is empty, and stays because a file system is mounted there"
    assert said.stdout.splitlines() == [note, "done 0", "code 0", str(tree)]
    assert said.stderr == ""


@pytest.mark.skipif(not can_mount(), reason="only root may mount")
@pytest.mark.parametrize("top", [True, False])
def test_what_is_mounted_below_is_left(tmp_path: Path, top: bool) -> None:
    """Nobody has named that; the failure names it."""
    tree, below = tmp_path / "mongod", tmp_path / "mongod" / "backup"
    said = deleted_where([tree, below] if top else [below], tree)
    there = [str(path) for path in (tree, below, below / ".hidden", below / "file")]
    assert said.stdout.splitlines() == ["code 1", *there]
    assert str(below) in said.stderr
