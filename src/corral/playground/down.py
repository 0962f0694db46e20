"""`corral down`: everything stops, in the order in which nobody is hurt; data stay unless they are named."""

from __future__ import annotations

import asyncio
import time

from corral.events import Note, Sink, StageFinished, StageStarted
from corral.playground import orphans
from corral.playground.site import Playground

STOP_ORDER = ("nginx.", "", "mongod.")
"""By the beginning of a unit's name: the proxy first, then the application, the database last."""


async def down(playground: Playground, sink: Sink) -> bool:
    """Stop all that runs. False when nothing ran. Data, logs and secrets stay."""
    running = await playground.daemon.pid()
    if running:
        await _stop_in_order(playground, sink)
        await playground.daemon.shutdown()
    left = orphans.processes_of(playground.state.root)
    if left:
        sink(Note(f"ending {len(left)} processes that outlived their supervisor", "warning"))
        await orphans.end(left, patience=60)
    return bool(running or left)


async def _stop_in_order(playground: Playground, sink: Sink) -> None:
    daemon = playground.daemon
    rows = await daemon.call("supervisor.getAllProcessInfo")
    names = [str(row["name"]) for row in rows if row["statename"] in {"RUNNING", "STARTING", "BACKOFF"}]
    for prefix in STOP_ORDER:
        group = [name for name in names if _group(name) == prefix]
        if not group:
            continue
        label = {"nginx.": "proxy", "mongod.": "database"}.get(prefix, "application")
        started = time.monotonic()
        sink(StageStarted(label, len(group)))
        await asyncio.gather(*(_stop(playground, name) for name in group))
        sink(StageFinished(label, time.monotonic() - started))


def _group(name: str) -> str:
    return next((prefix for prefix in STOP_ORDER if prefix and name.startswith(prefix)), "")


async def _stop(playground: Playground, name: str) -> None:
    """End one process and keep its definition; one that has ended meanwhile is no matter."""
    from xmlrpc.client import Fault

    try:
        await playground.daemon.call("supervisor.stopProcess", name, True)
    except Fault as fault:
        if "NOT_RUNNING" not in fault.faultString:
            raise
