"""Calls of the database's driver: each runs to its end, whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Calls:
    """Runs calls in tasks of their own, `most` at a time; who waits for one may be cancelled, the call is not.

    A call that is cancelled just when the driver stops waiting for a primary may leave the driver's lock taken for ever
    (pymongo 4.20 on Python 3.11: "Lock is not acquired"), and from then on no call of this process succeeds. So
    nothing here cancels one. What ends it in time is the driver's own limit, `pymongo.timeout`, which a task inherits.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._under_way: set[asyncio.Task[Any]] = set()

    async def run(self, call: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What `call` returns or raises. Calls that nobody waits for any more count as well until they end."""
        await self._free.acquire()
        task = asyncio.create_task(call())
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait([task])  # `await task` would pass the cancellation on
        return task.result()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        self._free.release()
        if not task.cancelled():
            task.exception()  # else asyncio logs what nobody waits to hear

    async def settle(self, seconds: float) -> None:
        """Waits until no call is under way, `seconds` at most."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
