"""A directory of BSON files, as mongodump writes it: DUMP/DATABASE/COLLECTION.bson, or one DATABASE alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from corral.language import tr
from corral.mongo.dump import DumpError, Metadata, Namespace, document_at, metadata_of, opened
from corral.words import named

_DATA: Final = (".bson", ".bson.gz")
_METADATA: Final = (".metadata.json", ".metadata.json.gz")


class DumpDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path

    def metadata(self) -> Mapping[Namespace, Metadata]:
        return {namespace: metadata for namespace, (metadata, _) in self._collections.items()}

    def documents(self) -> Iterator[tuple[Namespace, bytes]]:
        for namespace, (_, path) in self._collections.items():
            if path:
                yield from ((namespace, document) for document in _documents(path))
            yield namespace, b""

    @cached_property
    def _collections(self) -> dict[Namespace, tuple[Metadata, Path | None]]:
        """By name, with the file of its documents; a view has none. Raises DumpError, OSError."""
        found: dict[Namespace, tuple[Metadata, Path | None]] = {}
        for directory in self._databases():
            data = _by_name(directory, _DATA)
            told = {name: _metadata(path) for name, path in _by_name(directory, _METADATA).items()}
            for name in sorted(data.keys() | told.keys()):
                own, metadata = told.get(name, ("", Metadata()))
                namespace = Namespace(directory.name, own or unquote(name))
                found[namespace] = (metadata, data.get(name))
        if not found:
            raise DumpError(tr("it is a directory without *.bson files, and so are those in it"))
        return found

    def _databases(self) -> list[Path]:
        path = self.path.resolve()
        inside = sorted(each for each in path.iterdir() if each.is_dir() and _by_name(each, (*_DATA, *_METADATA)))
        return inside or [path]


def _by_name(directory: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """The files with one of `endings`, by what stands before it."""
    return {
        path.name.removesuffix(ending): path
        for ending in endings
        for path in directory.iterdir()
        if path.name.endswith(ending)
    }


def _metadata(path: Path) -> tuple[str, Metadata]:
    with opened(path) as file:
        try:
            return metadata_of(file.read().decode())
        except (DumpError, UnicodeDecodeError) as error:
            raise DumpError(named(path.name, str(error))) from None


def _documents(path: Path) -> Iterator[bytes]:
    try:
        with opened(path) as file:
            while head := file.read(4):
                yield document_at(file, head)
    except DumpError as error:
        raise DumpError(named(path.name, str(error))) from None
