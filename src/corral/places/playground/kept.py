"""The playgrounds of this user on this machine: what runs, and what was left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any, Final, Literal

from corral.errors import ChangeFailed
from corral.model.endpoint import Endpoint
from corral.model.shared_machine import Namesake
from corral.places.base import Kept
from corral.places.playground.ports import LOCALHOST
from corral.places.playground.state import State, state_home
from corral.units import orphans
from corral.units.supervisord import Supervisord

_BLOCK: Final = 512
"""Bytes of a block, as stat counts them."""


def names() -> list[str]:
    """The clusters that have a directory here. Raises OSError where no home is known."""
    return sorted(file.parent.name for file in state_home().glob("*/state.json"))


async def kept_here() -> list[Kept]:
    """All of them, looked at at once. Raises OSError where no home is known."""
    return list(await asyncio.gather(*(_kept(State(state_home() / name)) for name in names())))


async def _kept(state: State) -> Kept:
    name, directory = state.root.name, str(state.root)
    size = await asyncio.to_thread(_size, state.root)
    try:
        facts = state.read_facts()
    except ChangeFailed:
        return Kept(name, "unreadable", directory, size=size)
    if await Supervisord(state.root, name).pid():
        word: Literal["running", "stopped", "unwatched"] = "running"
    else:
        word = "unwatched" if await asyncio.to_thread(orphans.processes_of, state.root) else "stopped"
    return Kept(name, word, directory, _url(facts) if word != "stopped" else "", _file(facts), size)


def namesake(file: Path, own: str) -> Namesake | None:
    """The cluster that was carried out from `file` under another name than `own`, one that runs first."""
    found = []
    for name in names():
        state = State(state_home() / name)
        with contextlib.suppress(ChangeFailed):  # another version of Corral has made it: nothing is known of its file
            if name != own and _file(state.read_facts()) == str(file):
                found.append(Namesake(name, bool(orphans.processes_of(state.root))))
    return max(found, key=lambda each: each.runs, default=None)


def holder(pid: int, own: Path) -> str:
    """The cluster in another directory than `own` that the process belongs to; empty for none of this user's."""
    roots = (state_home() / name for name in names())
    return next((root.name for root in roots if root != own and pid in orphans.processes_of(root)), "")


def _url(facts: dict[str, Any]) -> str:
    """Of the first proxy, on this machine."""
    ports = facts.get("proxy_ports")
    first = next(iter(ports.values()), 0) if isinstance(ports, dict) else 0
    return Endpoint("http", LOCALHOST, int(first)).url if first else ""


def _file(facts: dict[str, Any]) -> str:
    applied = facts.get("applied")
    source = str(applied.get("source", "")) if isinstance(applied, dict) else ""
    return str(Path(str(applied["directory"])) / Path(source).name) if isinstance(applied, dict) and source else ""


def _size(root: Path) -> int:
    """What can't be read, or goes meanwhile, is left out."""
    total = 0
    for directory, _, files in os.walk(root):
        for file in files:
            try:
                total += (Path(directory) / file).lstat().st_blocks * _BLOCK
            except OSError:
                continue
    return total
