"""A YAML text as plain values, each with the line and column where it stands.

The nodes of ruamel.yaml are walked here rather than constructed by it: that keeps every position, keeps a
version written 1.10 from becoming 1.1, and finds every duplicate key, not the first alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml.nodes import MappingNode

from corral.cluster_file.nodes import compose
from corral.cluster_file.positions import Lines, Path, Position, place
from corral.cluster_file.walk import Walk, kind
from corral.errors import InvalidFile
from corral.language import mark, shown, tr
from corral.problems import Problem

_FILE: Final = mark("cluster file")
_HINTS: Final = {_FILE: tr("`corral init` writes one with comments to start from.")}


@dataclass(frozen=True)
class Document:
    """What a text says. `faults` are problems found on the way, each with the path of what it is about."""

    source: str
    data: dict[str, Any]
    keys: dict[Path, Position]
    values: dict[Path, Position]
    faults: tuple[tuple[Path, Problem], ...] = field(default=())

    def find(self, path: Path) -> Path:
        """The longest part of `path` that the file holds. A name in a list stands for that item."""
        found: Path = ()
        here: Any = self.data
        for step in path:
            actual = here.index(step) if isinstance(here, list) and step in here else step
            if (*found, actual) not in self.values:
                break
            found, here = (*found, actual), here[actual]
        return found

    def position(self, path: Path, at_key: bool = False) -> Position:
        """Where `path`, or what holds it, stands; the key when there is no more than the key."""
        found = self.find(path)
        at_key = at_key or len(found) < len(path)
        if at_key and found in self.keys:
            return self.keys[found]
        return self.values[found]

    def where(self, path: Path, at_key: bool = False) -> str:
        return place(self.source, self.position(path, at_key))


def read_document(text: str, source: str, written: Sequence[Path] = (), noun: str = _FILE) -> Document:
    """`text` as a mapping with positions.

    `noun` is what a sentence calls the file, in English.
    Scalars whose path fits one of the patterns in `written` stay as they are written (1.10, no, 0x10).
    Raises InvalidFile for a text that is no YAML, is empty, or has something else than a mapping at its top.
    """
    text = text.removeprefix("\ufeff")
    lines = Lines.of(text)
    node = compose(text, source, lines)
    if node is None:
        hint = _HINTS.get(noun, tr("docs/presets.md has one to start from."))
        raise _refused(
            "empty-file", tr("The {noun} holds nothing.", noun=shown(noun)), hint, place(source, Position(1, 1))
        )
    if not isinstance(node, MappingNode):
        start = lines.clamp(node.start_mark.line, node.start_mark.column)
        message = tr("The {noun} must be a mapping of keys to values, not {kind}.", noun=shown(noun), kind=kind(node))
        hint = _HINTS.get(noun, tr("docs/presets.md has one to start from."))
        raise _refused("not-a-mapping", message, hint, place(source, start))
    walk = Walk(source, lines, tuple(written))
    return Document(source, walk.mapping(node), walk.keys, walk.values, tuple(walk.faults))


def _refused(code: str, message: str, hint: str, where: str) -> InvalidFile:
    return InvalidFile(Problem(code, "error", message, hint, where))
