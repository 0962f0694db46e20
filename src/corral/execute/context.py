"""What the executor's handlers are given: the ways to the hosts, and where to say what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from corral.model.cluster import Host
from corral.model.routes import Direct, Routes
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.transport.units import UnitManager


@dataclass(frozen=True)
class Context:
    transport: Transport
    units: UnitManager
    secrets: Secrets
    hosts: Mapping[str, Host]
    report: Callable[[str], None]
    """Says what a long action does just now."""
    answering: Callable[[], None] = lambda: None
    """Called when a unit that was started has given its first good answer: the work of its start is done."""
    routes: Routes = field(default_factory=Direct)
    written: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By host and path: the digest of what this run has written last, as the plan knows it and as the host has it."""
    may_go_on: Callable[[], None] = lambda: None
    """Raises CorralError when the run may not go on: its lock is lost, or its user wants it to stop. Asked before each
    wave and before all within one that comes after a wait, as in a lane and between the steps of a replica set."""
