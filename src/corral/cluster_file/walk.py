"""From YAML nodes to plain values with positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from corral.cluster_file.nodes import too_deep
from corral.cluster_file.positions import Lines, Path, Position, matches, place
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem

_TAGS: Final = "tag:yaml.org,2002:"
_KNOWN: Final = frozenset(
    _TAGS + name for name in ("null", "bool", "int", "float", "str", "timestamp", "map", "seq", "merge", "value")
)
_MOST_NODES: Final = 20_000
"""Thirty hosts need about 500; aliases of aliases can stand for billions."""


def kind(node: Node) -> str:
    """What `node` is, for a sentence."""
    if isinstance(node, SequenceNode):
        return tr("a list")
    return tr("a mapping") if isinstance(node, MappingNode) else tr("a single value")


def _number(tag: str, text: str) -> int | float | str:
    """The number that `text` stands for; `text` itself when Python can't read it as `tag`."""
    digits = text.replace("_", "")
    try:
        if tag == "float":
            return float(digits.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return int(digits, 10 if digits.lstrip("+-").isdigit() else 0)
    except ValueError:
        return text


def _storable(text: str) -> bool:
    """YAML's escapes can make characters that no file, argument or environment can hold."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


@dataclass
class Walk:
    source: str
    lines: Lines
    written: tuple[Path, ...]
    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)
    faults: list[tuple[Path, Problem]] = field(default_factory=list)
    nodes: int = 0

    def mapping(self, root: MappingNode) -> dict[str, Any]:
        """The values of `root`; fills `keys`, `values`, `faults`. Raises InvalidFile for an endless text."""
        try:
            self.values[()] = self._position(root)
            return self._mapping(root, ())
        except RecursionError:
            raise too_deep(self.source, self.lines) from None

    def _position(self, node: Node) -> Position:
        return self.lines.clamp(node.start_mark.line, node.start_mark.column)

    def _fault(self, path: Path, node: Node, code: str, message: str, hint: str = "") -> None:
        where = place(self.source, self._position(node))
        self.faults.append((path, Problem(code, "error", message, hint, where)))

    def _value(self, node: Node, path: Path) -> Any:
        self._count(node)
        self.values[path] = self._position(node)
        if str(node.tag) not in _KNOWN:
            tag = str(node.tag).replace(_TAGS, "!!")
            self._fault(
                path, node, "unknown-tag", tr("The tag {tag} has no meaning here.", tag=tag), tr("Leave the tag out.")
            )
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _count(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            where = place(self.source, self._position(node))
            message = tr("This file has more than {most_nodes:,} values, aliases included.", most_nodes=_MOST_NODES)
            raise InvalidFile(Problem("too-large", "error", message, tr("Is this the right file?"), where))

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value, merged in self._entries(node):
            if not isinstance(key, ScalarNode):
                self._fault(
                    (*path, "(key)"), key, "wrong-type", tr("A key must be a word, not {kind}.", kind=kind(key))
                )
                continue
            name, child = self._text(key, (*path, str(key.value))), (*path, str(key.value))
            if name not in data:
                data[name] = self._value(value, child)
                self.keys[child] = self._position(key)
                if data[name] is None:
                    self.values[child] = self.keys[child]
            elif not merged:
                first = self.keys[child].line
                message = tr(
                    "The key {name!r} is there a second time; the first is in line {first}.", name=name, first=first
                )
                self._fault((*child, "(again)"), key, "duplicate-key", message, tr("Keep one of the two."))
        return data

    def _entries(self, node: MappingNode) -> Iterator[tuple[Node, Node, bool]]:
        """The keys and values of `node`; those that `<<` merges into it come last, since its own win."""
        merges: list[Node] = []
        for key, value in node.value:
            if str(key.tag) == _TAGS + "merge":
                merges.append(value)
            else:
                yield key, value, False
        for merge in merges:
            for source in merge.value if isinstance(merge, SequenceNode) else [merge]:
                self._count(source)
                if not isinstance(source, MappingNode):
                    message = tr("`<<` takes the keys of a mapping in, and this is {kind}.", kind=kind(source))
                    self._fault(("<<",), source, "wrong-type", message, tr("Write `<<: *anchor`."))
                    continue
                for key, value, _merged in self._entries(source):
                    yield key, value, True

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        tag, text = str(node.tag).removeprefix(_TAGS), self._text(node, path)
        if tag == "null":
            return None
        if any(matches(path, pattern) for pattern in self.written):
            return text
        if tag == "bool":
            return text.lower() in ("true", "yes", "on", "y")
        return _number(tag, text) if tag in ("int", "float") else text

    def _text(self, node: ScalarNode, path: Path) -> str:
        text = str(node.value)
        if not _storable(text):
            message = tr("This text holds a character that can't be stored (NUL, or half a character).")
            self._fault(path, node, "bad-value", message)
        return text
