"""`corral restart`: a rolling restart of a part of the cluster."""

from __future__ import annotations

from corral import places
from corral.language import tr
from corral.operate.apply import begin
from corral.operate.change import Change, change
from corral.operate.planning import restarts
from corral.operate.report import Changed
from corral.operate.session import Session
from corral.operate.targets import select
from corral.operate.where import Where, load
from corral.places.base import Place


async def restart(where: Where, target: str, yes: bool, session: Session) -> Changed | None:
    """None when the user said no. Raises CorralError; what has been done until then stays done."""
    loaded = load(where)
    async with places.opened(loaded, places.place_of(loaded, where.on)) as place:
        return await restart_in(place, target, yes, session)


async def restart_in(place: Place, target: str, yes: bool, session: Session) -> Changed | None:
    """The same in a place that is open already."""
    names = {unit.name for unit in select(place.cluster, target)}
    await begin(place, "restart", session)
    question = tr("restart {target} of {cluster}?", target=target, cluster=place.cluster.name)
    return await change(place, Change("restart", restarts(names), question, yes=yes, converges=False), session)
