"""A cluster and the ways to it: what every verb on a running cluster is given."""

from __future__ import annotations

from dataclasses import dataclass

from corral.model.cluster import Cluster
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.transport.units import UnitManager


@dataclass(frozen=True)
class Site:
    cluster: Cluster
    transport: Transport
    units: UnitManager
    secrets: Secrets
