"""Mounts that a killed command left behind: they go before the directories do."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.errors import LabError
from lab.processes import run


def below(directory: Path) -> list[str]:
    """The deepest first."""
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((place for place in places if Path(place).is_relative_to(directory)), key=len, reverse=True)


def remove_tree(directory: Path) -> None:
    """Never into a mount: a half-done system may have the machine's own /dev in it. Raises LabError if one stays."""
    unmount_below(directory)
    shutil.rmtree(directory, ignore_errors=True)


def unmount_below(directory: Path) -> None:
    """Raises LabError if one stays."""
    for place in below(directory):
        run(["umount", "--lazy", place])
    if left := below(directory):
        raise LabError(f"{left[0]} is mounted and can't be unmounted")
