"""What this machine has: memory, cores, open files."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

_CGROUP: Final = Path("/sys/fs/cgroup")


def open_files_limit() -> int:
    """The hard limit of open files for this user's processes."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def is_root() -> bool:
    return os.geteuid() == 0


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def available_memory() -> int:
    """Bytes that can be taken without swapping: the kernel's own estimate, or less where a control group has less."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    try:
        limit, used = (_CGROUP / "memory.max").read_text().strip(), int((_CGROUP / "memory.current").read_text())
        rows = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
    except OSError:
        return available
    used -= int(rows.get("inactive_file", 0))  # pages of files, given back when memory is asked for
    return available if limit == "max" else min(available, max(0, int(limit) - used))
