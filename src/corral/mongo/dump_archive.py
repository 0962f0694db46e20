"""An archive, as `mongodump --archive` writes it.

A magic number; a block of what is in it; then blocks of documents, those of several collections in turn. A block is a
document that is its header, other documents, and a mark. The last block of a collection is empty and has a checksum of
all of its documents (mongo-tools, common/archive).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from corral.language import tr
from corral.late import late
from corral.mongo.clients import Document
from corral.mongo.crc64 import Crc64
from corral.mongo.dump import DumpError, Metadata, Namespace, document_at, exactly, metadata_of, opened

if TYPE_CHECKING:
    import bson
    import bson.errors
else:
    bson = late("bson")

MAGIC: Final = (0x8199E26D).to_bytes(4, "little")
_MARK: Final = b"\xff\xff\xff\xff"


class DumpArchive:
    def __init__(self, path: Path) -> None:
        self.path = path

    def metadata(self) -> Mapping[Namespace, Metadata]:
        return self._metadata

    def documents(self) -> Iterator[tuple[Namespace, bytes]]:
        sums: dict[Namespace, Crc64] = {}
        ended: set[Namespace] = set()
        with opened(self.path) as file:
            _prelude(file)
            while head := file.read(4):
                header = _header(file, head)
                namespace = _namespace(header)
                if namespace in ended:
                    raise DumpError(tr("it is damaged: {namespace} goes on after its end", namespace=namespace))
                checksum = sums.setdefault(namespace, Crc64())
                for document in _block(file):
                    checksum.add(document)
                    yield namespace, document
                if header.get("EOF"):
                    _check(namespace, header, checksum)
                    ended.add(namespace)
                    yield namespace, b""
        _check_complete(
            {name for name, each in self._metadata.items() if each.kind == "collection"} | sums.keys(), ended
        )

    @cached_property
    def _metadata(self) -> dict[Namespace, Metadata]:
        with opened(self.path) as file:
            return {_namespace(entry): metadata_of(entry.get("metadata") or "")[1] for entry in _prelude(file)}


def is_archive(path: Path) -> bool:
    """Raises OSError; DumpError for what gzip refuses."""
    with opened(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def _prelude(file: IO[bytes]) -> list[Document]:
    """What it says of each collection. Raises DumpError."""
    if exactly(file, len(MAGIC)) != MAGIC:
        raise DumpError(tr("it doesn't begin as an archive of mongodump does"))
    _header(file, exactly(file, 4))
    return [_read(document) for document in _block(file)]


def _block(file: IO[bytes]) -> Iterator[bytes]:
    """The documents up to the mark."""
    while (head := exactly(file, 4)) != _MARK:
        yield document_at(file, head)


def _header(file: IO[bytes], head: bytes) -> Document:
    if head == _MARK:
        raise DumpError(tr("it is damaged: a block has no header"))
    return _read(document_at(file, head))


def _read(document: bytes) -> Document:
    try:
        return bson.decode(document)
    except bson.errors.BSONError as error:
        raise DumpError(tr("it is damaged: {error}", error=error)) from None


def _namespace(header: Document) -> Namespace:
    if not header.get("collection"):
        raise DumpError(tr("it is damaged: a block names no collection"))
    return Namespace(str(header.get("db", "")), str(header["collection"]))


def _check(namespace: Namespace, header: Document, checksum: Crc64) -> None:
    """An archive of the first tools has no checksums."""
    if "CRC" in header and not checksum.is_right(int(header["CRC"])):
        raise DumpError(tr("it is damaged: the checksum of {namespace} is another one", namespace=namespace))


def _check_complete(named: set[Namespace], ended: set[Namespace]) -> None:
    if missing := sorted(map(str, named - ended)):
        raise DumpError(tr("it is cut off: {missing} has no end in it", missing=", ".join(missing)))
