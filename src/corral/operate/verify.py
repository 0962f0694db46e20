"""`corral verify`: proof from the outside, one line each."""

from __future__ import annotations

from collections.abc import AsyncIterator

from corral.operate.site import Site
from corral.verify import body, database, endpoints, stickiness, time, websocket, workers
from corral.verify.check import Check, failed


async def verify(site: Site) -> AsyncIterator[Check]:
    """Every check as soon as its answer is there. Never raises: what can't be asked has failed, and says why."""
    cluster = site.cluster
    units = await site.units.list()
    if not units:
        seen = "no host tells of a process of it" if site.on_hosts else "it is not running"
        yield failed("cluster", seen, hint="corral status --on hosts says why" if site.on_hosts else site.mend)
        return
    if not site.secrets:
        yield failed("cluster", "its secrets are not here", hint="docs/secrets.md says where they are to be found")
        return
    for checks in (
        endpoints.proxies(cluster, site.routes),
        endpoints.instances(cluster, site.routes),
        stickiness.stickiness(cluster, site.secrets["probe"], site.routes),
        websocket.websocket(cluster, site.routes),
        body.body(cluster, site.secrets["probe"], site.routes),
        database.database(cluster, site.secrets, site.routes),
    ):
        for check in await checks:
            yield check
    yield workers.workers(cluster, units)
    if site.on_hosts:
        for check in await time.time(cluster, site.transport):
            yield check
