"""One run at a time for each cluster: a lock that its holder's end releases, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corral.errors import Locked
from corral.problems import Problem


@contextmanager
def locked(root: Path, verb: str) -> Iterator[None]:
    """Hold the cluster's lock. Raises Locked, with who holds it and since when."""
    with (root / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Locked(_held(file.read(), root)) from error
        file.truncate(0)
        file.write(json.dumps({"verb": verb, "pid": os.getpid(), "since": time.strftime("%F %T")}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _held(text: str, root: Path) -> Problem:
    try:
        holder = json.loads(text)
        who = f"`corral {holder['verb']}` (pid {holder['pid']}) holds it since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        who = "another run holds it"
    return Problem("locked", "error", f"the cluster is locked: {who}", "wait for it to end, then run again", str(root))
