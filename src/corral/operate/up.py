"""`corral up`: the whole cluster on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Final

from corral import places
from corral.errors import Interrupted
from corral.language import tr
from corral.operate.apply import Applied, ApplyRequest, apply_to, plan_of
from corral.operate.down import stop_all
from corral.operate.report import Status
from corral.operate.session import Session
from corral.operate.status import status_in
from corral.operate.where import Where, load
from corral.places.base import Place
from corral.plan.actions import Plan
from corral.problems import Problem
from corral.stop import StopFlag

INTERVAL: Final = 1.0
"""Seconds between two observations of a cluster in the foreground."""


async def up(where: Where, request: ApplyRequest, session: Session) -> Applied:
    """Returns when the cluster is healthy. Raises CorralError; what runs then goes on running."""
    loaded = load(where)
    async with places.opened(loaded, "playground") as place:
        return await apply_to(place, loaded, request, session)


async def dry_run(where: Where, only: Sequence[str], session: Session) -> Plan:
    """What `up` would do now. Only the cluster's own directory changes: its secrets are made there."""
    async with places.opened(load(where), "playground") as place:
        return await plan_of(place, only, session, "plan")


async def foreground(
    where: Where, request: ApplyRequest, session: Session, say: Callable[[str], None]
) -> AsyncGenerator[Applied | Status, None]:
    """What `up` has done, then the cluster's state every second, until something else stops the cluster; nothing more
    when the user said no.

    When it is cancelled, it stops everything, but not a cluster that ran before and is not yet as the file says.
    After a failure, what runs goes on running. Raises CorralError.
    """
    loaded = load(where)
    async with places.opened(loaded, "playground") as place:
        ran, applied = await place.is_kept(), None
        try:
            applied = await apply_to(place, loaded, request, session)
            yield applied
            while applied.changed and await place.is_kept():
                yield await status_in(place)
                await asyncio.sleep(INTERVAL)
        except asyncio.CancelledError:
            if ran and applied is None:
                raise  # it ran before, and is as it was or on its way: whoever stopped at a question meant no more
            say(tr("\nstopping everything; the data stay"))
            raise await _stopped(place, session) from None


async def _stopped(place: Place, session: Session) -> Interrupted:
    done = await stop_all(place, False, replace(session, stop=StopFlag()))
    message = tr("{done} is stopped; its data are kept in {kept}", done=done.name, kept=done.kept)
    return Interrupted(Problem("stopped", "info", message, tr("corral up starts it again with them")))
