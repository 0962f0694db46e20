"""Rules on what hosts could not be asked: of that nothing is known, so nothing may be derived from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.model.machine import Unasked
from corral.rules.registry import Evidence, There, rule_on_each

UNANSWERED: Final = "H13"
_PACKAGES: Final = ("dpkg-query", "rpm")
"""What is installed would be installed again."""


def _is_needed(program: str) -> bool:
    """A path hangs when the server of its file system is gone, and what is in it is part of every plan."""
    return program in _PACKAGES or program.startswith("/")


@rule_on_each(UNANSWERED, "error", "accounts", alone=True)
def docker_unseen(there: There) -> Iterator[Evidence]:
    if there.machine.docker.unseen:
        yield {"why": there.machine.docker.unseen}


@rule_on_each(UNANSWERED, "error", "accounts", alone=True)
def needed_answer_missing(there: There) -> Iterator[Evidence]:
    yield from (_evidence(each) for each in there.machine.unasked if _is_needed(each.program))


@rule_on_each(UNANSWERED, "warning", "accounts")
def answer_missing(there: There) -> Iterator[Evidence]:
    yield from (_evidence(each) for each in there.machine.unasked if not _is_needed(each.program))


def _evidence(each: Unasked) -> Evidence:
    return {"program": each.program, "why": each.why}
