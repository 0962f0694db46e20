"""Corral's files on a host, as `tar -P -b 1 -cf -` writes them."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

WRITTEN = 1795543330
"""When all of it was written, in seconds since the epoch."""


@dataclass(frozen=True)
class Entry:
    path: str
    content: bytes
    mode: int = 0o600
    owner: str = ""


def stream(trees: Iterable[str], entries: Iterable[Entry]) -> bytes:
    """The entries that lie below `trees`, which may be files too; each directory goes before what is in it."""
    held = sorted(entries, key=lambda entry: entry.path)
    blocks: list[bytes] = []
    for tree in trees:
        made: set[PurePosixPath] = set()
        for entry in held:
            path = PurePosixPath(entry.path)
            if not path.is_relative_to(tree):
                continue
            above = [parent for parent in reversed(path.parents) if parent.is_relative_to(tree) and parent not in made]
            blocks += [_head(f"{parent}/", 0, 0o755, "", tarfile.DIRTYPE) for parent in above]
            made.update(above)
            blocks += [_head(entry.path, len(entry.content), entry.mode, entry.owner), _padded(entry.content)]
    return b"".join([*blocks, bytes(2 * tarfile.BLOCKSIZE)]) if blocks else b""


def _head(path: str, size: int, mode: int, owner: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.type, info.mtime = size, mode, kind, WRITTEN
    info.uid = info.gid = 998 if owner else 0
    info.uname = info.gname = owner or "root"
    return info.tobuf(tarfile.GNU_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)
