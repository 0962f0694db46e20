"""`corral logs`: what the processes write."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from corral.operate.targets import select
from corral.operate.where import Where, opened
from corral.places.base import LogLine


async def logs(where: Where, target: str, lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
    """Raises CorralError for a target that is none, or a file that can't be read."""
    async with opened(where) as place, aclosing(place.logs(select(place.cluster, target), lines, follow)) as stream:
        async for line in stream:
            yield line
