"""The form in which scripts are sent. Pure.

A script is put into braces, so that a shell reads it to its end before it runs any of it: a script that is cut off on
the way does not run at all. What it starts reads nothing from stdin, where the rest of the script would be.
"""

from __future__ import annotations

import shlex
from math import ceil
from typing import Final

from corral.shell import beside, call

END: Final = b"end\n"
"""Sent after a guarded script: ends it, and all that it has started."""
KILL_AFTER: Final = 5
"""Seconds between TERM and KILL for what doesn't end when it is asked to."""
AS_ROOT: Final = "env LC_ALL=C sudo -n"
"""With these words sudo never asks for a password, and its refusals are in English."""

_GUARD: Final = beside(__file__, "guard.sh")


def whole(script: str) -> str:
    """`script` for a shell that reads it from stdin."""
    return f"{{\n:\n{script}\n}} </dev/null\n"


def guarded(script: str, patience: float) -> str:
    """`script` for a shell whose stdin stays open: `END` there ends it, the end of stdin does `patience` seconds later.

    So a connection that is cut leaves a change the time that it was given, and nothing stays for ever. What guards the
    script is in its process group, which a session of sshd has for itself.
    """
    guard = _GUARD.before(call("corral_guard", ceil(patience), KILL_AFTER))
    return f"{{\n{guard}{{\n:\n{script}\n}} 9<&-\nexit\n}} 9<&0 </dev/null\n"


def streamed(command: str, patience: float) -> str:
    """A shell's command line that runs `command` on its own stdin, for `patience` seconds at most."""
    return f"sh -c {shlex.quote(f'exec timeout -k {KILL_AFTER} {ceil(patience)} sh -c {shlex.quote(command)}')}"
