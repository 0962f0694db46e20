"""What is remembered of a cluster on machines: the lock and the marks on its hosts, the journal on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from corral.errors import ChangeFailed, Locked, Unreachable
from corral.events import Event, Note, Sink, Warned
from corral.late import late
from corral.model.cluster import Host
from corral.problems import Problem
from corral.runs import locks_found, marks
from corral.runs.journal_texts import SUFFIX
from corral.runs.lock_file import Holder
from corral.runs.locks_found import FoundLock
from corral.runs.marks import Mark
from corral.runs.run import Run, RunRequest
from corral.secrets import Secrets
from corral.transport.base import Transport

if TYPE_CHECKING:
    from corral.runs import follow, history, journal, lock
else:
    follow, history = late("corral.runs.follow"), late("corral.runs.history")
    journal, lock = late("corral.runs.journal"), late("corral.runs.lock")

POLL: Final = 1.0
"""Seconds between two readings of the hosts' records while a run is followed; the hosts get news every ten seconds."""


@dataclass(frozen=True)
class RunsFound:
    """The newest first, and a problem for each host that could not be asked."""

    runs: list[history.RecordedRun]
    problems: list[Problem]


@dataclass(frozen=True)
class LocksFound:
    locks: list[FoundLock]
    problems: list[Problem]


class MachineRecords:
    """`hosts` are those that have the lock; `journal` is the directory with the records of the runs started here;
    `unlock` is the command that says who holds the lock."""

    def __init__(
        self,
        name: str,
        source: str,
        journal: Path,
        transport: Transport,
        hosts: Sequence[Host],
        unlock: str = "corral unlock",
    ) -> None:
        self.journal, self._unlock = journal, unlock
        self._name, self._source = name, source
        self._transport, self.hosts = transport, hosts

    @asynccontextmanager
    async def hold(
        self, request: RunRequest, hosts: Collection[str], secrets: Secrets, sink: Sink
    ) -> AsyncIterator[Run]:
        """Hold the lock on `hosts` and write the journal, for the block. The playground has one lock for all hosts.

        Raises Locked when another run holds it; what the block raises is written down and goes on.
        """
        chosen = [host for host in self.hosts if host.name in hosts] or list(self.hosts)
        holder = Holder.here(request.verb)
        header = journal.Header.of(holder, self._name, self._source)
        with journal.recorded(self.journal, header, secrets, sink) as written:
            hooks = written.hooks(chosen, lambda loss: written(Note(loss.message, "warning")))
            hooks = replace(hooks, unlock=self._unlock)
            async with lock.held(self._transport, chosen, holder, hooks) as held:
                await asyncio.to_thread(written.planned, request.plan)
                run = Run(request, held, written)
                try:
                    yield run
                except (ChangeFailed, Unreachable, Locked):
                    written(Note(run.account, "warning"))
                    raise

    async def runs(self, elsewhere: bool) -> RunsFound:
        """Those that were started here; with `elsewhere` also those that are recorded only on the hosts."""
        runs = history.runs_in(self.journal)
        if not elsewhere:
            return RunsFound(runs, [])
        texts, problems = await history.records_of(self._transport, self.hosts)
        return RunsFound(history.with_those_of_hosts(runs, texts), problems)

    async def follow(self, run: str) -> AsyncGenerator[Event, None]:
        """The events of the run that `run` names (the newest if it is empty); the last one is RunEnded. A run that was
        started elsewhere is followed by its records on the hosts.

        Raises InvalidFile when there is no such run.
        """
        followed, told = follow.Followed(await self._named(run)), set[str]()
        while True:
            local, still, texts, problems = await self._look(followed.run)
            if silent := tuple(each for each in problems if each.where not in told):
                told.update(each.where for each in silent)
                yield Warned(silent)
            for event in followed.news(texts):
                yield event
            if followed.ended or not still:
                yield followed.end
                return
            await asyncio.sleep(POLL / 5 if local else POLL)

    async def _named(self, run: str) -> str:
        """The whole name of the run that `run` begins; of the one that goes on here, or of the newest, where it is
        empty."""
        here = [
            each.run
            for each in (await self.runs(elsewhere=False)).runs
            if each.run.startswith(run) and (run or each.outcome == "running")
        ]
        if len(here) == 1:
            return here[0]
        found = (await self.runs(elsewhere=not here)).runs
        return history.find(found, run or (found[0].run if found else "")).run

    async def _look(self, run: str) -> tuple[bool, bool, dict[str, str], list[Problem]]:
        """Whether its record is here; whether it may go on, which is asked first, so that what it wrote last is read;
        the records, and a problem for each host that can't be asked."""
        path = self.journal / f"{run}{SUFFIX}"
        if not path.exists():
            still = await self._may_go_on()
            return False, still, *await history.records_of(self._transport, self.hosts)
        still = history.goes_on(path)
        return True, still, {"": path.read_text(errors="replace")}, []

    async def _may_go_on(self) -> bool:
        """Whether some run does, or no host can be asked: one that was killed leaves no end, and its lock grows old."""
        locks = (await self.locks()).locks
        return not locks or any(lock.alive for lock in locks)

    async def locks(self) -> LocksFound:
        return LocksFound(*await locks_found.find_locks(self._transport, self.hosts))

    async def break_locks(self, locks: Sequence[FoundLock]) -> LocksFound:
        """The locks that are gone, and a problem for each that isn't."""
        return LocksFound(*await locks_found.remove_locks(self._transport, locks))

    async def mark(self, name: str, values: Mapping[str, Any], hosts: Collection[str] = ()) -> None:
        """Set the mark `name` on `hosts` (on all if none are named). Raises CorralError."""
        holder = Holder.here(name)
        text = Mark(name, f"{holder.operator} on {holder.machine}", values=values).to_text().encode()
        chosen = [host for host in self.hosts if not hosts or host.name in hosts]
        await asyncio.gather(
            *(
                self._transport.write(host.name, marks.path_of(str(host.layout.state), name), text, 0o600)
                for host in chosen
            )
        )

    async def unmark(self, name: str) -> None:
        """Raises CorralError."""
        texts = [(host.name, marks.removal(str(host.layout.state), name)) for host in self.hosts]
        await asyncio.gather(*(self._transport.run(host, text) for host, text in texts))
