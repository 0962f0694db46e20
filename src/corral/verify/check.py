"""One line of `corral verify`: what was asked, whether it holds, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    name: str
    result: Result
    seen: str
    where: str = ""
    hint: str = ""


def passed(name: str, seen: str, where: str = "") -> Check:
    return Check(name, "passed", seen, where)


def failed(name: str, seen: str, where: str = "", hint: str = "") -> Check:
    return Check(name, "failed", seen, where, hint)


def skipped(name: str, why: str, where: str = "", hint: str = "") -> Check:
    return Check(name, "skipped", why, where, hint)


def judged(name: str, holds: bool, seen: str, where: str = "", hint: str = "") -> Check:
    return passed(name, seen, where) if holds else failed(name, seen, where, hint)
