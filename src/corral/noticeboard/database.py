"""The connection to MongoDB: bounded attempts, failures in words, and the indexes."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import pymongo
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from corral.noticeboard.calls import Calls
from corral.noticeboard.settings import Settings, SettingsError

log = logging.getLogger("noticeboard")
Result = TypeVar("Result")
Document = dict[str, Any]
Operation = Callable[[], Coroutine[Any, Any, Result]]

ATTEMPT: Final = 3.0
"""Seconds for one attempt: a primary that hangs (a cut cable) must not use up the whole deadline."""
HURRY: Final = 2.0
"""Seconds that a running request may still wait for the database once the process has been told to stop."""
CALLS: Final = 31
"""Calls of the driver at a time: the feed's comes on top and makes it the 32 connections of the pool."""
SLOW: Final = "the database did not answer in time"
JOB_RUNS_KEPT: Final = 3600
"""Seconds for which a run of the worker's job is kept: one a second makes 3,600 at the most."""

_REFUSED: Final = {13: "Unauthorized", 18: "AuthenticationFailed"}
_ELECTING: Final = {91, 189, 10107, 11600, 11602, 13435, 13436}
"""What members answer while they stop being primary, or are not primary."""
_IN_WORDS: Final[list[tuple[type[PyMongoError], str]]] = [  # special kinds before the general ones
    (ServerSelectionTimeoutError, "no writable primary was found in time"),
    (WTimeoutError, "a majority of the members did not acknowledge in time"),
    (ExecutionTimeout, "a majority of the members did not acknowledge in time"),
    (NetworkTimeout, SLOW),
    (ConnectionFailure, "the connection to the primary was lost"),
]


class UnavailableError(Exception):
    """The database did not do it in time. `reason` names no address, user or password, so it can be shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Database:
    """One client for the whole process.

    Writes are acknowledged by a majority and reads see only what a majority has, so nothing that was ever
    shown is taken back by an election.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            self._client: AsyncMongoClient[Document] = AsyncMongoClient(
                settings.mongo_url,
                appname=f"noticeboard {settings.instance}"[:128],
                tz_aware=True,
                maxPoolSize=CALLS + 1,
                connectTimeoutMS=2000,
                heartbeatFrequencyMS=2000,  # with the line above: a primary that hangs is noticed within 4 s
                serverSelectionTimeoutMS=2000,
            )
            database = self._client.get_default_database("noticeboard")
        except (PyMongoError, ValueError, TypeError):
            # The driver's own sentence may quote a part of the password, so it is not passed on.
            raise SettingsError(
                "MONGO_URL is not a connection string: expected mongodb://user:password@host:port,.../database"
                "?replicaSet=name&authSource=admin, special characters in the password percent-encoded."
            ) from None
        self._database = database.with_options(
            write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
        )
        self._timeout = settings.database_timeout
        self._running: set[asyncio.Timeout] = set()
        self._calls = Calls(CALLS)
        self._refusal = ""

    def __getitem__(self, collection: str) -> AsyncCollection[Document]:
        return self._database[collection]

    async def persist(self, operation: Operation[Result]) -> Result:
        """Runs `operation`, again and again if need be, as long as a request may wait; it must bear being run twice.

        Raises UnavailableError when the time is over, also while the driver is still busy with an attempt.
        """
        limit = asyncio.timeout(self._timeout + 0.5)
        self._running.add(limit)
        try:
            async with limit:
                return await self.attempts(operation, self._timeout)
        except TimeoutError:
            raise UnavailableError(SLOW) from None
        finally:
            self._running.discard(limit)

    async def attempts(self, operation: Operation[Result], seconds: float) -> Result:
        """The same for `seconds`, but an attempt that has begun is waited for, however late the driver ends it."""
        now = asyncio.get_running_loop().time
        end = now() + min(seconds, self._timeout)
        attempt = 0
        while True:
            try:
                with pymongo.timeout(min(ATTEMPT, max(end - now(), 0.05))):
                    result = await self._calls.run(operation)
            except (ConnectionFailure, OperationFailure) as error:
                pause = backoff(attempt, longest=1)
                if now() + pause >= end:
                    raise UnavailableError(self._reason(error)) from None
                self._reason(error)
                await asyncio.sleep(pause)
                attempt += 1
            else:
                self._refusal = ""
                return result

    def _reason(self, error: PyMongoError) -> str:
        """Remembers a refused password: the driver then counts the server as gone and reports only that."""
        if isinstance(error, OperationFailure) and error.code in _REFUSED:
            self._refusal = reason(error)
        return self._refusal if isinstance(error, ServerSelectionTimeoutError) and self._refusal else reason(error)

    def hurry(self) -> None:
        """From now on nobody waits longer than HURRY: the process is about to stop."""
        self._timeout = min(self._timeout, HURRY)
        latest = asyncio.get_running_loop().time() + HURRY
        for limit in self._running:
            if not limit.expired():
                limit.reschedule(min(limit.when() or latest, latest))

    async def close(self) -> None:
        """Ends the server's sessions if it answers within half a second; the kernel closes the rest.

        Calls that nobody waits for any more have a second to end before.
        """
        await self._calls.settle(1)
        try:
            async with asyncio.timeout(0.5):
                await self._calls.run(self._client.close)
        except (TimeoutError, PyMongoError):
            log.debug("the database did not take leave in time")

    async def prepare(self) -> None:
        """Creates the indexes, waiting for the database as long as it takes."""
        attempt = 0
        while True:
            try:
                return await self.persist(self._create_indexes)
            except UnavailableError:
                await asyncio.sleep(backoff(attempt, longest=5))
                attempt += 1

    async def _create_indexes(self) -> None:
        await self["notes"].create_index([("created", -1), ("_id", -1)])
        await self["job_runs"].create_index("finished", expireAfterSeconds=JOB_RUNS_KEPT)
        await self["files.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
        await self["files.files"].create_index([("filename", 1), ("uploadDate", 1)])


def backoff(attempt: int, longest: float) -> float:
    """Seconds to wait after failure number `attempt` (from 0): doubling from 0.1 s, with jitter of a half."""
    return float(min(0.1 * 2 ** min(attempt, 10), longest) * random.uniform(0.5, 1))  # noqa: S311 - no secret


def reason(error: PyMongoError) -> str:
    """What went wrong, without the addresses and names that the driver's own message carries."""
    code = getattr(error, "code", None)
    if isinstance(error, OperationFailure) and code in _REFUSED:
        return f"the database refuses the user of MONGO_URL ({_REFUSED[code]})"
    if code in _ELECTING:
        return "the members are electing a primary"
    for kind, words in _IN_WORDS:
        if isinstance(error, kind):
            return words
    return f"the database answered with error {code}" if code else f"the driver reports {type(error).__name__}"
