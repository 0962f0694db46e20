"""Dumps in the form that mongo-tools documents (common/archive, mongodump/metadata_dump.go), written without Corral."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import bson
from bson import json_util

MARK: Final = b"\xff\xff\xff\xff"
Document = dict[str, Any]


@dataclass
class Collection:
    """`metadata` is what stands in *.metadata.json besides the indexes."""

    database: str
    name: str
    documents: Sequence[Document] = ()
    indexes: Sequence[Document] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "collection"

    @property
    def metadata(self) -> str:
        ids = [{"v": 2, "key": {"_id": 1}, "name": "_id_"}] if self.kind == "collection" else []
        value = {"indexes": [*ids, *self.indexes], "uuid": "7c2d", "collectionName": self.name, "type": self.kind}
        options = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL)
        return json_util.dumps({"options": self.options, **value}, json_options=options)


def crc64(data: bytes) -> int:
    """Bit by bit."""
    state = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0xC96C5795D7870F42 if state & 1 else 0)
    return state ^ 0xFFFFFFFFFFFFFFFF


def write_directory(path: Path, collections: Sequence[Collection], *, packed: bool = False) -> Path:
    for each in collections:
        directory = path / each.database
        directory.mkdir(parents=True, exist_ok=True)
        stem, ending = quote(each.name, safe="$"), ".gz" if packed else ""
        pack = gzip.compress if packed else bytes
        (directory / f"{stem}.metadata.json{ending}").write_bytes(pack(each.metadata.encode()))
        if each.kind == "collection":
            data = b"".join(map(bson.encode, each.documents))
            (directory / f"{stem}.bson{ending}").write_bytes(pack(data))
    return path


def archive(collections: Sequence[Collection], block: int = 2) -> bytes:
    """The documents of all collections in turn, `block` of them at a time."""
    prelude = [{"concurrent_collections": 4, "version": "0.1", "server_version": "6.0.5", "tool_version": "100.9.4"}]
    prelude += [_entry(each) for each in collections]
    parts = [b"\x6d\xe2\x99\x81", *map(bson.encode, prelude), MARK]
    with_data = [each for each in collections if each.kind == "collection"]
    for start in range(0, max((len(each.documents) for each in with_data), default=0), block):
        for each in with_data:
            if chunk := each.documents[start : start + block]:
                parts += [_header(each), *map(bson.encode, chunk), MARK]
    parts += [part for each in with_data for part in (_end(each), MARK)]
    return b"".join(parts)


def write_archive(path: Path, collections: Sequence[Collection], *, packed: bool = False) -> Path:
    data = archive(collections)
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def _entry(each: Collection) -> Document:
    size = sum(len(bson.encode(document)) for document in each.documents)
    return {"db": each.database, "collection": each.name, "metadata": each.metadata, "size": size, "type": each.kind}


def _header(each: Collection) -> bytes:
    return bson.encode({"db": each.database, "collection": each.name, "EOF": False, "CRC": bson.Int64(0)})


def _end(each: Collection) -> bytes:
    checksum = crc64(b"".join(map(bson.encode, each.documents)))
    signed = checksum - (1 << 64) if checksum >> 63 else checksum
    return bson.encode({"db": each.database, "collection": each.name, "EOF": True, "CRC": bson.Int64(signed)})


def notes(count: int, database: str = "old") -> Collection:
    documents = [{"_id": number, "text": f"note {number}", "tags": ["a", "b"]} for number in range(count)]
    indexes = [{"v": 2, "key": {"text": 1, "_id": -1}, "name": "by text", "unique": True, "ns": f"{database}.notes"}]
    return Collection(database, "notes", documents, indexes)


def shop(count: int = 25) -> list[Collection]:
    """An application's database of five collections, among MongoDB's own and the oplog."""
    return [
        notes(count),
        Collection("old", "files/with %", [{"_id": bson.ObjectId(), "data": b"\0" * 100}]),
        Collection("old", "empty", [], [{"v": 1, "key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 60}]),
        Collection("old", "log", [{"_id": 1}], options={"capped": True, "size": 4096}),
        Collection("old", "newest", kind="view", options={"viewOn": "notes", "pipeline": [{"$sort": {"_id": -1}}]}),
        Collection("old", "system.js", [{"_id": "f", "value": bson.Code("1")}]),
        Collection("admin", "system.users", [{"_id": "x"}]),
        Collection("", "oplog", [{"op": "n"}]),
    ]
