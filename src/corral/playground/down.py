"""`corral down`: everything stops, in the order in which nobody is hurt; data stay unless they are named."""

from __future__ import annotations

import asyncio
import time
from xmlrpc.client import Fault

from corral.events import Note, Sink, StageFinished, StageStarted
from corral.model.identity import STOP_ORDER, read_back
from corral.playground import orphans
from corral.playground.supervisord import DOWN, Supervisord


async def down(daemon: Supervisord, sink: Sink) -> bool:
    """Stop all that runs. False when nothing ran. Data, logs and secrets stay."""
    running = await daemon.pid()
    if running:
        await _stop_in_order(daemon, sink)
        await daemon.shutdown()
    left = orphans.processes_of(daemon.root)
    if left:
        sink(Note(f"ending {len(left)} processes that outlived their supervisor", "warning"))
        await orphans.end(left, patience=60)
    return bool(running or left)


async def _stop_in_order(daemon: Supervisord, sink: Sink) -> None:
    try:
        rows = await daemon.call("supervisor.getAllProcessInfo")
    except (Fault, *DOWN):  # it is on its way out already, and its end is waited for
        return
    names = [str(row["name"]) for row in rows if row["statename"] in {"RUNNING", "STARTING", "BACKOFF"}]
    for roles in STOP_ORDER:
        group = [name for name in names if read_back("", name).role in roles]
        if not group:
            continue
        label = "application" if "web" in roles else roles[0]
        started = time.monotonic()
        sink(StageStarted(label, len(group)))
        await asyncio.gather(*(_stop(daemon, name) for name in group))
        sink(StageFinished(label, time.monotonic() - started))


async def _stop(daemon: Supervisord, name: str) -> None:
    """End one process and keep its definition; one that has ended meanwhile is no matter."""
    try:
        await daemon.call("supervisor.stopProcess", name, True)
    except Fault as fault:
        if not any(word in fault.faultString for word in ("NOT_RUNNING", "SHUTDOWN_STATE")):
            raise
