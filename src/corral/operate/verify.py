"""`corral verify`: proof from the outside, one line each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial

from corral.model.resources import UP
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.verify import body, database, endpoints, stickiness, time, websocket, workers
from corral.verify.check import Check, failed


async def verify(where: Where) -> AsyncGenerator[Check, None]:
    """Every check as soon as its answer is there. Raises CorralError when the file or the secrets can't be read."""
    async with opened(where) as place:
        async for check in checks(place):
            yield check


async def checks(place: Place) -> AsyncGenerator[Check, None]:
    """Never raises: a check that can't be made has failed, and says why."""
    cluster = place.cluster
    seen = await place.observe(live=True)
    units = seen.observed.units
    if units and not any(unit.state in UP for unit in units) and not await place.has_processes():
        yield failed("cluster", "nothing of it is running", hint=f"{place.traits.mend} starts it")
        return
    if not seen.observed.units:
        yield failed("cluster", place.traits.silence, hint=f"corral status --on {place.traits.name} says why")
        return
    if not place.secrets:
        yield failed(
            "cluster", "its secrets are not on this machine", hint="docs/secrets.md says where to look for them"
        )
        return
    parts: tuple[Callable[[], Awaitable[Sequence[Check]]], ...] = (
        partial(endpoints.proxies, cluster, place),
        partial(endpoints.instances, cluster, place),
        partial(stickiness.stickiness, cluster, place.secrets["probe"], place),
        partial(websocket.websocket, cluster, place),
        partial(body.body, cluster, place.secrets["probe"], place),
        partial(database.database, cluster, place.secrets, place),
    )
    for part in parts:
        for check in await part():
            yield check
    yield workers.workers(cluster, seen.observed.units)
    if "time" in place.traits.abilities:
        for check in await time.time(cluster, place):
            yield check
