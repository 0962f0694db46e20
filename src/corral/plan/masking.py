"""Diffs for people: what changes in a file, without anything that shows a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from corral.secrets import REDACTED, has_reference

_CREDENTIALS: Final = re.compile(r"(://[^:/@\s]+:)[^@\s]+@")
_KEY: Final = re.compile(r'export [A-Za-z_][A-Za-z0-9_]*=|exec | *"[A-Za-z_][A-Za-z0-9_]*": ')
"""What stands before the value in a line of a start script, or of an environment for compose."""
_DIRECTORY: Final = re.compile(r"cd (/[^'\s]*|'/[^']*') \|\| exit 1\n?")
"""The only line of a start script that may be shown as a whole: it says which release runs."""


def unified_diff(path: str, old: str, new: str) -> str:
    """A unified diff of two contents.

    Old contents may hold a secret that is known no longer: its reference has left the cluster file, or its value is
    another one by now. So credentials in URLs are masked, and removed lines are shown without what may be a value: in
    files that hold the user's values all of them, in others those that stood where a reference's line stands now.
    """
    lines = difflib.unified_diff(
        _mask(old).splitlines(keepends=True),
        _mask(new).splitlines(keepends=True),
        fromfile=path if old else "/dev/null",
        tofile=path if new else "/dev/null",
    )
    hide = _by_key if _holds_values(path) else partial(_unless_it_opens, _openings(new))
    return "".join(_shown(line, number, hide) for number, line in enumerate(lines))


def _holds_values(path: str) -> bool:
    """Whether the file holds an instance's environment, or MongoDB's key: a value of many lines may be in any of them.

    The file's mode doesn't show that: only their owner can read nginx.conf and keepalived.conf too. But these hold no
    secrets except Corral's own, on lines of their own, and people need the other lines for their review.
    """
    place = PurePosixPath(path)
    return place.parent.name == "instances" or place.name == "keyfile"


def _mask(text: str) -> str:
    return _CREDENTIALS.sub(rf"\1{REDACTED}@", text)


def _shown(line: str, number: int, hide: Callable[[str], str]) -> str:
    """The first two lines name the files.

    They are known by their number: a removed line may begin with two dashes too.
    """
    if number > 1 and line.startswith("-"):
        line = f"-{hide(line[1:])}"
    return line if line.endswith("\n") else f"{line}\n"


def _by_key(line: str) -> str:
    if _DIRECTORY.fullmatch(line):
        return line
    key = _KEY.match(line)
    return f"{key[0] if key else ''}{REDACTED}"


def _openings(new: str) -> tuple[str, ...]:
    """How the lines begin that hold a reference now; without those whose credentials are masked."""
    secret_lines = [line for line in new.splitlines() if has_reference(line) and "://" not in line]
    return tuple({line.split("${")[0][:12] for line in secret_lines})


def _unless_it_opens(openings: tuple[str, ...], line: str) -> str:
    return REDACTED if line.startswith(openings) else line
