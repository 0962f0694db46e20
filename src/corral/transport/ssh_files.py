"""Files on a host by POSIX sh and coreutils: the scripts, and what their failures are. Pure."""

from __future__ import annotations

import base64
import errno
import os
import shlex
from pathlib import PurePosixPath
from typing import Final

from corral.model.command import CommandResult

_WRITE: Final = """\
export LC_ALL=C
umask 077
path={path} parent={parent}
[ -d "$parent" ] || ( umask 022; mkdir -p -- "$parent" ) || exit 1
new=$(mktemp -- "$parent/.corral.XXXXXXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT TERM
exec 4>"$new" && chmod -- {mode:o} "$new" || exit 1
base64 -d >&4 <<'corral-end' || exit 1
{content}corral-end
exec 4>&-
sync -- "$new" && mv -fT -- "$new" "$path" || exit 1
trap - EXIT
"""
"""The mode is set while the file is empty, through a descriptor that a mode without write permission doesn't bar."""

_NUMBERS: Final = {os.strerror(number): number for number in sorted(errno.errorcode)}


def write_script(path: str, content: bytes, mode: int) -> str:
    """Puts a file in place by rename, after `sync FILE` of coreutils 8.24 or busybox; an older sync syncs everything.

    What fails leaves the old file and nothing beside it. A host without `sync` fails: a file that may vanish with the
    next power cut is not what was asked for.
    """
    return _WRITE.format(
        path=shlex.quote(path),
        parent=shlex.quote(str(PurePosixPath(path).parent)),
        mode=mode,
        content=base64.encodebytes(content).decode(),
    )


def read_script(path: str) -> str:
    return f"LC_ALL=C exec cat -- {shlex.quote(path)}\n"


def is_missing(completed: CommandResult) -> bool:
    return completed.code != 0 and _reason(completed)[1] == errno.ENOENT


def failure(completed: CommandResult, host: str, path: str) -> OSError:
    """The host's own words as the OSError that they stand for, such as PermissionError; EIO when they name none."""
    said, number = _reason(completed)
    if completed.code == 124:
        number = errno.ETIMEDOUT
    return OSError(number, said.removeprefix(f"cat: {path}: "), f"{host}:{path}")


def _reason(completed: CommandResult) -> tuple[str, int]:
    """The line that names an error of the C library, as with LC_ALL=C its end does, and that error's number.

    A program that can't write says so, and once more without the reason.
    """
    lines = completed.error.splitlines() or [f"exit code {completed.code}"]
    for line in lines:
        if number := _NUMBERS.get(line.rpartition(": ")[2]):
            return line, number
    return lines[-1], errno.EIO
