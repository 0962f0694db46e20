"""Questions before something is changed."""

from __future__ import annotations

import sys

import typer

from corral.errors import InvalidFile
from corral.problems import Problem


def agreed(question: str, yes: bool) -> bool:
    """Whether the user says yes, or has said so by --yes. Raises InvalidFile where nobody can be asked."""
    if yes:
        return True
    _need_a_terminal(question)
    return typer.confirm(question, default=False, err=True)


def named(question: str, name: str, yes: str) -> bool:
    """Whether the user types `name`, or has given it as `yes`. Raises InvalidFile where nobody can be asked."""
    if given(name, yes):
        return True
    _need_a_terminal(question, f"add --yes {name}")
    return bool(typer.prompt(f"{question} Type the cluster's name", default="", show_default=False, err=True) == name)


def given(name: str, yes: str) -> bool:
    """Whether `yes` is `name`, and not empty. Raises InvalidFile for another name."""
    if yes and yes != name:
        message = f"not done: --yes {yes} is not the cluster's name"
        raise InvalidFile(Problem("not-confirmed", "error", message, f"--yes {name}"))
    return bool(yes)


def _need_a_terminal(question: str, hint: str = "add --yes") -> None:
    if not sys.stdin.isatty():
        raise InvalidFile(Problem("not-confirmed", "error", f"not done: {question}", hint))
