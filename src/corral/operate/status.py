"""`corral status`: what runs, and whether it is healthy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

from corral.language import tr
from corral.model.resources import FoundUnit
from corral.operate.health import status_of
from corral.operate.log_tails import with_log_tails
from corral.operate.report import Status
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.problems import Problem
from corral.words import counted

LOG_LINES: Final = 5
"""How many lines of its log are shown with an unhealthy instance."""
WATCH_INTERVAL: Final = 1.0
"""Seconds between two observations."""


async def status(where: Where) -> tuple[Status, str]:
    """Once, with the last lines of the logs of unhealthy instances; and the cluster's URL. Raises CorralError."""
    async with opened(where) as place:
        report = await status_in(place)
        problems = await with_log_tails(report.problems, place, report, LOG_LINES)
        return replace(report, problems=tuple(problems)), place.cluster.url


async def watch(where: Where) -> AsyncGenerator[tuple[Status, str], None]:
    """The same every second without end, and without logs. Raises CorralError."""
    async with opened(where) as place:
        while True:
            yield await status_in(place), place.cluster.url
            await asyncio.sleep(WATCH_INTERVAL)


async def status_in(place: Place) -> Status:
    """Observe, ask the gates, judge. What runs without its keeper is shown as what it is."""
    seen = await place.observe(live=True)
    outlived = {} if await place.is_kept() else await place.outlived()
    if not outlived:
        return await status_of(place, seen)
    running = tuple(FoundUnit(unit, "running", pid=pid) for unit, pid in outlived.items())
    rest = tuple(unit for unit in seen.observed.units if unit.id not in outlived)
    found = replace(seen, observed=replace(seen.observed, units=(*rest, *running)))
    report = await status_of(place, found)
    state = "degraded" if report.state == "healthy" else report.state
    return replace(report, state=state, problems=(_unwatched(place, len(running)), *report.problems))


def _unwatched(place: Place, count: int) -> Problem:
    message = tr(
        "the supervisor is gone: {programs} of {cluster} run without it",
        programs=counted(count, "program"),
        cluster=place.cluster.name,
    )
    why = tr("none is started again when it ends")
    return Problem(
        "unwatched",
        "error",
        tr("{message}, and {why}", message=message, why=why),
        tr("{mend} ends them and starts them anew", mend=place.traits.mend),
    )
