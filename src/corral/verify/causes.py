"""What several instances have in common: one cause is said once, with the question that it asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from corral.language import tr

_ANSWERED: Final = re.compile(r"GET (\S+) \D*\b(404|405|410)\b\D+\b[1-5]\d\d\b")
"""The path and two numbers, what was answered and what was expected, in the words of whichever language."""


def alike(ill: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names in `ill`, which are pairs of a name and what is wrong with it, by what is wrong."""
    found: dict[str, list[str]] = {}
    for name, detail in ill:
        found.setdefault(detail, []).append(name)
    return found


def who(names: list[str], total: int) -> str:
    """`all 6 instances`, `2 of 6 instances`: the subject of a sentence; there are several."""
    return (
        tr("all {total} instances", total=total)
        if len(names) == total
        else tr("{count} of {total} instances", count=len(names), total=total)
    )


def question(detail: str) -> str:
    """What an answer that was not expected makes one ask; empty where the log says more."""
    found = _ANSWERED.search(detail)
    return tr("is app.health.path ({found}) right?", found=found[1]) if found else ""
