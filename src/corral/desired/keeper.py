"""What keeps a host's units running, as the assembler sees it: a supervisor's own files, and what of a unit counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from corral.desired.parts import HostBuilder
from corral.model.cluster import Host, Instance
from corral.model.resources import Gate, HostFacts, Unit

Part = Literal["db", "app", "web"]
"""Of a cluster: each has an account of its own where accounts are made."""


@dataclass(frozen=True)
class Program:
    """A program as it will be on a host; `version` is None where that isn't known yet."""

    path: str
    version: tuple[int, int, int] | None

    def is_at_least(self, *version: int) -> bool:
        return self.version is not None and self.version >= version


@dataclass(frozen=True)
class Draft:
    """A unit without its revision. `reads` are the texts that its process takes in at its start."""

    unit: Unit
    gate: Gate
    program: Program
    reads: tuple[str, ...] = ()

    def made(self, revision: str, **changes: object) -> Unit:
        return replace(self.unit, revision=revision, **changes)  # type: ignore[arg-type] # fields of Unit


class Keeper(Protocol):
    def owner(self, part: Part) -> str:
        """The account that the files of `part` belong to; empty for the one that Corral works as."""

    def program(self, here: HostBuilder, name: Literal["nginx", "mongod"], facts: HostFacts) -> Program:
        """How the program comes to the host, and where it is then."""

    def nginx_facts(self, host: Host, program: Program, facts: HostFacts) -> HostFacts:
        """What nginx's configuration has to know of the host."""

    def checker(self, program: Program) -> str:
        """The nginx that judges a new configuration."""

    def keep(self, here: HostBuilder, draft: Draft) -> None:
        """Have the unit defined and kept running, restarted when what counts of it has changed."""

    def instances(self, here: HostBuilder, mine: Sequence[Instance], facts: HostFacts) -> None:
        """The same of all instances of one host."""
