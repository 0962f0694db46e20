"""One change at a time on a host: what a killed run has begun there goes on when the next run begins."""

from __future__ import annotations

import shlex
from typing import Final

WAIT: Final = 20
"""Seconds to wait for another script's end; shorter than a lock stays alive without a sign of life."""


def alone(state: str, wait: int = WAIT) -> str:
    """POSIX sh that waits until no other script which begins with this is at work, and keeps them waiting in its turn.

    It ends its script with exit status 75 after `wait` seconds. `state` is the host's directory of what Corral writes
    down; where there is none, no run has ever begun.
    """
    directory, guard = shlex.quote(state), shlex.quote(f"{state}/working")
    busy = "{ echo 'what an earlier run has begun there still goes on' >&2; exit 75; }"
    return f"[ ! -d {directory} ] || {{ exec 8>>{guard}; flock -w {wait} 8 || {busy}; }}\n"
