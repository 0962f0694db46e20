"""Running a verb: the first signal asks it to stop, the second ends it; questions are asked, events are shown.

The only module of cli/ that uses asyncio: verbs are coroutines, and the functions of cli/ are not.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from corral.cli.output import err
from corral.cli.progress import Progress
from corral.errors import Interrupted, InvalidFile
from corral.language import tr
from corral.operate.consent import not_confirmed
from corral.operate.session import Session
from corral.problems import Problem
from corral.stop import StopFlag

if TYPE_CHECKING:
    from corral.events import Event, Sink
    from corral.plan.actions import Plan


T = TypeVar("T")
Verb = Callable[[Session], Coroutine[Any, Any, T]]
Stream = Callable[[Session], AsyncGenerator[T, None]]
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_YES: Final = ("y", "yes")
_NO: Final = ("", "n", "no")


def _shown_nowhere(_plan: Plan) -> None:
    """For verbs without a plan."""


def run(verb: Verb[T]) -> T:
    """For verbs that change no cluster. Ctrl-C, TERM and a closed terminal end them: Interrupted is raised then."""
    return _run(_ended_by_signals(verb, _shown_nowhere))


def change(verb: Verb[T], show: Callable[[Plan], None] = _shown_nowhere) -> T:
    """For verbs that change something: the first signal stops them at the next safe point, the second at once."""
    return _run(_stopped_by_signals(verb, show))


def each(stream: AsyncGenerator[T, None], take: Callable[[T], None]) -> None:
    """Call `take` with each item until the stream ends. Raises Interrupted at a signal."""
    each_of(lambda _session: stream, take, _shown_nowhere)


def each_of(stream: Stream[T], take: Callable[[T], None], show: Callable[[Plan], None]) -> None:
    """The same for a stream that changes something, which a signal ends at once."""
    _run(_ended_by_signals(lambda session: _taken(stream(session), take), show))


def each_until_interrupted(stream: AsyncGenerator[T, None], take: Callable[[T], None]) -> None:
    """The same for a stream without an end: Ctrl-C is the usual way to end it, and prints nothing."""
    try:
        each(stream, take)
    except Interrupted as interrupted:
        raise typer.Exit(interrupted.exit_code) from None


def _run(main: Coroutine[Any, Any, T]) -> T:
    """asyncio.run, whose own task has no result: it writes that out in full, twice, for a message that nobody sees.

    With the plan of a thousand hosts that takes a second and 80 MB (signal.signal tries to make an enum's member of the
    handler that holds the task).
    """
    results: list[T] = []

    async def keep() -> None:
        results.append(await main)

    asyncio.run(keep())
    return results[0]


async def _taken(stream: AsyncGenerator[T, None], take: Callable[[T], None]) -> None:
    async with aclosing(stream):
        async for item in stream:
            take(item)


async def _ended_by_signals(verb: Verb[T], show: Callable[[Plan], None]) -> T:
    stop, progress = StopFlag(), Progress()
    session = Session(_Asker(stop), _told(progress, stop), stop, show)
    task = asyncio.ensure_future(verb(session))
    _on_signals(lambda number: session.signals.arrived(number, task.cancel))
    try:
        return await task
    except asyncio.CancelledError as error:
        raise Interrupted(_interrupted()) from error
    finally:
        progress.end()


async def _stopped_by_signals(verb: Verb[T], show: Callable[[Plan], None]) -> T:
    stop, progress = StopFlag(), Progress()
    asker = _Asker(stop)
    task = asyncio.ensure_future(verb(Session(asker, _told(progress, stop), stop, show)))

    def signalled(_number: int) -> None:
        if stop.is_set:
            task.cancel()
            return
        stop.set()
        if not asker.asking:
            say(tr("stopping as soon as the steps that have begun are done; Ctrl-C again stops at once"))

    _on_signals(signalled)
    try:
        return await task
    except asyncio.CancelledError as error:
        raise Interrupted(_interrupted()) from error
    finally:
        progress.end()


def say(text: str) -> None:
    """On stderr, if anybody is there to read it."""
    with suppress(OSError):  # a pipe without a reader, a terminal that was closed
        err.print(text, markup=False)


def _told(progress: Progress, stop: StopFlag) -> Sink:
    """When nobody reads what it prints any more, a run that changes something ends as at a first Ctrl-C."""

    def told(event: Event) -> None:
        try:
            progress(event)
        except OSError:
            stop.set()

    return told


def _on_signals(act: Callable[[int], object]) -> None:
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, act, number)


def _interrupted() -> Problem:
    message = tr("interrupted; what was done stays done, and nothing was left half-written")
    return Problem(
        "interrupted", "error", message, tr("run the same command to go on; `corral status` shows what runs")
    )


class _Asker:
    """Asks on the terminal and does not block the loop; a signal while it waits ends the question."""

    def __init__(self, stop: StopFlag) -> None:
        self.can_ask = sys.stdin.isatty()
        self.asking = False
        self._stop = stop

    async def agreed(self, question: str) -> bool:
        self._need_a_terminal(question, tr("add --yes"))
        while True:
            answer = (await self._line(question, f"{question} [y/N]: ")).strip().lower()
            if answer in (*_YES, *_NO):
                return answer in _YES
            err.print(tr("please answer y or n"))

    async def named(self, question: str, name: str) -> bool:
        self._need_a_terminal(question, tr("add --yes {name}", name=name))
        prompt = tr("{question} Type the cluster's name: ", question=question)
        return (await self._line(question, prompt)).strip() == name

    def _need_a_terminal(self, question: str, hint: str) -> None:
        if not self.can_ask:
            raise InvalidFile(not_confirmed(question, hint))

    async def _line(self, question: str, prompt: str) -> str:
        """Raises Interrupted when the run is to stop, and at the end of the input."""
        err.print(prompt, end="", markup=False)
        self.asking = True
        try:
            line = await self._typed()
        finally:
            self.asking = False
        if not line:
            err.print()
            raise Interrupted(Problem("interrupted", "error", tr("not done: {question}", question=question)))
        return line

    async def _typed(self) -> str:
        """A line with its end; empty for none. A terminal is readable once a whole line has been typed."""
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(sys.stdin.fileno(), readable.set)
        waits = [asyncio.ensure_future(readable.wait()), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(sys.stdin.fileno())
            for wait in waits:
                wait.cancel()
        return "" if self._stop.is_set else sys.stdin.readline()
