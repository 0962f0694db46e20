"""The functions that carry out actions: these six are all that the engine knows of a place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from corral.events import ActionProgress, Sink
from corral.plan.actions import ConvergeReplicaSet, HostChange, ReloadUnit, StartUnit, Steer, StopUnit


@dataclass(frozen=True)
class Step:
    """What a handler gets beside its action."""

    sink: Sink
    action: str
    may_go_on: Callable[[], None]
    """Raises CorralError when the run must stop; to be called after each wait."""
    goes_on: Callable[[], bool]
    """The same as a value, for several changes of one host: a change that has begun is finished."""
    answering: Callable[[], None]
    """To be called when a started unit has given its first good answer: the heavy part of its start is over."""

    def report(self, message: str) -> None:
        """Report what a long action is doing."""
        self.sink(ActionProgress(self.action, message))


@dataclass(frozen=True)
class Handlers:
    """Each raises CorralError, or OSError. `change_host` gets the changes of one host, in order, and sends their events
    itself; the others get one action, and the engine sends its events."""

    change_host: Callable[[Sequence[HostChange], Step], Awaitable[None]]
    start: Callable[[StartUnit, Step], Awaitable[None]]
    reload: Callable[[ReloadUnit, Step], Awaitable[None]]
    steer: Callable[[Steer, Step], Awaitable[None]]
    stop: Callable[[StopUnit, Step], Awaitable[None]]
    converge: Callable[[ConvergeReplicaSet, Step], Awaitable[None]]
