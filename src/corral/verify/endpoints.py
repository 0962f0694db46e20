"""HTTP from the outside: through each proxy, and each instance directly."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from corral.model.cluster import Cluster, HealthCheck
from corral.model.endpoint import Endpoint
from corral.model.resources import Gate
from corral.model.routes import Routes, Way
from corral.verify.check import Check, judged, skipped
from corral.verify.http import ask

_STREAK = 3
"""One good answer may be luck; three in a row are not."""


def instance_gate(health: HealthCheck, at: Endpoint) -> Gate:
    """The application's own health check as a question."""
    return Gate(
        "http",
        *at.socket,
        path=health.path,
        status=health.status,
        contains=health.contains,
        timeout=health.timeout,
    )


async def proxies(cluster: Cluster, routes: Routes) -> list[Check]:
    """The health path through every address of every proxy, and through the virtual one, as a visitor would ask it."""
    health = next((instance.health for instance in cluster.app.web if instance.health), None)
    if health is None:
        return [skipped("http through the proxy", "there is no web instance")]
    gates = [
        (host, instance_gate(health, replace(at, address=address)))
        for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
        for address in (host.address, *cluster.proxy.extra_addresses)
    ]
    asked = [_through("proxy", host.name, gate, routes) for host, gate in gates]
    if cluster.moving:
        gate = instance_gate(health, replace(cluster.proxy.endpoints[0], address=cluster.moving.address))
        asked.append(_through("virtual address", "failover", gate, routes))
    return list(await asyncio.gather(*asked))


async def _through(what: str, where: str, gate: Gate, routes: Routes) -> Check:
    """`where` is also a word that `corral logs` knows."""
    holds, seen = await _ask_in_a_row(gate, routes, "visitor")
    return judged(f"http through the {what}", holds, f"{gate.endpoint.url}: {seen}", where, f"corral logs {where}")


async def instances(cluster: Cluster, routes: Routes) -> list[Check]:
    """The health path of every instance, past the proxy."""
    return list(
        await asyncio.gather(
            *(
                _instance(instance.name, instance_gate(instance.health, instance.endpoint), routes)
                for instance in cluster.app.instances
                if instance.health
            )
        )
    )


async def _instance(name: str, gate: Gate, routes: Routes) -> Check:
    holds, seen = await _ask_in_a_row(gate, routes, "inside")
    return judged("instance", holds, f"{gate.endpoint.netloc}: {seen}", name, f"corral logs {name}")


async def _ask_in_a_row(gate: Gate, routes: Routes, way: Way) -> tuple[bool, str]:
    for _ in range(_STREAK):
        answer = await ask(gate, routes, way)
        if not answer.healthy:
            return False, answer.detail
    return True, f"{answer.detail}, {_STREAK} times in a row"
