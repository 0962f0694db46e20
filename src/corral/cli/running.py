"""Running a coroutine as a verb: the signals that end it become its cancellation, and exit code 130."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer

from corral.errors import Interrupted
from corral.events import Event
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


def tell(event: Event) -> None:
    """A sink for what is said before there is any progress to show."""
    from corral.cli.progress import Progress

    Progress()(event)


class Brake:
    """The first signal asks a run to stop at its next safe point, the second one stops it at once."""

    def __init__(self) -> None:
        self.pressed = False

    def is_pressed(self) -> bool:
        return self.pressed

    def check(self) -> None:
        """Raises Interrupted once it has been asked to stop."""
        if self.pressed:
            raise Interrupted(_interrupted())

    def press(self, task: asyncio.Task[Any]) -> None:
        if self.pressed:
            task.cancel()
            return
        self.pressed = True
        from corral.cli.output import err

        err.print("stopping when what is under way is over; once more stops at once")


def run_braked(main: Callable[[Brake], Coroutine[Any, Any, T]]) -> T:
    """Run what asks its Brake between two steps."""
    brake = Brake()
    return asyncio.run(_cancellable(main(brake), brake.press))


async def _cancellable(
    main: Coroutine[Any, Any, T], stop: Callable[[asyncio.Task[T]], object] = asyncio.Task.cancel
) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(main)
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, task)
    try:
        return await task
    except asyncio.CancelledError as error:
        raise Interrupted(_interrupted()) from error


def _interrupted() -> Problem:
    message = "interrupted; what was done stays done, and nothing was left half-written"
    return Problem(
        "interrupted", "error", message, "the same command goes on from here; `corral status` shows what runs"
    )
