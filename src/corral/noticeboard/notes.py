"""Notes: what a note is, and how it is written and read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bson import ObjectId

from corral.noticeboard.database import Database, Document

LONGEST: Final = 2000
"""Characters (code points) in a note."""
MOST: Final = 500
"""Notes in one answer."""


@dataclass(frozen=True)
class Notes:
    """The notes of all instances, as `instance` reads and writes them."""

    database: Database
    instance: str

    def new(self, text: str, attachment: Document | None = None) -> Document:
        """A note that is not written yet. Its `_id` is made here, once: writing it again changes nothing."""
        return {
            "_id": ObjectId(),
            "text": text,
            "instance": self.instance,
            "created": datetime.now(UTC),
            "file": attachment,
        }

    async def write(self, note: Document) -> None:
        """Returns when a majority has the note.

        It is an upsert that changes nothing when the note is there already: after a lost answer or an
        election the attempt is repeated, the note stays one, and the majority has acknowledged the very
        note. Raises UnavailableError; then the note may or may not be there.
        """
        content = {key: value for key, value in note.items() if key != "_id"}

        async def upsert() -> None:
            await self.database["notes"].update_one({"_id": note["_id"]}, {"$setOnInsert": content}, upsert=True)

        await self.database.persist(upsert)

    async def latest(self, limit: int) -> list[Document]:
        """The `limit` newest notes, newest first. Raises UnavailableError."""

        async def read() -> list[Document]:
            found = self.database["notes"].find().sort([("created", -1), ("_id", -1)]).limit(limit)
            return await found.to_list()

        return await self.database.persist(read)

    async def one(self, note_id: str) -> Document | None:
        """The note with this id, None when there is none. Raises UnavailableError."""
        if not ObjectId.is_valid(note_id):
            return None

        async def read() -> Document | None:
            return await self.database["notes"].find_one({"_id": ObjectId(note_id)})

        return await self.database.persist(read)


def to_json(note: Document) -> Document:
    """A note as HTTP and the websocket show it. What another program may have left out stays empty."""
    created = note.get("created")
    shown: Document = {
        "id": str(note["_id"]),
        "text": str(note.get("text", "")),
        "instance": str(note.get("instance", "")),
        "created": timestamp(created) if isinstance(created, datetime) else "",
    }
    if note.get("file"):
        shown["file"] = note["file"]
    return shown


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, such as 2026-11-23T04:30:29.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
