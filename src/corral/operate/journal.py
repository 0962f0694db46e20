"""`corral journal`: the runs that have changed a cluster."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from corral.events import Event
from corral.operate.where import Where, recorded
from corral.runs.records import RunsFound


async def journal(where: Where, hosts: bool) -> RunsFound:
    """The newest first; with `hosts` also those that only the hosts have on record. Raises CorralError."""
    async with recorded(where) as place:
        return await place.records.runs(elsewhere=hosts)


async def follow(where: Where, run: str) -> AsyncGenerator[Event, None]:
    """A run as it goes on: the newest where `run` is empty. Raises CorralError."""
    async with recorded(where) as place, aclosing(place.records.follow(run)) as events:
        async for event in events:
            yield event
