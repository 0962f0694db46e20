"""A cluster and the ways to it: what every verb on a running cluster is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from corral.model.cluster import Cluster
from corral.model.routes import Direct, Routes
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.transport.units import UnitManager


@dataclass(frozen=True)
class Site:
    cluster: Cluster
    transport: Transport
    units: UnitManager
    secrets: Secrets
    routes: Routes = field(default_factory=Direct)
    """How what listens on the hosts is reached, and the proxies as people reach them where that is possible."""

    @property
    def on_hosts(self) -> bool:
        """Whether these are machines of their own, not this one."""
        return self.cluster.app.runtime != "process"

    @property
    def mend(self) -> str:
        """The command that makes the cluster what its file says."""
        return "corral apply" if self.on_hosts else "corral up"
