"""`corral verify`: proof from the outside, one line each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from corral.language import tr
from corral.model.cluster import Cluster
from corral.model.resources import UP
from corral.operate.targets import select
from corral.operate.unasked import unasked_in
from corral.operate.where import Where, opened
from corral.places.base import Observation, Place
from corral.problems import errors_in
from corral.runs import marks
from corral.verify import body, database, endpoints, stickiness, time, websocket, workers
from corral.verify.check import Check, failed, skipped
from corral.verify.hosts_reach import hosts_reach

Part = Callable[[], Awaitable[Sequence[Check]]]

_ALL: Final = tr("cluster")


def _without(cluster: Cluster, names: frozenset[str]) -> Cluster:
    """What is to be proven while the units `names` rest."""
    proxies = zip(cluster.proxy.hosts, cluster.proxy.ports, cluster.proxy.units, strict=True)
    serving = [(host, port) for host, port, unit in proxies if unit.name not in names]
    return replace(
        cluster,
        proxy=replace(cluster.proxy, hosts=tuple(h for h, _ in serving), ports=tuple(p for _, p in serving)),
        app=replace(cluster.app, instances=tuple(i for i in cluster.app.instances if i.name not in names)),
        database=replace(
            cluster.database, members=tuple(m for m in cluster.database.members if m.unit.name not in names)
        ),
    )


def _unasked(seen: Observation) -> Iterator[Check]:
    for problem in errors_in(unasked_in(seen)):
        yield failed(tr("docker on {host}", host=problem.where), problem.message, hint=problem.hint)


def _resting(place: Place, resting: frozenset[str]) -> Iterator[Check]:
    for name in sorted(resting & {unit.name for unit in select(place.cluster, "")}):
        yield skipped(
            tr("stopped on purpose: {name}", name=name), tr("`corral start {name}` starts it again", name=name)
        )


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
        yield failed(_ALL, tr("nothing of it is running"), hint=tr("{mend} starts it", mend=place.traits.mend))
        return
    if not seen.observed.units:
        hint = tr("corral status --on {place} says why", place=place.traits.name)
        yield failed(_ALL, place.traits.silence, hint=hint)
        return
    if not place.secrets:
        yield failed(
            _ALL, tr("its secrets are not on this machine"), hint=tr("docs/secrets.md says where to look for them")
        )
        return
    resting = marks.idle_units(seen.marks)
    cluster = _without(cluster, resting)
    for check in (*_unasked(seen), *_resting(place, resting)):
        yield check
    for part in _parts(cluster, place):
        for check in await part():
            yield check
    hidden = {name for name, machine in seen.machines.items() if machine.docker.unseen}
    yield workers.workers(cluster, seen.observed.units, hidden | seen.silent.keys())
    for part in _parts_between_machines(cluster, place):
        for check in await part():
            yield check


def _parts(cluster: Cluster, place: Place) -> Sequence[Part]:
    return (
        partial(endpoints.proxies, cluster, place.secrets, place),
        partial(endpoints.instances, cluster, place.secrets, place),
        partial(stickiness.stickiness, cluster, place.secrets, place),
        partial(websocket.websocket, cluster, place.secrets, place),
        partial(body.body, cluster, place.secrets, place),
        partial(database.database, cluster, place.secrets, place),
    )


def _parts_between_machines(cluster: Cluster, place: Place) -> Sequence[Part]:
    """What can be wrong only where each host is a machine, with a clock and a network between them."""
    if "time" not in place.traits.abilities:
        return ()
    return (partial(hosts_reach, cluster, place), partial(time.time, cluster, place))
