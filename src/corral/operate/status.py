"""`corral status`: what runs, and whether it is healthy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

from corral.operate.health import status_of
from corral.operate.log_tails import with_log_tails
from corral.operate.report import Status
from corral.operate.where import Where, opened
from corral.places.base import Place

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
    """Observe, ask the gates, judge."""
    return await status_of(place, await place.observe(live=True))
