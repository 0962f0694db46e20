"""A counter for each visitor in this process's own memory: it shows whether they stay with an instance."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from typing import Final

COOKIE: Final = "noticeboard_session"
KEPT: Final = 10_000
"""Sessions in memory; beyond them the one that was away longest is forgotten."""
_VALID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Sessions:
    """Counts requests by session. An id that another instance gave is kept; its count here starts at 1."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def visit(self, session: str | None) -> tuple[str, int]:
        """The session's id (a new one when `session` is not like ours) and its count with this visit."""
        if session is None or not _VALID.fullmatch(session):
            session = secrets.token_urlsafe(18)
        count = self._counts.pop(session, 0) + 1
        self._counts[session] = count
        if len(self._counts) > KEPT:
            self._counts.popitem(last=False)
        return session, count
