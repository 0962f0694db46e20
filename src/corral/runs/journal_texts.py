"""A run's record on a host, by POSIX sh texts that travel with those of the lock when it is taken and given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from corral.shell import beside, call, given

KEPT: Final = 100
"""How many runs are kept, the newest ones; here and on each host."""
SUFFIX: Final = ".jsonl"
"""Of a record's name; journal.sh knows it too."""
_JOURNAL: Final = beside(__file__, "journal.sh")


def begin(state: str, run: str, line: str, kept: int = KEPT) -> str:
    """Begins the record of `run` with `line`, and removes the oldest ones. `state` is there: the lock is in it."""
    return _JOURNAL.before(given(f"{line}\n", "begin_record", state, run, kept))


def append(state: str, run: str, lines: Sequence[str]) -> str:
    """Adds `lines`; nothing where the directory is gone, as when the cluster has been taken off the host."""
    return _JOURNAL.before(given("".join(f"{line}\n" for line in lines), "append_record", state, run))


def read(state: str) -> str:
    """Writes all records to stdout, one after the other; each of their lines names its run."""
    return _JOURNAL.before(call("read_records", state))
