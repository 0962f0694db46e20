"""Directories of real hosts: which of them may hold data."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import Final

from corral.cluster_file.build import direct_layout
from corral.language import tr

_SYSTEMS_OWN: Final = frozenset(
    PurePosixPath("/", *name.split())
    for name in ("bin", "boot", "etc", "home", "lib", "lib64", "opt", "root", "sbin", "srv", "usr", "usr local",
                 "usr share", "var", "var cache", "var lib", "var log")
)  # fmt: skip
"""Data must not be mixed with these files: whoever deletes the data would delete them all."""
_PASSING: Final = tuple(PurePosixPath("/", name) for name in ("dev", "proc", "run", "sys", "tmp"))
"""What is written there is in memory, or gone after a reboot."""


def wrong_directory(text: str, cluster: str) -> str:
    """Why the data of `cluster` can't lie in the directory `text`, or nothing."""
    directory, layout = _plain(text), direct_layout(cluster)
    own = (layout.config, layout.data, layout.logs, layout.run, layout.state)
    if directory in _SYSTEMS_OWN or any(path.is_relative_to(directory) for path in (*own, *_PASSING)):
        return tr("may not be {directory}: other files than these data are there.", directory=directory)
    if any(directory.is_relative_to(passing) for passing in _PASSING):
        return tr("may not be {directory}: what is written there does not stay.", directory=directory)
    return ""


def meet(one: str, other: str) -> bool:
    """Whether two directories are one, or one is in the other."""
    first, second = _plain(one), _plain(other)
    return first.is_relative_to(second) or second.is_relative_to(first)


def _plain(text: str) -> PurePosixPath:
    """With one slash at its beginning, and no step back."""
    return PurePosixPath("/", posixpath.normpath(text).lstrip("/"))
