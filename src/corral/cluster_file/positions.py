"""Where things stand in a text: paths of keys and indexes, lines and columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

Path = tuple[str | int, ...]

BUILT_IN: Final = "built-in example"
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Position(NamedTuple):
    """Both count from 1."""

    line: int
    column: int


def dotted(path: Path) -> str:
    """`path` as people write it: app.hosts[2]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def matches(path: Path, pattern: Path) -> bool:
    """Whether `path` fits `pattern`, in which `*` stands for any one step."""
    return len(path) == len(pattern) and all(wanted in ("*", step) for step, wanted in zip(path, pattern, strict=True))


@dataclass(frozen=True)
class Lines:
    """How long the text's lines are, so that no position points outside it."""

    lengths: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        lengths = [len(line) for line in _BREAK.split(text)]
        if len(lengths) > 1 and lengths[-1] == 0:
            lengths.pop()
        return cls(tuple(lengths))

    def clamp(self, line: int, column: int) -> Position:
        """The position of the zero-based `line` and `column`, or the text's end when they are past it."""
        if line >= len(self.lengths):
            return Position(len(self.lengths), self.lengths[-1] + 1)
        return Position(line + 1, min(column, self.lengths[line]) + 1)


def place(source: str, position: Position) -> str:
    return f"{source or BUILT_IN}:{position.line}:{position.column}"
