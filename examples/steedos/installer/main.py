"""The command: what it says, and its exit codes."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from .failure import InstallError
from .needs import missing
from .steps import install
from .tree import Tree

INTERRUPTED = 130


def main(arguments: list[str], root: Path) -> int:
    """0 when the installation is whole, 1 when not, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="install.py", description="Install Steedos and its Node.js into this folder.")
    parser.add_argument("--check", action="store_true", help="only say whether the installation is whole")
    only_check = parser.parse_args(arguments).check
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # text streams, unless somebody replaced them
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _check(Tree(root)) if only_check else _install(Tree(root))
    except InstallError as error:
        for sentence in error.sentences:
            print(f"steedos: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "steedos: interrupted; what was fetched is kept, and running this again goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _check(tree: Tree) -> int:
    if tree.is_whole():
        print(f"Steedos is installed in {tree.root}, with Node {tree.node_version}.")
        return 0
    mend = f"run `make steedos`, or {tree.root / 'install.py'}"
    raise InstallError(f"the installation in {tree.root} {_state(tree)}: {mend}.")


def _state(tree: Tree) -> str:
    """What keeps it from being whole."""
    if not tree.is_begun():
        return "is not begun"
    lost = tree.lost()
    if tree.has_node() and tree.is_marked() and lost:
        others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        return f"has lost {lost[0].relative_to(tree.root)}{others}"
    return "is half-finished, or of another version"


def _install(tree: Tree) -> int:
    if tree.is_whole():
        return _check(tree)
    began = time.monotonic()
    absent = missing(tree)
    if absent:
        raise InstallError(*absent)
    with _alone(tree):
        if tree.is_whole():
            return _check(tree)
        verb = "going on with" if tree.is_begun() else "installing"
        print(f"{verb} Steedos in {tree.root} (about 800 MB; 300 MB to fetch)")
        install(tree)
    print(f"Steedos is installed, {time.monotonic() - began:.1f} s")
    return 0


@contextmanager
def _alone(tree: Tree) -> Iterator[None]:
    """Two installs in one folder would take away each other's files."""
    tree.state.mkdir(exist_ok=True)
    with (tree.state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InstallError(
                f"another install works in {tree.root} (process {lock.read().strip()}): wait until it is done."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
