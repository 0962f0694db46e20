"""What a host prints before a script runs there, kept apart from the script's own words. Pure."""

from __future__ import annotations

from corral.transport.script import Marks


class Opening:
    """One stream of a command, from its first byte on."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._before = b""
        self.begun = False
        """Whether the script runs: what comes from then on is its own."""

    def take(self, data: bytes) -> bytes:
        """The script's own part of what has come."""
        if self.begun:
            return data
        before, mark, rest = (self._before + data).partition(self._marks.script)
        self._before, self.begun = before, bool(mark)
        return rest

    @property
    def logged_in(self) -> bool:
        """Whether the account's shell has run the command that is to start the script."""
        return self.begun or self._marks.login in self._before

    @property
    def said(self) -> str:
        """What came instead of the script, or before it: since the login, where there was one."""
        before, mark, after = self._before.partition(self._marks.login)
        return (after if mark else before).decode(errors="replace").replace("\r\n", "\n").strip()
