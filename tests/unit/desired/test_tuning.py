"""What the unit for MongoDB's memory writes, carried out on files in place of the kernel's."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.unit.desired.real_clusters import REFERENCE, file_at, wanted

UNIT = "/etc/systemd/system/corral-shop-thp.service"


def carried_out(version: tuple[int, int, int], maps: str, kernel: Path) -> dict[str, str]:
    """The kernel's files after the unit has run, by their names."""
    (kernel / "khugepaged").mkdir(parents=True)
    (kernel / "max_map_count").write_text(f"{maps}\n")
    text = file_at(wanted(REFERENCE, mongod_version=version), "db-216", UNIT).content
    text = text.replace("/sys/kernel/mm/transparent_hugepage", str(kernel)).replace("/proc/sys/vm", str(kernel))
    commands = [line.partition("=")[2] for line in text.splitlines() if line.startswith("ExecStart=")]
    for command in commands:
        words = shlex.split(command.removeprefix("-").replace("$$", "$"))
        subprocess.run(words, check=True, timeout=PATIENCE)
    return {path.name: path.read_text().strip() for path in kernel.rglob("*") if path.is_file()}


@pytest.mark.parametrize("version", [(4, 4, 29), (6, 0, 5), (7, 0, 24)])
def test_huge_pages_are_off_up_to_7_0(version: tuple[int, int, int], tmp_path: Path) -> None:
    found = carried_out(version, "131060", tmp_path / "kernel")
    assert found == {"enabled": "never", "defrag": "never", "max_map_count": "131060"}


@pytest.mark.parametrize("version", [(8, 0, 0), (8, 2, 1), (9, 0, 0)])
def test_huge_pages_are_on_from_8_0(version: tuple[int, int, int], tmp_path: Path) -> None:
    found = carried_out(version, "131060", tmp_path / "kernel")
    assert found == {
        "enabled": "always",
        "defrag": "defer+madvise",
        "max_ptes_none": "0",
        "max_map_count": "131060",
    }


@pytest.mark.parametrize(("before", "after"), [("65530", "131060"), ("131060", "131060"), ("1048576", "1048576")])
def test_memory_areas_are_never_taken_away(before: str, after: str, tmp_path: Path) -> None:
    assert carried_out((6, 0, 5), before, tmp_path / "kernel")["max_map_count"] == after
