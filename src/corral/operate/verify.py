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
    if not site.secrets or not units:
        yield failed("cluster", "it is not running", hint=site.mend)
        return
    for checks in (
        endpoints.proxies(cluster, site.front),
        endpoints.instances(cluster, site.routes),
        stickiness.stickiness(cluster, site.secrets["probe"], site.front),
        websocket.websocket(cluster, site.front),
        body.body(cluster, site.secrets["probe"], site.front),
        database.database(cluster, site.secrets, site.routes),
    ):
        for check in await checks:
            yield check
    yield workers.workers(cluster, units)
    if site.on_hosts:
        for check in await time.time(cluster, site.transport):
            yield check
