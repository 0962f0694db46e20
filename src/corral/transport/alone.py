"""One change at a time on a host: what a killed run has begun there goes on when the next run begins."""

from __future__ import annotations

from typing import Final

from corral.shell import beside, call

_ALONE: Final = beside(__file__, "alone.sh")

WAIT: Final = 20
"""Seconds to wait for another script's end; shorter than a lock stays alive without a sign of life."""


def alone(state: str, wait: int = WAIT) -> str:
    """POSIX sh that waits until no other script which begins with this is at work, and keeps them waiting in its turn.

    It ends its script with exit status 75 after `wait` seconds. `state` is the host's directory of what Corral writes
    down; where there is none, no run has ever begun.
    """
    return _ALONE.before(call("alone", state, wait))
