"""Files in GridFS, a few chunks at a time.

The layout is GridFS's own, so every GridFS tool reads these files. The chunks are written here rather than
by the driver's writer, because that one holds up to 48 MB back before it sends (pymongo 4.20), and can't be
repeated after an election.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from bson import Int64, ObjectId
from pymongo import UpdateOne

from corral.noticeboard.database import Database, Document

CHUNK: Final = 255 * 1024
"""Bytes in a chunk: GridFS's default."""
BATCH: Final = 8
"""Chunks in one write, hence about 2 MB in memory for each running upload."""
READ_AHEAD: Final = 4
"""Chunks fetched at a time for a download."""


class Upload:
    """A file that arrives. `write` its bytes, then `finish`; `abandon` takes back what was written."""

    def __init__(self, database: Database, instance: str) -> None:
        self._database = database
        self._instance = instance
        self._id = ObjectId()
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._chunks = 0
        self.length = 0

    async def write(self, data: bytes) -> None:
        """Takes in `data`; full batches are with a majority when it returns. Raises UnavailableError."""
        self._digest.update(data)
        self.length += len(data)
        self._buffer += data
        while len(self._buffer) >= CHUNK * BATCH:
            await self._send(CHUNK * BATCH)

    async def finish(self, name: str, content_type: str) -> Document:
        """Makes the file visible. Raises UnavailableError."""
        if self._buffer:
            await self._send(len(self._buffer))
        content: Document = {
            "length": Int64(self.length),
            "chunkSize": CHUNK,
            "uploadDate": datetime.now(UTC),
            "filename": name,
            "metadata": {
                "sha256": self._digest.hexdigest(),
                "contentType": content_type,
                "instance": self._instance,
            },
        }

        async def upsert() -> None:
            files = self._database["files.files"]
            await files.update_one({"_id": self._id}, {"$setOnInsert": content}, upsert=True)

        await self._database.persist(upsert)
        return {"_id": self._id} | content

    async def abandon(self) -> None:
        """Deletes the chunks of an upload that was cut short. Raises UnavailableError."""

        async def delete() -> None:
            await self._database["files.chunks"].delete_many({"files_id": self._id})

        if self._chunks:
            await self._database.persist(delete)

    async def _send(self, size: int) -> None:
        pieces = [bytes(self._buffer[start : start + CHUNK]) for start in range(0, size, CHUNK)]
        del self._buffer[:size]
        operations = [
            UpdateOne(
                {"_id": ObjectId()},
                {"$setOnInsert": {"files_id": self._id, "n": self._chunks + number, "data": piece}},
                upsert=True,
            )
            for number, piece in enumerate(pieces)
        ]
        self._chunks += len(pieces)

        async def write() -> None:
            await self._database["files.chunks"].bulk_write(operations, ordered=False)

        await self._database.persist(write)


class DamagedFileError(Exception):
    """A chunk of a file is missing."""


async def find(database: Database, file_id: str) -> Document | None:
    """The file's own document, None when there is none. Raises UnavailableError."""
    if not ObjectId.is_valid(file_id):
        return None

    async def read() -> Document | None:
        return await database["files.files"].find_one({"_id": ObjectId(file_id)})

    return await database.persist(read)


async def content(database: Database, file: Document) -> AsyncIterator[bytes]:
    """The file's bytes as they are taken. Raises UnavailableError and DamagedFileError, also half-way."""
    chunks = -(-int(file["length"]) // int(file["chunkSize"]))
    for first in range(0, chunks, READ_AHEAD):
        for chunk in await _fetch(database, file, first, min(first + READ_AHEAD, chunks)):
            yield bytes(chunk["data"])


async def _fetch(database: Database, file: Document, first: int, end: int) -> list[Document]:
    wanted = {"files_id": file["_id"], "n": {"$gte": first, "$lt": end}}

    async def read() -> list[Document]:
        return await database["files.chunks"].find(wanted).sort("n", 1).to_list()

    found = await database.persist(read)
    if [chunk["n"] for chunk in found] != list(range(first, end)):
        raise DamagedFileError(f"file {file['_id']} has lost a chunk from {first} to {end - 1}")
    return found


def to_json(file: Document) -> Document:
    """A file as the HTTP interface shows it."""
    return {
        "id": str(file["_id"]),
        "name": file["filename"],
        "length": int(file["length"]),
        "sha256": file["metadata"]["sha256"],
        "instance": file["metadata"]["instance"],
    }
