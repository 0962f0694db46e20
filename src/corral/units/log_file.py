"""A log that is a plain file."""

from __future__ import annotations

import shlex


def file_log_script(path: str, lines: int, follow: bool = False) -> str:
    """A POSIX sh text that writes the last lines of the file `path` and, with `follow`, those that come, without end.

    Also after it was rotated; one that is not there yet has no lines, or is waited for.
    """
    file = shlex.quote(path)
    if follow:
        return f"exec tail -n {lines} -F -- {file} 2>/dev/null\n"
    return f"[ ! -e {file} ] || exec tail -n {lines} -- {file}\n"
