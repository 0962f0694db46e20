"""HTTP from the outside: through each proxy, and each instance directly."""

from __future__ import annotations

import asyncio

from corral.model.cluster import Cluster, HealthCheck, Host
from corral.model.resources import Gate
from corral.verify.check import Check, judged, skipped
from corral.verify.http import ask

_STREAK = 3
"""One good answer is luck; three in a row are an answer."""


def instance_gate(health: HealthCheck, address: str, port: int) -> Gate:
    """The application's own health check as a question to address:port."""
    return Gate(
        "http",
        address,
        port,
        path=health.path,
        status=health.status,
        contains=health.contains,
        timeout=health.timeout,
    )


async def proxies(cluster: Cluster) -> list[Check]:
    """The health path through every address of every proxy, as a visitor would reach it."""
    health = next((instance.health for instance in cluster.app.web if instance.health), None)
    if health is None:
        return [skipped("http through the proxy", "there is no web instance")]
    gates = [
        (host, instance_gate(health, address, port))
        for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True)
        for address in (host.address, *cluster.proxy.extra_addresses)
    ]
    return list(await asyncio.gather(*(_proxy(host, gate) for host, gate in gates)))


async def _proxy(host: Host, gate: Gate) -> Check:
    holds, seen = await _ask_in_a_row(gate)
    url = f"http://{gate.address}:{gate.port}"
    return judged("http through the proxy", holds, f"{url}: {seen}", host.name, f"corral logs {host.name}")


async def instances(cluster: Cluster) -> list[Check]:
    """The health path of every instance, past the proxy."""
    return list(
        await asyncio.gather(
            *(
                _instance(instance.name, instance_gate(instance.health, instance.host.address, instance.port))
                for instance in cluster.app.instances
                if instance.health
            )
        )
    )


async def _instance(name: str, gate: Gate) -> Check:
    holds, seen = await _ask_in_a_row(gate)
    where = f"{gate.address}:{gate.port}"
    return judged("instance", holds, f"{where}: {seen}", name, f"corral logs {name}")


async def _ask_in_a_row(gate: Gate) -> tuple[bool, str]:
    for _ in range(_STREAK):
        answer = await ask(gate)
        if not answer.healthy:
            return False, answer.detail
    return True, f"{answer.detail}, {_STREAK} times in a row"
