"""A run's record on a host, by POSIX sh texts that travel with those of the lock when it is taken and given back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

KEPT: Final = 100
"""How many runs are kept, the newest ones; here and on each host."""
SUFFIX: Final = ".jsonl"
_END: Final = "corral-end"
"""No line of a record is this: each is a JSON object."""


def begin(state: str, run: str, line: str, kept: int = KEPT) -> str:
    """Begins the record of `run` with `line`, and removes the oldest ones. `state` is there: the lock is in it."""
    return f"""\
(
umask 077
journal={shlex.quote(state)}/journal
[ -d "$journal" ] || mkdir -- "$journal" || exit
cd -- "$journal" || exit
cat >{run}{SUFFIX} <<'{_END}' || exit
{line}
{_END}
ls -1 | grep '^[0-9T]*-[0-9a-f]*\\{SUFFIX}$' | LC_ALL=C sort -r | tail -n +{kept + 1} |
    while IFS= read -r old; do rm -f -- "$old" || exit; done
)
"""


def append(state: str, run: str, lines: Sequence[str]) -> str:
    """Adds `lines`; nothing where the directory is gone, as when the cluster has been taken off the host."""
    text = "".join(f"{line}\n" for line in lines)
    return f"""\
(
umask 077
journal={shlex.quote(state)}/journal
[ -d "$journal" ] || exit 0
cat >>"$journal/{run}{SUFFIX}" <<'{_END}'
{text}{_END}
)
"""


def read(state: str) -> str:
    """Writes all records to stdout, one after the other; each of their lines names its run."""
    return f"""\
cd -- {shlex.quote(f"{state}/journal")} 2>/dev/null || exit 0
for record in *{SUFFIX}; do
    [ ! -f "$record" ] || {{ cat -- "$record" && echo; }} || exit
done
"""
