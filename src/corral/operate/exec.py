"""`corral exec`: one command on many hosts at once."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from corral.errors import Unreachable
from corral.operate.targets import hosts_of_target
from corral.operate.where import Where, opened
from corral.places.base import Place
from corral.secrets import redact

UNREACHED: Final = -1


@dataclass(frozen=True)
class HostOutput:
    """`code` is UNREACHED for a host that could not be reached; secrets are redacted."""

    host: str
    code: int
    stdout: str
    stderr: str


async def execute(where: Where, target: str, command: Sequence[str], deadline: float) -> list[HostOutput]:
    """Several words are a command and its arguments; a single one is a shell's text, as ssh takes it."""
    script = (command[0] if len(command) == 1 else shlex.join(command)) + "\n"
    async with opened(where) as place:
        hosts = hosts_of_target(place.cluster, target)
        return list(await asyncio.gather(*(_on_one(place, host, script, deadline) for host in hosts)))


async def _on_one(place: Place, host: str, script: str, deadline: float) -> HostOutput:
    try:
        done = await place.run(host, script, deadline)
    except Unreachable as error:
        return HostOutput(host, UNREACHED, "", str(error))
    said = done.stderr.decode(errors="replace")
    return HostOutput(host, done.code, redact(done.text, place.secrets), redact(said, place.secrets))
