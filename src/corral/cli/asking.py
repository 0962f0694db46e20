"""Questions before something is changed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from corral.errors import Interrupted, InvalidFile
from corral.problems import Problem


def agreed(question: str, yes: bool) -> bool:
    """Whether the user says yes, or has said so by --yes.

    Raises InvalidFile where nobody can be asked, Interrupted when the answer is Ctrl-C or the end of the input.
    """
    if yes:
        return True
    _need_a_terminal(question)
    return bool(_answer(question, lambda: typer.confirm(question, default=False, err=True)))


def named(question: str, name: str, yes: str) -> bool:
    """Whether the user types `name`, or has given it as `yes`. Raises as `agreed` does."""
    if given(name, yes):
        return True
    _need_a_terminal(question, f"add --yes {name}")
    ask = f"{question} Type the cluster's name"
    return bool(_answer(question, lambda: typer.prompt(ask, default="", show_default=False, err=True)) == name)


def given(name: str, yes: str) -> bool:
    """Whether `yes` is `name`, and not empty. Raises InvalidFile for another name."""
    if yes and yes != name:
        message = f"not done: --yes {yes} is not the cluster's name"
        raise InvalidFile(Problem("not-confirmed", "error", message, f"--yes {name}"))
    return bool(yes)


def _need_a_terminal(question: str, hint: str = "add --yes") -> None:
    if not sys.stdin.isatty():
        raise InvalidFile(Problem("not-confirmed", "error", f"not done: {question}", hint))


def _answer(question: str, ask: Callable[[], Any]) -> Any:
    try:
        with _signals_end_it():
            return ask()
    except (KeyboardInterrupt, typer.Abort):
        raise Interrupted(Problem("interrupted", "error", f"not done: {question}")) from None


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Who reads an answer within a loop keeps that loop from seeing a signal: meanwhile signals are Python's own."""
    awake = signal.set_wakeup_fd(-1)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(awake, warn_on_full_buffer=False)
