"""What the handlers of machines have in common: the ways to the machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corral.model.cluster import Host
from corral.model.routes import Direct, Routes
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.units.base import UnitManager


@dataclass(frozen=True)
class Ways:
    """The ways to a cluster's machines."""

    transport: Transport
    units: UnitManager
    secrets: Secrets
    hosts: Mapping[str, Host]
    """Those that Corral writes down what it does on, by name: not those that have left the file."""
    routes: Routes = field(default_factory=Direct)
    written: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By host and path: the digest of what this run has written last, as the plan knows it and as the host has it."""
