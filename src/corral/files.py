"""Files of this machine, written so that a crash at any point leaves the old one or the new one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from corral.language import tr


def home() -> Path:
    """The user's. Raises OSError where nothing says which that is: no HOME, and a user id without an account."""
    return expanded("~")


def expanded(path: str) -> Path:
    """`path`, a `~` or `~name` at its beginning as shells read it. Raises OSError for a home that isn't known."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        whose = path.partition("/")[0].removeprefix("~")
        reason = (
            tr("there is no account {whose}", whose=whose)
            if whose
            else tr("the home directory isn't known: set HOME to one")
        )
        raise OSError(errno.ENXIO, reason, path) from None


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Write by rename, with its directories. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
