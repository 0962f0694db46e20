"""One machine that all hosts of a cluster are: what it has to start them with, and what it keeps of them.

Of real hosts each is a machine of its own, and there is none of this. What is seen, not judged: that is for rules/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from corral.model.machine import Disk


class FoundCommand(NamedTuple):
    """What the first word of a command leads to. `file` is the file that it names, where there is a slash in it; any
    other word is looked for on PATH, and has a file where something is wrong with the one that was found."""

    state: Literal["found", "missing", "directory", "not executable", "windows lines", "mark", "no interpreter"]
    file: str = ""
    interpreter: str = ""
    """What its first line asks for, where that can't be had."""


class KeptData(NamedTuple):
    """The data of the databases that ran here: on which hosts, and by what their set knew itself and its members.

    `replica_set` is empty, and so is `members`, where that was not written down.
    """

    hosts: tuple[str, ...] = ()
    replica_set: str = ""
    members: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Hosts, each with the name (address and port) by which the set knows the member whose data are there."""

    def elsewhere(self, host: str, member: str) -> str:
        """The host that has the data of `member`, which the file puts on `host`; empty when no other one has them."""
        others = (name for name, known in self.names if known == member and name != host)
        return "" if host in self.hosts else next(others, "")


NOTHING_KEPT: Final = KeptData()


class Namesake(NamedTuple):
    """Another cluster of this machine that was made by the same cluster file, under another name."""

    cluster: str
    runs: bool


class RefusedPort(NamedTuple):
    """Where the kernel lets nobody listen, though the port is free; `reason` is its own word for it."""

    unit: str
    address: str
    port: int
    reason: str


@dataclass(frozen=True)
class SharedMachine:
    root: str
    """The directory of all that is the cluster's."""
    disk: Disk | None = None
    """The file system that holds it."""
    supervisor: bool = True
    """Whether what keeps the processes is installed."""
    path: str = ""
    """The PATH that instances have."""
    search_path: str = ""
    """The PATH on which nginx and mongod are looked for."""
    directory: bool = True
    """Whether the application's directory is one."""
    commands: Mapping[str, FoundCommand] = field(default_factory=dict)
    """By the first words of the instances' commands; empty without that directory."""
    data: KeptData = NOTHING_KEPT
    namesake: Namesake | None = None
    """Only for a cluster of which nothing is kept yet."""
    refused: tuple[RefusedPort, ...] = ()
    outlived: frozenset[str] = frozenset()
    """Units whose processes outlived their supervisor: these are ended before anything starts, and room is made so."""
    open_files: int | None = None
    """How many files a process may have open."""
