"""What this machine has to give, where a control group gives less."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.units import machine


def group(directory: Path, limit: str, used: int, pages: int) -> Path:
    (directory / "memory.max").write_text(f"{limit}\n")
    (directory / "memory.current").write_text(f"{used}\n")
    (directory / "memory.stat").write_text(f"anon 1\ninactive_file {pages}\n")
    return directory


@pytest.mark.parametrize(
    ("limit", "used", "pages", "left"),
    [("1000000", 400_000, 0, 600_000), ("1000000", 900_000, 300_000, 400_000), ("1000", 2_000, 0, 0)],
)
def test_what_a_control_group_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: int, pages: int, left: int
) -> None:
    monkeypatch.setattr(machine, "_CGROUP", group(tmp_path, limit, used, pages))
    assert machine.available_memory() == left


@pytest.mark.parametrize("limit", ["max", str(1 << 60)])
def test_a_control_group_without_a_limit_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(machine, "_CGROUP", group(tmp_path, limit, 5, 0))
    assert machine.available_memory() > 64 << 20


def test_no_control_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path / "none")
    assert machine.available_memory() > 64 << 20
    assert machine.cores() >= 1
    assert machine.open_files_limit() > 0
