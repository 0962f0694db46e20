"""`corral logs`: what the processes write."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from corral.errors import ChangeFailed
from corral.language import tr
from corral.operate.targets import select
from corral.operate.where import Where, opened
from corral.places.base import LogLine, Place
from corral.problems import Problem
from corral.words import named


async def logs(where: Where, target: str, lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
    """Raises CorralError for a target that is none, or a file that can't be read; ChangeFailed as `logs_in` does."""
    async with opened(where) as place, aclosing(logs_in(place, target, lines, follow)) as stream:
        async for line in stream:
            yield line


async def logs_in(place: Place, target: str, lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
    """Raises ChangeFailed, after the lines of the others, for logs that could not be read."""
    unread: list[LogLine] = []
    async with aclosing(place.logs(select(place.cluster, target), lines, follow)) as stream:
        async for line in stream:
            if line.failed:
                unread.append(line)
            else:
                yield line
    if unread:
        raise ChangeFailed([_problem(line) for line in unread])


def _problem(said: LogLine) -> Problem:
    message, hint = named(said.unit.name, said.line), tr("`corral status` shows how it is")
    return Problem("no-log", "error", message, hint, said.unit.name)
