"""Directories are removed only where nothing is mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import mounts
from lab.errors import LabError


def test_the_machines_own_mounts_are_found_deepest_first() -> None:
    assert "/proc" in mounts.below(Path("/proc"))
    everything = mounts.below(Path("/"))
    assert everything.index("/proc") < everything.index("/")
    assert mounts.below(Path("/no/such/place")) == []


def test_a_tree_with_a_mount_that_stays_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "root" / "dev" / "null"
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setattr(mounts, "below", lambda _directory: [str(file.parent)])
    monkeypatch.setattr(mounts, "run", lambda _command: "")
    with pytest.raises(LabError, match="is mounted and can't be unmounted"):
        mounts.remove_tree(tmp_path / "root")
    assert file.exists()


def test_a_tree_without_mounts_goes(tmp_path: Path) -> None:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    mounts.remove_tree(tmp_path / "root")
    assert not (tmp_path / "root").exists()
