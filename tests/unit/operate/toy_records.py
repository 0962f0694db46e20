"""What the toy remembers, in a directory: the lock is a file, the journal is the one that every place has."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from corral.errors import Locked
from corral.events import Event, Sink
from corral.places.base import Records
from corral.problems import Problem
from corral.runs.follow import Followed
from corral.runs.history import find, runs_in
from corral.runs.journal import Header, recorded
from corral.runs.lock_file import Holder
from corral.runs.locks_found import FoundLock
from corral.runs.marks import Mark
from corral.runs.records import LocksFound, RunsFound
from corral.runs.run import Run, RunRequest
from corral.secrets import Secrets


class ToyRecords(Records):
    def __init__(self, root: Path) -> None:
        self.journal, self.lock, self.marks = root / "journal", root / "lock", dict[str, Mark]()

    def exists(self) -> bool:
        return self.journal.exists()

    @asynccontextmanager
    async def hold(
        self, request: RunRequest, hosts: Collection[str], secrets: Secrets, sink: Sink
    ) -> AsyncIterator[Run]:
        with recorded(self.journal, Header.of(Holder.here(request.verb), "toy", ""), secrets, sink) as journal:
            try:
                self.lock.touch(exist_ok=False)
            except FileExistsError:
                raise Locked(Problem("locked", "error", "somebody else plays with it")) from None
            try:
                journal.planned(request.plan)
                yield Run(request, self, journal)
            finally:
                self.lock.unlink()

    def check(self) -> None:
        """Nobody breaks the lock of a toy."""

    async def runs(self, elsewhere: bool) -> RunsFound:
        return RunsFound(runs_in(self.journal), [])

    async def follow(self, run: str) -> AsyncGenerator[Event, None]:
        name = find(runs_in(self.journal), run).run
        for event in Followed(name).news({"": (self.journal / f"{name}.jsonl").read_text()}):
            yield event

    async def locks(self) -> LocksFound:
        return LocksFound([], [])

    async def break_locks(self, locks: Sequence[FoundLock]) -> LocksFound:
        return LocksFound([], [])

    async def mark(self, name: str, values: Mapping[str, Any], hosts: Collection[str] = ()) -> None:
        self.marks[name] = Mark(name, "a child", values=values)

    async def unmark(self, name: str) -> None:
        self.marks.pop(name, None)
