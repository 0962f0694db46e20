"""Signals to processes that somebody else has named."""

from __future__ import annotations

import os
import signal


def send(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """To one process. The number 0 stands for none in what Corral tells, and for this whole test run in the kernel."""
    assert pid > 0, "it doesn't run"
    os.kill(pid, number)
