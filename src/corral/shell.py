"""Shell texts: .sh files beside the modules that send them, where linters see them, and the lines that call them.

A file is functions and lines outside of them. A function begins with `name() {` or `name() (` at the line's start and
ends with such a line of `}` or `)` alone, or is one line. Lines that begin with `#` are comments wherever they stand,
and don't travel.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

_COMMENT: Final = re.compile(r"^[ \t]*#.*\n", re.MULTILINE)
_BLOCK: Final = re.compile(r"^((\w+)\(\) [({](?: .*|\n(?:.*\n)*?[)}])\n|.+\n)\n*", re.MULTILINE)
"""A function, whose name is the second group, or a line outside of any; what separates it from the next one."""
_WORD: Final = re.compile(r"\w+")
_END: Final = "corral-end"


@dataclass(frozen=True)
class ShellFile:
    """Read when it is first used, and kept."""

    path: Path

    @cached_property
    def text(self) -> str:
        """All of it, without comments."""
        return _COMMENT.sub("", self.path.read_text(encoding="utf-8"))

    def before(self, script: str) -> str:
        """`script` behind the lines outside of functions and those functions that it needs, as few as may be.

        Whatever word of it is a function's name counts as a call: one too many does no harm.
        """
        needed: set[str] = set()
        new = set(_WORD.findall(script)) & self._words.keys()
        while new:
            needed |= new
            new = set().union(*(self._words[name] for name in new)) - needed
        return "".join(block for name, block in self._blocks if not name or name in needed) + script

    @cached_property
    def _blocks(self) -> list[tuple[str, str]]:
        return [(found[2] or "", found[1]) for found in _BLOCK.finditer(self.text)]

    @cached_property
    def _words(self) -> dict[str, set[str]]:
        """By a function's name: the functions of this file that it names."""
        names = {name for name, _ in self._blocks if name}
        return {name: names.intersection(_WORD.findall(block)) for name, block in self._blocks if name}


def beside(module: str, name: str) -> ShellFile:
    """The file `name` in the directory of the module whose `__file__` is `module`."""
    return ShellFile(Path(module).with_name(name))


def call(*words: object) -> str:
    """A line that calls a program or a function: every word arrives as it is, whatever characters it holds."""
    return f"{shlex.join(map(str, words))}\n"


def must(*words: object) -> str:
    """The same, whose failure ends the script with its exit code."""
    return f"{shlex.join(map(str, words))} || exit\n"


def given(text: str, *words: object) -> str:
    """The same with `text`, whole lines, as its stdin, which no process list shows."""
    if f"\n{_END}\n" in f"\n{text}":
        raise ValueError(f"{_END} is where the text would end")
    return f"{shlex.join(map(str, words))} <<'{_END}' || exit\n{text}{_END}\n"


def variables(**values: object) -> str:
    """Lines that set variables."""
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())


def function(name: str, script: str) -> str:
    """A function that does what `script`, whole lines, does."""
    return f"{name}() {{\n{script}}}\n"
