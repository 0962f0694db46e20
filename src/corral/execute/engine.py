"""The executor: walks a plan's stages and waves, says what happens, stops at the first failed wave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from corral.errors import ChangeFailed, CorralError
from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionProgress,
    ActionStarted,
    Note,
    Sink,
    StageFinished,
    StageStarted,
)
from corral.execute.context import Context
from corral.execute.handlers import replica_set, units
from corral.execute.handlers.host_changes import by_host, change_host
from corral.mongo.clients import Connections
from corral.plan.actions import Action, ConvergeReplicaSet, Plan, ReloadUnit, Stage, StartUnit, StopUnit
from corral.problems import Problem

_Single = StartUnit | ReloadUnit | StopUnit | ConvergeReplicaSet
"""Actions that go alone; all others are changes of a host, which travel together."""


async def execute(plan: Plan, context: Context, sink: Sink) -> None:
    """Carry out `plan`. Raises CorralError with every problem of the wave that failed; nothing after it is begun.

    Actions of one wave run at the same time, those of one lane as far as it is wide, changes of one host in order; a
    failure lets the others of its wave end that have begun, so that no host is left in the middle of something.
    """
    for stage in plan.stages:
        started = time.monotonic()
        sink(StageStarted(stage.name, sum(1 for _ in stage.actions())))
        await _stage(stage, context, sink)
        sink(StageFinished(stage.name, time.monotonic() - started))


async def _stage(stage: Stage, context: Context, sink: Sink) -> None:
    for wave in stage.waves:
        context.may_go_on()
        goes_on = _Permission(context.may_go_on)
        turns = _Turns(goes_on)
        units_and_sets = [action for action in wave if isinstance(action, _Single)]
        changes = [action for action in wave if not isinstance(action, _Single)]
        outcomes = await asyncio.gather(
            *(change_host(actions, context, sink, goes_on) for actions in by_host(changes)),
            *(turns.take(action, partial(_run, action, context, sink)) for action in units_and_sets),
            return_exceptions=True,
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if turns.skipped:
            sink(Note(f"not begun: {', '.join(turns.skipped)}", "warning"))
        if failures:
            raise _joined(failures)
        if goes_on.ending:
            context.may_go_on()  # it says how far the run has come by now
            raise goes_on.ending


class _Permission:
    """Whether more of a wave may begin; once that was denied, `ending` is why."""

    def __init__(self, may_go_on: Callable[[], None]) -> None:
        self._may_go_on = may_go_on
        self.ending: CorralError | None = None

    def __call__(self) -> bool:
        try:
            self._may_go_on()
        except CorralError as ending:
            self.ending = ending
        return self.ending is None


class _Turns:
    """Lets as many starts of one lane go on at the same time as the lane is wide.

    No more begin after a failure, nor once `goes_on` says no.
    """

    def __init__(self, goes_on: Callable[[], bool]) -> None:
        self._goes_on = goes_on
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._failed = False
        self.skipped: list[str] = []

    async def take(self, action: Action, run: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        """`run` is given what ends its turn early: from its first good answer on a start computes no more."""
        lane = action.unit.lane if isinstance(action, StartUnit) else None
        if lane is None:
            await run(lambda: None)
            return
        places = self._lanes.setdefault(lane.name, asyncio.Semaphore(lane.width))
        await places.acquire()
        turn = _Turn(places.release)
        done = False
        try:
            if self._failed or not self._goes_on():
                self.skipped.append(action.id.removeprefix("unit "))
            else:
                await run(turn.end)
            done = True
        finally:
            self._failed = self._failed or not done
            turn.end()


class _Turn:
    """Ends once, however often it is told to."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def end(self) -> None:
        release, self._release = self._release, None
        if release:
            release()


def _joined(failures: list[BaseException]) -> BaseException:
    """One exception for a wave: the first unforeseen one as it is, or all problems in one of the first one's kind."""
    for failure in failures:
        if not isinstance(failure, CorralError):
            return failure
    problems = [problem for failure in failures if isinstance(failure, CorralError) for problem in failure.problems]
    first = failures[0]
    return type(first)(problems) if isinstance(first, CorralError) else first


async def _run(action: _Single, context: Context, sink: Sink, answering: Callable[[], None]) -> None:
    started = time.monotonic()
    sink(ActionStarted(action.id, action.host, action.summary))
    report = partial(_report, sink, action.id)
    mine = replace(context, report=report, answering=answering)
    try:
        await _handle(action, mine)
    except OSError as error:
        failure = ChangeFailed(_os_problem(action, error))
        sink(ActionFailed(action.id, action.host, failure.problems, time.monotonic() - started))
        raise failure from error
    except CorralError as error:
        sink(ActionFailed(action.id, action.host, error.problems, time.monotonic() - started))
        raise
    sink(ActionFinished(action.id, action.host, action.summary, time.monotonic() - started))


def _report(sink: Sink, action: str, message: str) -> None:
    sink(ActionProgress(action, message))


async def _converge(action: ConvergeReplicaSet, context: Context) -> None:
    connections = Connections(context.secrets, context.routes)
    await replica_set.converge(action.wanted, connections, context.report, action.deadline, context.may_go_on)


async def _handle(action: _Single, context: Context) -> None:
    match action:
        case StartUnit():
            await units.start_unit(action, context)
        case ReloadUnit():
            await units.reload_unit(action, context)
        case StopUnit():
            await units.stop_unit(action, context)
        case ConvergeReplicaSet():
            await _converge(action, context)


def _os_problem(action: Action, error: OSError) -> Problem:
    """A full disk or a directory that can't be written, in a sentence."""
    message = f"can't {action.summary}: {error.strerror or error}"
    hint = "free some space or choose another place, then run the same command again; what is there is untouched"
    return Problem("not-writable", "error", message, hint, action.host)
