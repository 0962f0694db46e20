"""Whether this instance can do its work: the answer behind /health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from corral.noticeboard.database import SLOW, Database, UnavailableError

FRESH: Final = 1.0
"""Seconds for which a good answer is given again without asking the database."""
PATIENCE: Final = 2.0
"""Seconds for the database to answer."""


class Health:
    """Asks the database by writing to it, with a majority, once a second at most and only when asked itself.

    A ping or `hello` would be cheaper, but both succeed where writes fail: on a primary that has lost its
    majority, for a user who may only read, on a full disk. The write sets one small document of this
    instance's own, so it costs an oplog entry of about 150 bytes for each question and nothing while nobody
    asks. Questions that arrive together share one write. Nobody waits much longer than PATIENCE; a write that
    takes longer goes on, and no second one is begun beside it. A failure is not remembered: the next question
    asks anew, so recovery is seen at once.
    """

    def __init__(self, database: Database, instance: str, own_reason: Callable[[], str] = lambda: "") -> None:
        self._database = database
        self._instance = instance
        self._own_reason = own_reason
        self._good_until = 0.0
        self._question: asyncio.Task[str] | None = None

    async def reason(self) -> str:
        """Why this instance is unavailable; empty when it is well."""
        if time.monotonic() >= self._good_until:
            if self._question is None or self._question.done():
                self._question = asyncio.create_task(self._ask())
            if failure := await self._answer(self._question):
                return failure
        return self._own_reason()

    @staticmethod
    async def _answer(question: asyncio.Task[str]) -> str:
        await asyncio.wait([question], timeout=PATIENCE + 0.5)
        return question.result() if question.done() else SLOW

    async def _ask(self) -> str:
        async def touch() -> None:
            await self._database["instances"].update_one(
                {"_id": self._instance}, {"$set": {"seen": datetime.now(UTC)}}, upsert=True
            )

        try:
            await self._database.attempts(touch, PATIENCE)
        except UnavailableError as error:
            return error.reason
        self._good_until = time.monotonic() + FRESH
        return ""
