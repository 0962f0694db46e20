"""A user's wish that a run ends at its next safe point, and signals that are not for Corral."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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


class Signals:
    """Signals by their numbers. While a command is attached to the terminal they are the command's; else they end the
    verb."""

    def __init__(self) -> None:
        self._take: Callable[[int], None] | None = None

    @contextmanager
    def to(self, take: Callable[[int], None]) -> Iterator[None]:
        """`take` gets them, for the block."""
        self._take = take
        try:
            yield
        finally:
            self._take = None

    def arrived(self, number: int, otherwise: Callable[[], object]) -> None:
        """`otherwise` is called where nobody takes them."""
        if self._take:
            self._take(number)
        else:
            otherwise()
