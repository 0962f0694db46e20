"""What all handlers of machines need: the ways to the machines."""

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
    """By name. Not those that have left the file: nothing is recorded there any more."""
    routes: Routes = field(default_factory=Direct)
    written: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By host and path: two digests of what this run has written last, as the plan has it and as it is on the host."""
