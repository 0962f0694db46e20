"""Files on a host by POSIX sh and coreutils: the scripts, and what their failures are. Pure."""

from __future__ import annotations

import base64
import errno
import os
import shlex
from pathlib import PurePosixPath
from typing import Final

from corral.model.command import CommandResult
from corral.shell import beside, given

_FILES: Final = beside(__file__, "ssh_files.sh")

_NUMBERS: Final = {os.strerror(number): number for number in sorted(errno.errorcode)}


def write_script(path: str, content: bytes, mode: int) -> str:
    """Puts a file in place by rename, after `sync FILE` of coreutils 8.24 or busybox; an older sync syncs everything.

    After a failure the old file is there and nothing beside it. A host without `sync` is a failure: the file could be
    lost at the next power cut.
    """
    text = base64.encodebytes(content).decode()
    return _FILES.before(given(text, "write_file", path, PurePosixPath(path).parent, f"{mode:o}"))


def read_script(path: str) -> str:
    return f"LC_ALL=C exec cat -- {shlex.quote(path)}\n"


def is_missing(completed: CommandResult) -> bool:
    return completed.code != 0 and _reason(completed)[1] == errno.ENOENT


def failure(completed: CommandResult, host: str, path: str) -> OSError:
    """The OSError that the host's own words mean, such as PermissionError; EIO when they name no known error."""
    said, number = _reason(completed)
    if completed.code == 124:
        number = errno.ETIMEDOUT
    return OSError(number, said.removeprefix(f"cat: {path}: "), f"{host}:{path}")


def _reason(completed: CommandResult) -> tuple[str, int]:
    """The line that names an error of the C library, as with LC_ALL=C its end does, and that error's number.

    A program that can't write says so, and once more without the reason.
    """
    lines = completed.error.splitlines()
    for line in lines:
        if number := _NUMBERS.get(line.rpartition(": ")[2]):
            return line, number
    return lines[-1], errno.EIO
