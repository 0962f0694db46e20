"""How long tests wait: for a condition, with a deadline that only a test which fails ever reaches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE: Final = 120.0
"""Seconds for what comes at once on an idle machine: with twenty busy programs for each processor it takes some twenty
times as long, and a test that is right passes there too."""
T = TypeVar("T")


def until(
    look: Callable[[], T], holds: Callable[[T], object] = bool, seconds: float = PATIENCE, pause: float = 0.1
) -> T:
    """The first value that holds; fails the test with the last one when none does in time."""
    deadline = time.monotonic() + seconds
    while not holds(value := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {value}"
        time.sleep(pause)  # the pause between two looks at a condition with a deadline
    return value


async def holds_soon(condition: Callable[[], object]) -> None:
    """The same within an event loop, which goes on meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)
