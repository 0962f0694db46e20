"""The worker's job: once a second it counts the notes and records when it ran and as which instance."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Final

from bson import ObjectId

from corral.noticeboard.database import Database, Document, UnavailableError
from corral.noticeboard.notes import timestamp

log = logging.getLogger("noticeboard")

INTERVAL: Final = 1.0
OVERDUE: Final = 15.0
"""Seconds without a finished run after which the worker calls itself unavailable."""


class Worker:
    """Runs the job. A run that was missed because the database was away is not made up for."""

    def __init__(self, database: Database, instance: str) -> None:
        self._database = database
        self._instance = instance
        self._number = 0
        self._stopping = asyncio.Event()
        self._last_run = time.monotonic()

    def overdue(self) -> str:
        """Why this worker is unavailable; empty when its job ran lately."""
        silent = time.monotonic() - self._last_run
        return f"the job has not run for {silent:.0f} s" if silent > OVERDUE else ""

    def stop(self) -> None:
        """Lets the running job finish and starts no other."""
        self._stopping.set()

    async def run(self) -> None:
        """The job, once a second until `stop`."""
        next_start = asyncio.get_running_loop().time()
        failing = False
        while not self._stopping.is_set():
            try:
                await self._once()
            except UnavailableError as error:
                if not failing:
                    log.warning("the job failed: %s; trying again every second", error.reason)
                failing = True
            else:
                if failing:
                    log.warning("the job runs again")
                failing = False
            next_start = max(next_start + INTERVAL, asyncio.get_running_loop().time())
            await self._wait_until(next_start)

    async def _once(self) -> None:
        started = datetime.now(UTC)
        notes = await self._database.persist(self._database["notes"].estimated_document_count)
        run: Document = {
            "instance": self._instance,
            "number": self._number + 1,
            "started": started,
            "finished": datetime.now(UTC),
            "notes": notes,
        }
        key = {"_id": ObjectId()}

        async def record() -> None:
            await self._database["job_runs"].update_one(key, {"$setOnInsert": run}, upsert=True)

        await self._database.persist(record)
        self._number += 1
        self._last_run = time.monotonic()

    async def _wait_until(self, moment: float) -> None:
        try:
            async with asyncio.timeout_at(moment):
                await self._stopping.wait()
        except TimeoutError:
            return


async def latest_runs(database: Database, limit: int) -> list[Document]:
    """The `limit` latest runs of all workers, latest first, as /jobs shows them. Raises UnavailableError.

    `number` counts the runs of one worker process from 1; `notes` is how many notes it counted.
    """

    async def read() -> list[Document]:
        found = database["job_runs"].find({}, {"_id": 0}).sort("finished", -1).limit(limit)
        return await found.to_list()

    return [_to_json(run) for run in await database.persist(read)]


def _to_json(run: Document) -> Document:
    times = {"started": timestamp(run["started"]), "finished": timestamp(run["finished"])}
    return {"instance": run["instance"], "number": run["number"]} | times | {"notes": run["notes"]}
