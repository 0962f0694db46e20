"""What mongodump has written, as values: a directory of BSON files, or an archive. Read as a stream, however large."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from corral.language import tr
from corral.late import late
from corral.mongo.clients import Document

if TYPE_CHECKING:
    from bson import json_util
else:
    json_util = late("bson.json_util")

LARGEST: Final = (16 << 20) + (16 << 10)
"""Bytes of one document: MongoDB's limit, and what it allows itself above that."""
_SMALLEST: Final = 5
_GZIP: Final = b"\x1f\x8b"


class DumpError(Exception):
    """The dump can't be read; a sentence without its path."""


@dataclass(frozen=True, order=True)
class Namespace:
    database: str
    collection: str

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"


@dataclass(frozen=True)
class Metadata:
    """`kind` is what MongoDB calls it: collection, view or timeseries; `indexes` without the one on `_id`."""

    kind: str = "collection"
    options: Document = field(default_factory=dict)
    indexes: tuple[Document, ...] = ()


class Dump(Protocol):
    """Where it lies, and what is in it."""

    path: Path

    def metadata(self) -> Mapping[Namespace, Metadata]:
        """Of every collection that it names. Raises DumpError, OSError."""

    def documents(self) -> Iterator[tuple[Namespace, bytes]]:
        """All documents, as BSON, those of several collections in any order; and, with no bytes, each collection once
        it is known to be complete.

        Raises DumpError where it isn't what it claims to be, OSError.
        """


def metadata_of(text: str) -> tuple[str, Metadata]:
    """What *.metadata.json holds, and the collection's name where it stands there. Raises DumpError."""
    try:
        value: Any = json_util.loads(text) if text.strip() else {}
        indexes = [index for index in value.get("indexes") or () if index.get("key") != {"_id": 1}]
        options = value.get("options") or {}
        kind = value.get("type") or ("view" if "viewOn" in options else "collection")
        return str(value.get("collectionName") or ""), Metadata(str(kind), dict(options), tuple(indexes))
    except (AttributeError, TypeError, ValueError) as error:
        raise DumpError(tr("its metadata can't be read ({error})", error=error)) from None


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file, unpacked where its first bytes are gzip's. Raises OSError; DumpError for what gzip refuses."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        try:
            yield io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20) if packed else file
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DumpError(tr("what gzip has packed is damaged, or cut off ({error})", error=error)) from None


def length_at(head: bytes) -> int:
    """The length that a document begins with. Raises DumpError."""
    length = int.from_bytes(head, "little", signed=True)
    if not _SMALLEST <= length <= LARGEST:
        raise DumpError(tr("it is damaged: a document can't have {length} bytes", length=length))
    return length


def document_at(file: IO[bytes], head: bytes) -> bytes:
    """The document whose first four bytes were `head`. Raises DumpError."""
    length = length_at(head)
    document = head + exactly(file, length - len(head))
    if document[-1]:
        raise DumpError(tr("it is damaged: a document has no end"))
    return document


def exactly(file: IO[bytes], size: int) -> bytes:
    """Raises DumpError when there is less."""
    data = file.read(size)
    if len(data) < size:
        raise DumpError(tr("it is cut off in the middle of a document"))
    return data


@dataclass(frozen=True)
class Content:
    """One collection of a dump: how much it holds."""

    namespace: Namespace
    metadata: Metadata
    documents: int
    size: int
    """Bytes of its documents."""


class Survey:
    """The whole dump read once, before anything is written: it is complete, and how much it holds is known."""

    def __init__(self, dump: Dump) -> None:
        self._dump = dump
        self.size = 0
        """Bytes that were read so far; for whoever waits."""
        self.given_up = False
        """Set by whoever waits no longer."""

    def contents(self) -> tuple[Content, ...]:
        """By name. Raises DumpError, OSError."""
        known = dict(self._dump.metadata())
        counts: dict[Namespace, list[int]] = {namespace: [0, 0] for namespace in known}
        for namespace, document in self._dump.documents():
            if self.given_up:
                break
            count = counts.setdefault(namespace, [0, 0])
            if document:
                count[0] += 1
                count[1] += len(document)
                self.size += len(document)
        return tuple(Content(name, known.get(name, Metadata()), *counts[name]) for name in sorted(counts))
