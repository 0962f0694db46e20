"""One command changes labs at a time, with the lab's docker; that ends with the command when no lab is left."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from lab import daemon, labs, network
from lab.places import RUNNING
from lab.processes import say, step


@contextmanager
def turn() -> Iterator[None]:
    """Raises LabError when the daemon doesn't start. The lock goes with the process, however that ends."""
    RUNNING.mkdir(parents=True, exist_ok=True)
    with (RUNNING / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another lab command runs; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        daemon.start()
        try:
            yield
        finally:
            _leave_unless_needed()


def _leave_unless_needed() -> None:
    if daemon.answers() and not labs.everything():
        network.restore_machine()
        with step("stopped the lab's own dockerd"):
            daemon.leave()
