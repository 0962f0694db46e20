"""Diffs for people: what changes in a file, without anything that a secret could be read from."""

from __future__ import annotations

import difflib
import re
from typing import Final

from corral.secrets import REDACTED, has_reference

_CREDENTIALS: Final = re.compile(r"(://[^:/@\s]+:)[^@\s]+@")


def unified_diff(path: str, old: str, new: str) -> str:
    """A unified diff of two contents.

    Old contents may hold a secret that is known no longer: credentials in URLs are masked, and of a file whose new
    line holds a reference only the reference's own lines are shown by name.
    """
    lines = difflib.unified_diff(
        _mask(old).splitlines(keepends=True),
        _mask(new).splitlines(keepends=True),
        fromfile=path if old else "/dev/null",
        tofile=path if new else "/dev/null",
    )
    secret_lines = [line for line in new.splitlines() if has_reference(line) and "://" not in line]
    text = "".join(line if line.endswith("\n") else line + "\n" for line in lines)
    return _hide_old(text, secret_lines) if secret_lines else text


def _mask(text: str) -> str:
    return _CREDENTIALS.sub(rf"\1{REDACTED}@", text)


def _hide_old(text: str, secret_lines: list[str]) -> str:
    """Removed lines that stood where a secret's line stands now: shown by their first word alone."""
    openings = {line.split("${")[0][:12] for line in secret_lines}
    return "".join(
        f"-{REDACTED}\n" if line.startswith("-") and _opens(line[1:], openings) else line
        for line in text.splitlines(keepends=True)
    )


def _opens(line: str, openings: set[str]) -> bool:
    return not line.startswith("--") and any(line.startswith(opening) for opening in openings)
