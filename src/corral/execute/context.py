"""What the executor's handlers are given: the ways to the hosts, and where to say what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corral.model.cluster import Host
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
