"""Everything that is on the hosts, asked of all of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from corral.model.cluster import Host
from corral.model.resources import Desired, Observed
from corral.mongo.clients import Connections
from corral.observe.files import observe_files, owned_directories, split_records
from corral.observe.replica_set import observe_replica_set
from corral.observe.units import split_stamps, with_revisions
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.units.base import UnitManager


async def observe(
    hosts: Sequence[Host], desired: Desired, transport: Transport, units: UnitManager, secrets: Secrets
) -> Observed:
    """Raises errors.Unreachable when a host can't be reached; what a database does not tell is unknown instead."""
    wanted_directories = {host.name: [d.path for d in desired.directories if d.host == host.name] for host in hosts}
    listing = asyncio.ensure_future(units.list())
    found = await asyncio.gather(
        *(
            observe_files(transport, host, secrets, owned_directories(host), wanted_directories[host.name])
            for host in hosts
        )
    )
    running = [unit for unit in await listing if unit.state == "running"]
    names = {unit.name: f"{unit.address}:{unit.port}" for unit in desired.units if unit.role == "database"}
    mongods = {names[unit.name] for unit in running if unit.name in names}
    replica_set = await observe_replica_set(desired.replica_set, Connections(secrets), mongods)
    files, records = split_records(file for host_files, _ in found for file in host_files)
    files, stamps = split_stamps(files)
    return Observed(
        files=tuple(files),
        directories=tuple(directory for _, known in found for directory in known),
        units=with_revisions(listing.result(), stamps),
        replica_set=replica_set,
        written=tuple(records),
    )
