"""Processes of a cluster whose supervisor is gone: found by their mark, ended before a new one starts."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

MARK: Final = "CORRAL_STATE"
"""Set in the environment of everything that a playground's supervisor starts: the cluster's directory."""
_SERVERS: Final = ("nginx", "mongod")
"""They overwrite or clear their environment, so they are known by their working directory."""


def processes_of(root: Path) -> frozenset[int]:
    """The pids of every process that belongs to the cluster in `root`, its supervisor included."""
    return frozenset(pid for pid in _pids() if _belongs(pid, root))


async def end(pids: Collection[int], patience: float) -> None:
    """TERM, then KILL for what is still there after `patience` seconds. Processes that are gone are ignored."""
    _signal(pids, signal.SIGTERM)
    if not await gone(pids, patience):
        _signal(pids, signal.SIGKILL)
        await gone(pids, 5)


async def gone(pids: Collection[int], patience: float) -> bool:
    """Wait until none of `pids` runs; False when some still do after `patience` seconds."""
    deadline = time.monotonic() + patience
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    """A zombie is not alive: all that is left of it is its exit status."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _belongs(pid: int, root: Path) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        if process.stat().st_uid != os.geteuid() and os.geteuid() != 0:
            return False
        if f"{MARK}={root}".encode() in (process / "environ").read_bytes().split(b"\0"):
            return is_alive(pid)
        name = (process / "comm").read_text().strip()
        return name in _SERVERS and (process / "cwd").readlink().is_relative_to(root) and is_alive(pid)
    except OSError:
        return False


def _signal(pids: Collection[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
