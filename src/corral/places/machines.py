"""What the playground and real hosts have in common, composed: logs, commands and handlers over a transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from corral.cluster_file.parse import Loaded
from corral.errors import ChangeFailed, CorralError
from corral.execute.ways import Ways
from corral.language import tr
from corral.model.cluster import Instance
from corral.model.identity import UnitId
from corral.places.base import LogLine
from corral.problems import Problem
from corral.secrets import redact
from corral.words import placed


def file_changed(loaded: Loaded, digest: object, place: str) -> tuple[Problem, ...]:
    """A problem where `digest`, of the file that was carried out at `place`, is known and another one."""
    if not digest or digest == loaded.digest:
        return ()
    message = tr(
        "{source} has changed since it was last carried out as a whole",
        source=placed(loaded.source or "the built-in example"),
    )
    return (
        Problem("file-changed", "info", message, tr("`corral plan --on {place}` shows what would change", place=place)),
    )


async def logs(ways: Ways, units: Sequence[UnitId], lines: int, follow: bool) -> AsyncGenerator[LogLine, None]:
    """Unit by unit, all asked at once; with `follow` also new lines, until every host has ended its stream."""
    if not follow:
        for tail in await asyncio.gather(*(_tail(ways, unit, lines) for unit in units)):
            for each in tail:
                yield each
        return
    queue: asyncio.Queue[LogLine | None] = asyncio.Queue(1000)
    readers = [asyncio.create_task(_read(ways, unit, lines, queue)) for unit in units]
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


async def _tail(ways: Ways, unit: UnitId, lines: int) -> list[LogLine]:
    try:
        done = await ways.transport.run(unit.host, ways.units.log_script(unit, lines))
    except CorralError as error:
        return [LogLine(unit, tr("its log can't be read: {error}", error=error), failed=True)]
    if done.code:
        said = tr("its log can't be read: {error}", error=done.error_without(ways.secrets))
        return [LogLine(unit, said, failed=True)]
    return [LogLine(unit, redact(line, ways.secrets)) for line in done.text.splitlines()]


async def _read(ways: Ways, unit: UnitId, lines: int, queue: asyncio.Queue[LogLine | None]) -> None:
    try:
        script, said = ways.units.log_script(unit, lines, follow=True), False
        async with aclosing(ways.transport.follow(unit.host, script)) as stream:
            async for line in stream:
                said = True
                await queue.put(LogLine(unit, redact(line, ways.secrets)))
        for each in [] if said else await _tail(ways, unit, 0):  # a stream has no exit code that says why
            await queue.put(each)
    except CorralError as error:
        await queue.put(LogLine(unit, tr("its log can't be followed: {error}", error=error), failed=True))
    await queue.put(None)


def not_applied(instance: Instance, mend: str) -> ChangeFailed:
    """For a command that would have the environment of an instance which nobody has made; `mend` makes it."""
    message = tr(
        "{instance} was never carried out on {host}, so a command has no environment there",
        instance=instance.name,
        host=instance.host.name,
    )
    hint = tr("`{mend}` first, then the same command again", mend=mend)
    return ChangeFailed(Problem("not-applied", "error", message, hint, instance.host.name))
