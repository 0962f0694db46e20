"""Whom a verb asks before it changes something: the command line's user, or nobody."""

from __future__ import annotations

from typing import Protocol

from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem


class Consent(Protocol):
    """Injected by whoever runs a verb. A question leaves the loop free, and ends at once when the run is to stop."""

    can_ask: bool
    """Whether somebody is there to answer."""

    async def agreed(self, question: str) -> bool:
        """Raises InvalidFile where nobody can be asked, Interrupted at Ctrl-C or the end of the input."""

    async def named(self, question: str, name: str) -> bool:
        """Whether the user types `name`. Raises as `agreed` does."""


def not_confirmed(question: str, hint: str) -> Problem:
    return Problem("not-confirmed", "error", tr("not done: {question}", question=question), hint)


class Nobody:
    """For callers without a user: what would have to be asked is refused before."""

    can_ask = False

    async def agreed(self, question: str) -> bool:
        raise InvalidFile(not_confirmed(question, tr("add --yes")))

    async def named(self, question: str, name: str) -> bool:
        raise InvalidFile(not_confirmed(question, tr("add --yes {name}", name=name)))
