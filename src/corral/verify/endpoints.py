"""HTTP from the outside: through each proxy, and each instance directly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from corral.language import tr
from corral.model.cluster import Application, Cluster, HealthCheck
from corral.model.endpoint import Endpoint
from corral.model.resources import Gate
from corral.model.routes import Routes, Way
from corral.secrets import Secrets
from corral.verify.check import Check, judged, skipped
from corral.verify.http import Answer, ask
from corral.words import named

_PROXY: Final = tr("http through the proxy")
_VIRTUAL: Final = tr("http through the virtual address")
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
        headers=health.headers,
    )


class _Asking:
    def __init__(self, secrets: Secrets, routes: Routes) -> None:
        self._secrets, self._routes = secrets, routes

    async def in_a_row(self, gate: Gate, way: Way) -> Answer:
        """The first answer that is not healthy, else the last one."""
        for _ in range(_STREAK):
            answer = await ask(gate, self._routes, way, self._secrets)
            if not answer.healthy:
                return answer
        return replace(answer, detail=tr("{detail}, {streak} times in a row", detail=answer.detail, streak=_STREAK))


async def proxies(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    """The health path through every address of every proxy, and through the virtual one, as a visitor would ask it."""
    health = cluster.app.health
    if health is None:
        return [skipped(_PROXY, tr("there is no web instance"))]
    asking = _Asking(secrets, routes)
    gates = [
        (host, instance_gate(health, replace(at, address=address)))
        for host, at in zip(cluster.proxy.hosts, cluster.proxy.endpoints, strict=True)
        for address in (host.address, *cluster.proxy.extra_addresses)
    ]
    asked = [_through(_PROXY, host.name, gate, cluster.app, asking) for host, gate in gates]
    if cluster.moving:
        gate = instance_gate(health, replace(cluster.proxy.endpoints[0], address=cluster.moving.address))
        asked.append(_through(_VIRTUAL, "failover", gate, cluster.app, asking))
    return list(await asyncio.gather(*asked))


async def _through(name: str, where: str, gate: Gate, app: Application, asking: _Asking) -> Check:
    """`where` is also a word that `corral logs` knows."""
    answer = await asking.in_a_row(gate, "visitor")
    if answer.asks_for_https:
        answer = await _behind_tls(answer.status, app, asking)
    seen = named(gate.endpoint.url, answer.detail)
    return judged(name, answer.healthy, seen, where, f"corral logs {where}")


async def _behind_tls(status: int, app: Application, asking: _Asking) -> Answer:
    """The proxy has passed the question on, and the application wants https, which ends in front of the proxy: no more
    can be asked by this way. Whether a visitor would be served is then for an instance to say."""
    wanted = tr(
        "the application answered {status}, since it wants https, which ends before this proxy. Asked as by https",
        status=status,
    )
    answer = Answer(False, tr("there is no instance to ask"))
    for instance in app.web:
        if instance.health:
            answer = await asking.in_a_row(instance_gate(instance.health, instance.endpoint), "inside")
            if answer.healthy:
                seen = tr("{wanted}, {name}: {detail}", wanted=wanted, name=instance.name, detail=answer.detail)
                return Answer(True, seen)
    return Answer(False, tr("{wanted}, no instance is well: {detail}", wanted=wanted, detail=answer.detail))


async def instances(cluster: Cluster, secrets: Secrets, routes: Routes) -> list[Check]:
    """The health path of every instance, past the proxy."""
    asking = _Asking(secrets, routes)
    return list(
        await asyncio.gather(
            *(
                _instance(instance.name, instance_gate(instance.health, instance.endpoint), asking)
                for instance in cluster.app.instances
                if instance.health
            )
        )
    )


async def _instance(name: str, gate: Gate, asking: _Asking) -> Check:
    answer = await asking.in_a_row(gate, "inside")
    seen = named(gate.endpoint.netloc, answer.detail)
    return judged(tr("instance"), answer.healthy, seen, name, f"corral logs {name}")
