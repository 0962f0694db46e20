"""A user's wish that a run ends at its next safe point."""

from __future__ import annotations

import asyncio


class StopFlag:
    """Set once, by the first signal; whoever runs asks it between two steps, whoever waits for an answer waits for it
    as well."""

    def __init__(self) -> None:
        self._set = asyncio.Event()

    def set(self) -> None:
        self._set.set()

    @property
    def is_set(self) -> bool:
        return self._set.is_set()

    async def wait(self) -> None:
        await self._set.wait()
