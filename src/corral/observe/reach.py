"""Whether hosts reach what they need of each other, asked from these hosts and not from here. Never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from corral.errors import Unreachable
from corral.language import tr
from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.shell import beside, call
from corral.transport.base import GLANCE, Runner

PATIENCE: Final = 3
"""Seconds for a connection: one lost packet is sent again after one, and a firewall that drops all sends nothing."""
_SHELL: Final = beside(__file__, "reach.sh")
_OVERDUE: Final = 124
"""timeout's exit status when its time was over."""
_REFUSED: Final = 1
"""bash's where it could not connect."""


@dataclass(frozen=True)
class Attempt:
    """`host` tried to connect to `to`; `why` it didn't come about. `unknown`: it could not be tried."""

    host: str
    to: Endpoint
    how: Literal["connected", "failed", "unknown"]
    why: str = ""


async def attempts(runner: Runner, wishes: Mapping[str, Sequence[Endpoint]]) -> list[Attempt]:
    """By host: the places that it is to connect to. One round trip to each host, all at once."""
    asked = await asyncio.gather(*(_tried(runner, host, places) for host, places in wishes.items() if places))
    return [attempt for each in asked for attempt in each]


def script_of(places: Sequence[Endpoint]) -> str:
    words = [word for place in places for word in place.socket]
    return _SHELL.before(call("try_all", PATIENCE, *words))


async def _tried(runner: Runner, host: str, places: Sequence[Endpoint]) -> list[Attempt]:
    try:
        done = await runner.run(host, script_of(places), GLANCE)
    except Unreachable as error:
        return [Attempt(host, place, "unknown", str(error)) for place in places]
    return list(_read(host, places, done))


def _read(host: str, places: Sequence[Endpoint], done: CommandResult) -> Iterator[Attempt]:
    rows = [line.split(" ", 3) for line in done.text.splitlines()]
    known = {(row[1], row[2]): (row[0], row[3].strip()) for row in rows if len(row) == 4}
    for place in places:
        status, why = known.get((place.address, str(place.port)), ("", done.error))
        if status == "0":
            yield Attempt(host, place, "connected")
        elif status == str(_OVERDUE):
            yield Attempt(host, place, "failed", tr("no answer within {seconds} s", seconds=PATIENCE))
        elif status == str(_REFUSED):
            yield Attempt(host, place, "failed", why)
        else:
            yield Attempt(host, place, "unknown", why)
