"""New notes for every open browser: one change stream, and a bounded inbox for each websocket."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from corral.noticeboard.calls import Calls
from corral.noticeboard.database import Database, Document, backoff, reason
from corral.noticeboard.notes import to_json

log = logging.getLogger("noticeboard")

END: Final = 0.5
"""Seconds for the server to close the stream when the process stops; it gives up a forgotten one after 10 minutes."""
INBOX: Final = 256
"""Messages that may wait for a slow client before it is dropped."""
_POINT_LOST: Final = {260, 280, 286}
"""InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost: only starting anew can succeed."""


class Inbox:
    """What one websocket is still to send. `overflowed` is set when its client did not keep up."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue(INBOX)
        self.overflowed = asyncio.Event()

    def put(self, message: str) -> None:
        """Adds a message without waiting; the rest of the clients must not wait for this one."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.overflowed.set()

    async def put_patiently(self, message: str) -> None:
        """Adds a message when there is room: for the client's own questions, which may slow it alone."""
        await self._queue.put(message)

    async def get(self) -> str:
        return await self._queue.get()


class Feed:
    """Follows the notes through elections and errors; `live` says whether it does so just now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inboxes: set[Inbox] = set()
        self._token: Any = None
        self._failures = 0
        self._calls = Calls(2)
        self._stream: AsyncChangeStream[Document] | None = None
        self.live = False

    @contextmanager
    def subscribe(self) -> Iterator[Inbox]:
        """An inbox that gets every note from now on."""
        inbox = Inbox()
        self._inboxes.add(inbox)
        try:
            yield inbox
        finally:
            self._inboxes.discard(inbox)

    async def run(self) -> None:
        """Publishes notes until cancelled, resuming after the last one seen when the stream breaks."""
        try:
            while True:
                try:
                    await self._calls.run(self._follow)
                except PyMongoError as error:
                    self._lost(error)
                await asyncio.sleep(backoff(self._failures, longest=2))
                self._failures += 1
        finally:
            await self._end()

    async def _end(self) -> None:
        """Closes the stream on the server. The question that waits there for the next note is left to itself."""
        if self._stream is not None:
            try:
                async with asyncio.timeout(END):
                    await self._calls.run(self._stream.close)
            except (TimeoutError, PyMongoError):
                log.debug("the server did not close the feed's stream in time")

    async def _follow(self) -> None:
        """Returns only when the server ends the stream, as it does when the collection is dropped."""
        inserted = [{"$match": {"operationType": "insert"}}]
        notes = self._database["notes"]
        async with await notes.watch(inserted, resume_after=self._token, max_await_time_ms=10_000) as stream:
            self._stream = stream
            self._token = stream.resume_token
            self._set_live(True)
            while stream.alive:
                change = await stream.try_next()
                self._token = stream.resume_token
                if change is not None:
                    self._publish({"type": "note", "note": to_json(change["fullDocument"])})
                    # Lets the websockets send before the next note: a batch may be larger than an inbox.
                    await asyncio.sleep(0)
        self._token = None

    def _lost(self, error: PyMongoError) -> None:
        if isinstance(error, OperationFailure) and error.code in _POINT_LOST:
            self._token = None
        if self._failures == 0:
            log.error("the feed of notes waits for the database: %s", reason(error))
        self._set_live(False)

    def _set_live(self, live: bool) -> None:
        """Tells the browsers, too: they read the list again when the feed comes back, so no gap stays."""
        if live and self._failures:
            log.warning("the feed of notes is live")
        if live:
            self._failures = 0
        if live != self.live:
            self.live = live
            self._publish({"type": "feed", "live": live})

    def _publish(self, message: Document) -> None:
        text = json.dumps(message, separators=(",", ":"))
        for inbox in self._inboxes:
            inbox.put(text)
