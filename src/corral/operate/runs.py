"""A run that changes real hosts: the lock on all of them, the journal, and where it may stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from corral.errors import ChangeFailed, Interrupted, Locked, Unreachable
from corral.events import ActionFinished, Event, Note, Sink
from corral.execute.journal import Header, Journal, recorded
from corral.execute.lock import Lock, held
from corral.execute.lock_file import Holder
from corral.operate.site import Site
from corral.operate.store import store_of
from corral.plan.actions import Plan
from corral.problems import Problem
from corral.spec.parse import Loaded


@dataclass(frozen=True)
class Doing:
    """A verb and what it is about to carry out; `wants_to_stop` tells whether its user has asked for the end."""

    verb: str
    plan: Plan
    wants_to_stop: Callable[[], bool]


class Run:
    """What goes on: `sink` takes its events, `check` is asked between two waves."""

    def __init__(self, doing: Doing, lock: Lock, journal: Journal) -> None:
        self._doing, self._lock, self._journal = doing, lock, journal
        self._done: Counter[str] = Counter()

    def sink(self, event: Event) -> None:
        if isinstance(event, ActionFinished):
            self._done[event.action] += 1
        self._journal(event)

    def check(self) -> None:
        """Raises Locked when the lock is lost, Interrupted when the user has asked to stop."""
        self._lock.check()
        if self._doing.wants_to_stop():
            raise Interrupted(self._stopped())

    @property
    def account(self) -> str:
        """How far it came, and what would have been next."""
        ids = [action.id for action in self._doing.plan.actions()]
        left = list((Counter(ids) - self._done).elements())
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        rest = f"; not done: {', '.join(left[:3])}{more}" if left else ""
        return f"{self._done.total()} of {len(ids)} changes are done{rest}"

    def _stopped(self) -> Problem:
        hint = f"corral {self._doing.verb} goes on from here; `corral status` shows what runs"
        return Problem("interrupted", "error", f"stopped at a safe point: {self.account}", hint)


@asynccontextmanager
async def run_of(site: Site, loaded: Loaded, doing: Doing, sink: Sink, only: frozenset[str]) -> AsyncIterator[Run]:
    """Hold the lock on the hosts `only` (all where it is empty) and write the journal, for the block.

    Raises Locked when another run holds it; what the block raises is written down and goes on.
    """
    cluster = site.cluster
    hosts = [host for host in cluster.hosts if not only or host.name in only]
    holder = Holder.here(doing.verb)
    header = Header.of(holder, cluster.name, loaded.source)
    with recorded(store_of(loaded).journal, header, site.secrets, sink) as journal:
        hooks = journal.hooks(hosts, lambda loss: journal(Note(loss.message, "warning")))
        async with held(site.transport, hosts, holder, hooks) as lock:
            journal.planned(doing.plan)
            run = Run(doing, lock, journal)
            try:
                yield run
            except (ChangeFailed, Unreachable, Locked):
                journal(Note(run.account, "warning"))
                raise
