"""A file's text: at most as long as a cluster file can be; an error names the place of a byte that is not UTF-8."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Final

from corral.cluster_file.positions import Lines, Position, place
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem

LARGEST: Final = 256 << 10
"""Bytes. A cluster file has a few kilobytes; what is larger is another file."""


def content_of(path: FilePath) -> bytes:
    """At most one byte more than LARGEST. Raises OSError, and ValueError for a path that no file can have."""
    with path.open("rb") as stream:
        return stream.read(LARGEST + 1)


def decoded(content: bytes, source: str) -> str:
    """Raises InvalidFile for what is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = Lines.of(content[: error.start].decode("utf-8-sig", "replace") + "|").lengths
        where = place(source, Position(len(before), before[-1]))
        message = tr("This file is not UTF-8: the byte 0x{content:02X} can't stand here.", content=content[error.start])
        raise InvalidFile(Problem("not-utf8", "error", message, tr("Save it as UTF-8."), where)) from None
