"""What is on a host where plain files and directories of Corral's may go, in what machine.sh wrote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import normpath
from typing import Final, get_args

from corral.model.resources import Obstacle, ObstacleKind
from corral.observe.sections import Sections
from corral.observe.tar_stream import Entry

_KINDS: Final[tuple[ObstacleKind, ...]] = get_args(ObstacleKind)
_MOUNT_POINT: Final = 4
"""The column of /proc/self/mountinfo, counted from 0, that says where it is."""


def obstacles_in(host: str, sections: Sections, packed: Iterable[Entry]) -> tuple[Obstacle, ...]:
    """Each once. `packed` is what came with Corral's files; a host where programs are missing tells less."""
    found = (
        *_told(host, sections.lines("obstacles")),
        *_packed(host, list(packed)),
        *_fixed(host, sections.lines("attributes")),
    )
    return tuple(dict.fromkeys(found))


def _told(host: str, lines: Iterable[str]) -> Iterator[Obstacle]:
    """Rows of kind, path and, of a link, where it leads."""
    words = {kind: kind for kind in _KINDS}
    for line in lines:
        kind, _, rest = line.partition("|")
        path, _, target = rest.partition("|")
        if kind in words:
            yield Obstacle(host, path.rstrip("/"), words[kind], target)


def _packed(host: str, entries: list[Entry]) -> Iterator[Obstacle]:
    directories = {entry.path.rstrip("/"): 0 for entry in entries if entry.kind == "directory"}
    for entry in entries:
        above = entry.path.rpartition("/")[0] if entry.kind != "directory" else ""
        while above:
            if above in directories:
                directories[above] += 1
            above = above.rpartition("/")[0]
    for entry in entries:
        path = entry.path.rstrip("/")
        if entry.kind == "directory":
            yield Obstacle(host, path, "directory", files=directories[path])
        elif entry.kind != "file":
            yield Obstacle(host, path, entry.kind, entry.target)


def _fixed(host: str, lines: Iterable[str]) -> Iterator[Obstacle]:
    """Rows of lsattr, whose flags i and a keep everybody from changing it; rows of mountinfo, each with its number."""
    for line in lines:
        words = line.split(" ")
        if words[0].isdecimal() and len(words) > _MOUNT_POINT:
            yield Obstacle(host, _unescaped(words[_MOUNT_POINT]), "mounted")
            continue
        flags, _, path = line.partition(" ")
        if path.startswith("/") and set(flags) & set("ia"):
            yield Obstacle(host, normpath(path.strip()), "immutable")


def _unescaped(path: str) -> str:
    """mountinfo writes blanks and the like as octal numbers."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(code, letter)
    return path
