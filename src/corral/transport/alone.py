"""One change at a time on a host: a script of a killed run may still work there when the next run begins."""

from __future__ import annotations

from typing import Final

from corral.shell import beside, call

_ALONE: Final = beside(__file__, "alone.sh")

WAIT: Final = 20
"""Seconds to wait for another script's end; shorter than a lock stays alive without a sign of life."""


def alone(state: str, wait: int = WAIT) -> str:
    """POSIX sh that waits until no other script that begins with this is at work, and then makes others wait.

    After `wait` seconds it ends its script with exit status 75. `state` is Corral's state directory on the host; where
    there is none, no run has ever begun.
    """
    return _ALONE.before(call("alone", state, wait))
