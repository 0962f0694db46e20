"""What a run will need of each host's sshd, tried before the first change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from corral.language import tr
from corral.model.cluster import Cluster, Host
from corral.problems import Problem
from corral.transport.tunnels import HERE, Tunnels


async def forbidden_ports(tunnels: Tunnels, cluster: Cluster) -> tuple[Problem, ...]:
    """A problem for each host through which Corral may not ask what runs there. Hosts that don't answer are left out.

    Proxies are asked as their visitors ask them, where that is possible.
    """
    found = await asyncio.gather(*(_forbidden(tunnels, cluster, host) for host in cluster.hosts))
    return tuple(_problem(host, ports) for host, ports in zip(cluster.hosts, found, strict=True) if ports)


async def _forbidden(tunnels: Tunnels, cluster: Cluster, host: Host) -> Sequence[int]:
    places = list(_asked(cluster, host))
    answers = await asyncio.gather(*(tunnels.forbids(host.name, *place) for place in places))
    return [port for (_, port), forbidden in zip(places, answers, strict=True) if forbidden]


def _asked(cluster: Cluster, host: Host) -> Iterator[tuple[str, int]]:
    """Where Corral connects to on `host` by its SSH connection."""
    for instance in cluster.instances_on(host):
        yield host.address, instance.port
    for member in cluster.database.members:
        if member.host == host:
            yield HERE, member.port


def _problem(host: Host, ports: Sequence[int]) -> Problem:
    message = tr(
        "{host}: its sshd forbids connections through SSH to {ports}, by which Corral asks what runs there",
        host=host.name,
        ports=", ".join(map(str, ports)),
    )
    hint = tr(
        "as root there: AllowTcpForwarding yes in sshd_config, also in a Match block for this account, and no "
        "PermitOpen, DisableForwarding or (in authorized_keys) `restrict` that excludes them; then "
        "`systemctl reload ssh`"
    )
    return Problem("forwarding-forbidden", "error", message, hint, host.name)
