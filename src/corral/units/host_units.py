"""The units of real hosts: systemd's services, and docker compose's where the application runs in containers."""

from __future__ import annotations

import asyncio

from corral.model.cluster import Cluster
from corral.model.identity import UnitId
from corral.model.resources import FoundUnit
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.units.base import UnitManager
from corral.units.compose import ComposeUnits
from corral.units.systemd import NO_SECRETS, SystemdUnits


class HostUnits:
    """Instances belong to the application's runtime, everything else to systemd.

    After the runtime has changed in the file, an instance still runs under the old runtime. It is on the list, and it
    is ended before it starts under the new one; `find` asks the new one only.
    """

    def __init__(self, transport: Transport, cluster: Cluster, secrets: Secrets = NO_SECRETS) -> None:
        self._systemd = SystemdUnits(transport, cluster, secrets)
        self._compose = ComposeUnits(transport, cluster, secrets)
        self._cluster = cluster

    async def list(self) -> tuple[FoundUnit, ...]:
        services, containers = await asyncio.gather(self._systemd.list(), self._compose.list())
        return joined(services, containers, in_containers=_in_containers(self._cluster))

    async def find(self, unit: UnitId) -> FoundUnit | None:
        return await self._keeper(unit).find(unit)

    async def start(self, unit: UnitId) -> None:
        if unit.is_instance:
            await self._leave(unit)
        await self._keeper(unit).start(unit)

    async def stop(self, unit: UnitId) -> None:
        if unit.is_instance:
            await self._leave(unit)
        await self._keeper(unit).stop(unit)

    async def reload(self, unit: UnitId) -> None:
        await self._keeper(unit).reload(unit)

    def log_script(self, unit: UnitId, lines: int, follow: bool = False) -> str:
        return self._keeper(unit).log_script(unit, lines, follow)

    async def _leave(self, unit: UnitId) -> None:
        """End the instance under the runtime that the file no longer names, if it is there."""
        other: UnitManager = self._systemd if _in_containers(self._cluster) else self._compose
        if await other.find(unit):
            await other.stop(unit)

    def _keeper(self, unit: UnitId) -> UnitManager:
        return self._compose if unit.is_instance and _in_containers(self._cluster) else self._systemd


def _in_containers(cluster: Cluster) -> bool:
    return cluster.app.runtime == "compose"


def joined(
    services: tuple[FoundUnit, ...], containers: tuple[FoundUnit, ...], in_containers: bool
) -> tuple[FoundUnit, ...]:
    """Both kinds as one list: where an instance is in both, the one of the file's runtime counts."""
    mine, other = (containers, services) if in_containers else (services, containers)
    known = {(unit.host, unit.name) for unit in mine}
    return (*mine, *(unit for unit in other if (unit.host, unit.name) not in known))
