"""One line of `corral verify`: what was asked, whether it holds, and what was seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from corral.language import english

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    name: str
    """In the user's language, by one `tr` or `told`, so that it knows its English form, which programs look for."""
    result: Result
    seen: str
    where: str = ""
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "name": english(self.name)}


def passed(name: str, seen: str, where: str = "") -> Check:
    return Check(name, "passed", seen, where)


def failed(name: str, seen: str, where: str = "", hint: str = "") -> Check:
    return Check(name, "failed", seen, where, hint)


def skipped(name: str, why: str, where: str = "", hint: str = "") -> Check:
    return Check(name, "skipped", why, where, hint)


def judged(name: str, holds: bool, seen: str, where: str = "", hint: str = "") -> Check:
    return passed(name, seen, where) if holds else failed(name, seen, where, hint)
