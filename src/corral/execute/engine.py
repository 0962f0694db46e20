"""The executor: walks through a plan's stages and waves, reports what happens, and stops at the first failed wave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from corral.errors import ChangeFailed, CorralError, joined
from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Note,
    Sink,
    StageFinished,
    StageStarted,
)
from corral.execute.handlers import Handlers, Step
from corral.language import tr
from corral.plan.actions import (
    Action,
    ConvergeReplicaSet,
    HostChange,
    Plan,
    ReloadUnit,
    Stage,
    StartUnit,
    Steer,
    StopUnit,
)
from corral.problems import Problem

_Single = StartUnit | ReloadUnit | Steer | StopUnit | ConvergeReplicaSet
"""Actions that go alone; all others are changes of a host, which travel together."""


def _always() -> None:
    """For a run that is never stopped."""


async def execute(plan: Plan, handlers: Handlers, sink: Sink, may_go_on: Callable[[], None] = _always) -> None:
    """Carry out `plan`. Raises CorralError with every problem of the wave that failed; nothing after it is begun.

    `may_go_on` raises CorralError when the run must stop: its lock is lost, or the user wants it to stop. It is asked
    before each wave, and within a wave after each wait. Actions of one wave run at the same time, those
    of one lane as far as it is wide, changes of one host in order; a failure lets the others of its wave end that have
    begun, so that no host is left in the middle of something.
    """
    for stage in plan.stages:
        started = time.monotonic()
        sink(StageStarted(stage.name, sum(1 for _ in stage.actions())))
        await _Stage(handlers, sink, may_go_on).carry_out(stage)
        sink(StageFinished(stage.name, time.monotonic() - started))


class _Stage:
    def __init__(self, handlers: Handlers, sink: Sink, may_go_on: Callable[[], None]) -> None:
        self._handlers, self._sink, self._may_go_on = handlers, sink, may_go_on

    async def carry_out(self, stage: Stage) -> None:
        for wave in stage.waves:
            await self._wave(wave)

    async def _wave(self, wave: Sequence[Action]) -> None:
        self._may_go_on()
        permission = _Permission(self._may_go_on)
        turns = _Turns(permission)
        singles = [action for action in wave if isinstance(action, _Single)]
        changes = [action for action in wave if not isinstance(action, _Single)]
        outcomes = await asyncio.gather(
            *(self._handlers.change_host(actions, self._step("", permission)) for actions in _by_host(changes)),
            *(turns.take(action, partial(self._run, action, permission)) for action in singles),
            return_exceptions=True,
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if turns.skipped:
            self._sink(Note(tr("not started: {skipped}", skipped=", ".join(turns.skipped)), "warning"))
        if failures:
            raise joined(failures)
        if permission.ending:
            self._may_go_on()  # it says how far the run has come by now
            raise permission.ending

    def _step(self, action: str, goes_on: Callable[[], bool], answering: Callable[[], None] = _always) -> Step:
        return Step(self._sink, action, self._may_go_on, goes_on, answering)

    async def _run(self, action: _Single, goes_on: Callable[[], bool], answering: Callable[[], None]) -> None:
        started = time.monotonic()
        self._sink(ActionStarted(action.id, action.host, action.summary))
        try:
            await _handle(action, self._handlers, self._step(action.id, goes_on, answering))
        except OSError as error:
            failure = ChangeFailed(_os_problem(action, error))
            self._sink(ActionFailed(action.id, action.host, failure.problems, time.monotonic() - started))
            raise failure from error
        except CorralError as error:
            self._sink(ActionFailed(action.id, action.host, error.problems, time.monotonic() - started))
            raise
        self._sink(ActionFinished(action.id, action.host, action.summary, time.monotonic() - started))


def _by_host(actions: Sequence[HostChange]) -> Iterator[list[HostChange]]:
    """The actions of each host, in their order."""
    hosts: dict[str, list[HostChange]] = {}
    for action in actions:
        hosts.setdefault(action.host, []).append(action)
    yield from hosts.values()


class _Permission:
    """Whether more of a wave may begin; once it may not, `ending` is the reason."""

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
        """`run` gets a function that ends its turn early: after its first good answer a start needs the processor no
        more."""
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
    """Ends once, however often `end` is called."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def end(self) -> None:
        release, self._release = self._release, None
        if release:
            release()


async def _handle(action: _Single, handlers: Handlers, step: Step) -> None:
    match action:
        case StartUnit():
            await handlers.start(action, step)
        case ReloadUnit():
            await handlers.reload(action, step)
        case Steer():
            await handlers.steer(action, step)
        case StopUnit():
            await handlers.stop(action, step)
        case ConvergeReplicaSet():
            await handlers.converge(action, step)


def _os_problem(action: Action, error: OSError) -> Problem:
    """A full disk or a directory that can't be written, in a sentence."""
    message = tr("can't {summary}: {reason}", summary=action.summary, reason=error.strerror or error)
    hint = tr("free some space or choose another directory, then run the same command again; nothing there was changed")
    return Problem("not-writable", "error", message, hint, action.host)
