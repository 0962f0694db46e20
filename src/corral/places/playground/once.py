"""One command in the environment of an instance, beside the processes that the supervisor keeps."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from corral.desired.instances import script_path
from corral.model.cluster import Instance
from corral.places.machines import not_applied
from corral.stop import Signals
from corral.transport.terminal import attach_here
from corral.units.once import as_process
from corral.units.supervisord import Supervisord


async def run_once(daemon: Supervisord, instance: Instance, command: Sequence[str], signals: Signals) -> int:
    """Its exit code. It is a child of this process. Raises ChangeFailed where the instance was never started."""
    script = script_path(instance)
    if not await asyncio.to_thread(Path(script).exists):
        raise not_applied(instance, "corral up")
    environment = await daemon.environment() | {"TERM": os.environ.get("TERM", "dumb")}
    return await attach_here(("/bin/sh", "-c", as_process(script, instance, command)), signals, environment)
