"""Lines of a log, made safe for a terminal: a program may log anything."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 500
"""Characters of a line that are shown."""


def shown(text: str) -> str:
    """`text` without anything that would move the cursor or clear the screen; long lines are cut."""
    return "\n".join(_cut("".join(map(_visible, line))) for line in text.splitlines())


def _visible(character: str) -> str:
    return character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}"


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
