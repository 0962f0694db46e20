"""How far the hosts' clocks are from each other, measured over the connections that are open anyway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from corral.errors import Unreachable
from corral.model.cluster import Host
from corral.transport.base import GLANCE, Runner

ROUNDS: Final = 5
"""How often each host is asked: each answer narrows what its clock can be."""
SLOW: Final = 2.0
"""Seconds of a round after which no other one follows: what takes so long, such as sudo, would take it each time."""
WARN: Final = 0.05
FAIL: Final = 0.5
"""Seconds between two hosts (T02)."""


@dataclass(frozen=True)
class Offset:
    """A host's clock is ahead of this machine's by `seconds`, `uncertainty` more or less. Behind is negative."""

    seconds: float
    uncertainty: float


@dataclass(frozen=True)
class Skew:
    """`seconds` are those between the clocks of two hosts, never negative."""

    one: str
    other: str
    seconds: float
    uncertainty: float

    @property
    def least(self) -> float:
        """The difference that is certain."""
        return max(0.0, self.seconds - self.uncertainty)


async def clock_offsets(runner: Runner, hosts: Sequence[Host]) -> dict[str, Offset]:
    """By host name, all hosts at once; hosts that can't be reached, or whose `date` has no fractions, are left out."""
    found = await asyncio.gather(*(_offset(runner, host.name) for host in hosts))
    return {host.name: offset for host, offset in zip(hosts, found, strict=True) if offset}


async def _offset(runner: Runner, host: str) -> Offset | None:
    """A host has read its clock after the question was sent and before the answer came.

    So each round bounds the offset from both sides, and what all rounds allow is narrower than the best round. This
    machine's clock is read once; what is added comes from the monotonic clock, which nobody sets.
    """
    base = time.time() - time.monotonic()
    bounds = []
    for _ in range(ROUNDS):
        sent = base + time.monotonic()
        try:
            completed = await runner.run(host, "date +%s.%N\n", GLANCE)
        except Unreachable:
            return None
        received = base + time.monotonic()
        try:
            shown = float(completed.text)
        except ValueError:  # a `date` without %N
            return None
        bounds.append((shown - received, shown - sent))
        if received - sent > SLOW:
            break
    return within(bounds)


def within(bounds: Sequence[tuple[float, float]]) -> Offset:
    """What all of `bounds` (lowest, highest) allow; the narrowest of them when a clock was set in between."""
    low, high = max(low for low, _ in bounds), min(high for _, high in bounds)
    if low > high:
        low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    return Offset((low + high) / 2, (high - low) / 2)


def skews(offsets: Mapping[str, Offset]) -> list[Skew]:
    """All pairs of hosts; the pair that is farthest apart comes first."""
    pairs = [
        Skew(one, other, abs(mine.seconds - theirs.seconds), mine.uncertainty + theirs.uncertainty)
        for (one, mine), (other, theirs) in combinations(offsets.items(), 2)
    ]
    return sorted(pairs, key=lambda skew: -skew.seconds)
