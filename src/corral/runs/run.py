"""A run that changes a cluster: what it has to do, how far it has come, and where it may stop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corral.errors import Interrupted
from corral.events import ActionFinished, Event, Sink
from corral.language import tr
from corral.problems import Problem
from corral.stop import StopFlag

if TYPE_CHECKING:
    from corral.plan.actions import Plan


@dataclass(frozen=True)
class RunRequest:
    """A verb and what it is about to carry out."""

    verb: str
    plan: Plan
    stop: StopFlag


class Held(Protocol):
    """A lock, as far as a run asks it."""

    def check(self) -> None:
        """Raises Locked, or Unreachable, when the run may not go on."""


class Run:
    """A run that goes on: `sink` takes its events, `check` is called between two waves."""

    def __init__(self, request: RunRequest, lock: Held, journal: Sink) -> None:
        self._request, self._lock, self._journal = request, lock, journal
        self._done: Counter[str] = Counter()

    def sink(self, event: Event) -> None:
        if isinstance(event, ActionFinished):
            self._done[event.action] += 1
        self._journal(event)

    def check(self) -> None:
        """Raises Locked when the lock is lost, Interrupted when the user has asked to stop."""
        self._lock.check()
        if self._request.stop.is_set:
            raise Interrupted(self._stopped())

    @property
    def account(self) -> str:
        """How far it came, and what would have come next."""
        ids = [action.id for action in self._request.plan.actions()]
        left = list((Counter(ids) - self._done).elements())
        more = tr(" and {count} more", count=len(left) - 3) if len(left) > 3 else ""
        rest = tr("; not done: {left}{more}", left=", ".join(left[:3]), more=more) if left else ""
        return tr("{total} of {count} changes are done{rest}", total=self._done.total(), count=len(ids), rest=rest)

    def _stopped(self) -> Problem:
        hint = tr("`corral {verb}` goes on from here; `corral status` shows what runs", verb=self._request.verb)
        return Problem("interrupted", "error", tr("stopped at a safe point: {account}", account=self.account), hint)
