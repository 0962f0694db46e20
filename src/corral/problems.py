"""What is wrong, where, and what mends it: the one shape in which every part of Corral says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Problem:
    """One finding.

    `code` is stable and documented (a rule's, such as P15, or a word, such as `unknown-key`); `where` is
    file:line:column, a host, an instance or a member; `hint` is the next command or the line that mends it.
    """

    code: str
    severity: Severity
    message: str
    hint: str = ""
    where: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """Those of `problems` that refuse the run."""
    return [problem for problem in problems if problem.severity == "error"]
