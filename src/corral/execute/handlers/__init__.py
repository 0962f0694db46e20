"""What carries out actions: the engine knows no more of a place than these five."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from corral.events import ActionProgress, Sink
from corral.plan.actions import ConvergeReplicaSet, HostChange, ReloadUnit, StartUnit, StopUnit


@dataclass(frozen=True)
class Step:
    """What a handler is given beside its action."""

    sink: Sink
    action: str
    may_go_on: Callable[[], None]
    """Raises CorralError when the run may not go on; asked after each wait."""
    goes_on: Callable[[], bool]
    """The same as a value, for several changes of one host: those that have begun are brought to their end."""
    answering: Callable[[], None]
    """Called when a unit that was started has given its first good answer: the work of its start is done."""

    def report(self, message: str) -> None:
        """Say what a long action does just now."""
        self.sink(ActionProgress(self.action, message))


@dataclass(frozen=True)
class Handlers:
    """Each raises CorralError, or OSError. `change_host` gets changes of one host, in order, and tells the events of
    each of them itself; the others get one action, whose events the engine tells."""

    change_host: Callable[[Sequence[HostChange], Step], Awaitable[None]]
    start: Callable[[StartUnit, Step], Awaitable[None]]
    reload: Callable[[ReloadUnit, Step], Awaitable[None]]
    stop: Callable[[StopUnit, Step], Awaitable[None]]
    converge: Callable[[ConvergeReplicaSet, Step], Awaitable[None]]
