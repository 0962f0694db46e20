"""The units' logs on real hosts: each asked where it runs, their lines put together as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from corral.errors import CorralError
from corral.model.identity import UnitId
from corral.operate.site import Site
from corral.transport.host_units import log_script

Line = tuple[str, str]
"""A unit, and a line that it wrote; what keeps a host from answering is a line too."""


async def last_lines(site: Site, units: Sequence[UnitId], lines: int) -> list[Line]:
    """Unit by unit, all hosts asked at once."""
    tails = await asyncio.gather(*(_tail(site, unit, lines) for unit in units))
    return [line for tail in tails for line in tail]


async def _tail(site: Site, unit: UnitId, lines: int) -> list[Line]:
    try:
        done = await site.transport.run(unit.host, log_script(site.cluster, unit, lines))
    except CorralError as error:
        return [(unit.name, f"its log can't be read: {error}")]
    text = done.text if done.code == 0 else f"its log can't be read: {done.error}"
    return [(unit.name, line) for line in text.splitlines()]


async def follow(site: Site, units: Sequence[UnitId], lines: int) -> AsyncGenerator[Line, None]:
    """The last `lines` of each, then lines as they come, until every host has hung up."""
    queue: asyncio.Queue[Line | None] = asyncio.Queue(1000)
    readers = [asyncio.create_task(_read(site, unit, lines, queue)) for unit in units]
    left = len(readers)
    try:
        while left:
            line = await queue.get()
            if line is None:
                left -= 1
            else:
                yield line
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _read(site: Site, unit: UnitId, lines: int, queue: asyncio.Queue[Line | None]) -> None:
    try:
        async with aclosing(
            site.transport.follow(unit.host, log_script(site.cluster, unit, lines, follow=True))
        ) as stream:
            async for line in stream:
                await queue.put((unit.name, line))
    except CorralError as error:
        await queue.put((unit.name, f"its log can't be followed: {error}"))
    await queue.put(None)
