"""Running a coroutine as a verb: the signals that end it become its cancellation, and exit code 130."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from corral.errors import Interrupted
from corral.problems import Problem

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run `main`; Ctrl-C, TERM and a closed terminal cancel it. Raises Interrupted when it did not catch that."""
    return asyncio.run(_cancellable(main))


def run_until_interrupted(main: Coroutine[Any, Any, T]) -> T:
    """For what only looks, without end: Ctrl-C is how it ends, and needs no words."""
    try:
        return run_async(main)
    except Interrupted as interrupted:
        raise typer.Exit(interrupted.exit_code) from None


async def _cancellable(main: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(main)
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError as error:
        message = "interrupted; what was done stays done, and nothing was left half-written"
        hint = "the same command goes on from here; `corral status` shows what runs"
        raise Interrupted(Problem("interrupted", "error", message, hint)) from error
