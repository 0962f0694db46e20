"""A line for each step with its seconds; while it works, how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

SAY_EVERY = 10.0
"""Seconds between lines where one line can't be rewritten: in a file or a pipeline's log."""
REDRAW_EVERY = 0.2
STALLED_AFTER = 20.0
"""Seconds without anything new after which it is said, so that a dead network doesn't look like work."""


class Step:
    """One step's line. `note` replaces what stands behind its name."""

    def __init__(self, name: str, out: TextIO) -> None:
        self.name = name
        self.began = time.monotonic()
        self._out = out
        self._terminal = out.isatty()
        self._said = -REDRAW_EVERY if self._terminal else self.began
        self._last_note, self._changed = "", self.began

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def note(self, text: str) -> None:
        """Shown at once on a terminal, in a log at most every 10 s."""
        now = time.monotonic()
        if text != self._last_note:
            self._last_note, self._changed = text, now
        if now - self._said < (REDRAW_EVERY if self._terminal else SAY_EVERY):
            return
        self._said = now
        idle = now - self._changed
        stalled = f", nothing new for {idle:.0f} s" if idle > STALLED_AFTER else ""
        self._write(f"… {self.name:<12}{self.seconds:6.0f} s  {text}{stalled}")

    def end(self, mark: str, text: str) -> None:
        self._write(f"{mark} {self.name:<12}{self.seconds:6.1f} s  {text}".rstrip(), last=True)

    def _write(self, line: str, last: bool = False) -> None:
        start, stop = ("\r\033[K", "\n" if last else "") if self._terminal else ("", "\n")
        self._out.write(f"{start}{line}{stop}")
        self._out.flush()


@contextmanager
def step(name: str, done: str, out: TextIO | None = None) -> Iterator[Step]:
    """Says `done` at the end, or that the step failed; what was raised goes on."""
    current = Step(name, out or sys.stdout)
    try:
        yield current
    except BaseException:
        current.end("✘", "")
        raise
    current.end("✔", done)
