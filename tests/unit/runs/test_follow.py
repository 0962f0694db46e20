"""A run followed while it goes on: the one here by its own record, a colleague's by what the hosts have of it."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from corral.errors import ChangeFailed, InvalidFile
from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionStarted,
    Event,
    Note,
    RunEnded,
    StageFinished,
    Warned,
    ignore,
)
from corral.runs import records as records_module
from corral.runs.follow import Followed
from corral.runs.history import KILLED, goes_on
from corral.runs.journal import Journal
from corral.runs.lock import held
from corral.runs.records import MachineRecords
from corral.runs.run import Run, RunRequest
from corral.stop import StopFlag
from tests.unit.runs.journal_runs import MAKE, PLAN, PROBLEM, WRITE, header
from tests.unit.runs.lock_hosts import Wire, hosts_in, lock_of

FIRST: tuple[Event, ...] = (Note("look out", "warning"), ActionStarted(WRITE.id, "a", WRITE.summary))
LAST: tuple[Event, ...] = (
    ActionFinished(WRITE.id, "a", WRITE.summary, 0.5),
    ActionStarted(MAKE.id, "b", MAKE.summary),
    StageFinished("database", 1.5),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts are told every 1.3 s instead of every ten."""
    monkeypatch.setattr(records_module.lock, "held", partial(held, ttl=4))
    monkeypatch.setattr(records_module, "POLL", 0.05)


class Machines:
    """Two hosts; and machines from which runs are begun, each with a journal of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.hosts = root, hosts_in(root / "hosts", "a", "b")
        self.wires = {"here": Wire(), "elsewhere": Wire()}

    def records(self, machine: str = "here") -> MachineRecords:
        return MachineRecords("shop", "cluster.yaml", self.root / machine, self.wires[machine], self.hosts)

    @asynccontextmanager
    async def run(self, machine: str = "here") -> AsyncIterator[Run]:
        request = RunRequest("apply", PLAN, StopFlag())
        async with self.records(machine).hold(request, ("a", "b"), {}, ignore) as run:
            yield run


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


class Follower:
    """Follows in the background, and can be waited for."""

    def __init__(self, records: MachineRecords, run: str = "") -> None:
        self.events: list[Event] = []
        self.task = asyncio.create_task(self._follow(records, run))

    async def _follow(self, records: MachineRecords, run: str) -> None:
        async for event in records.follow(run):
            self.events.append(event)

    async def has(self, event: Event) -> None:
        async with asyncio.timeout(20):
            while event not in self.events:
                assert not self.task.done(), (self.events, self.task.exception())
                await asyncio.sleep(0.02)

    async def ended(self) -> list[Event]:
        async with asyncio.timeout(20):
            await self.task
        return self.events


def go(scenario: Callable[[], Awaitable[None]]) -> None:
    async def played() -> None:
        await scenario()

    asyncio.run(played())


@pytest.mark.parametrize("follower", ["here", "elsewhere"])
def test_a_run_that_goes_on(machines: Machines, follower: str) -> None:
    """On another machine nothing is known of it but what the hosts have been told."""

    async def scenario() -> None:
        async with machines.run("here") as run:
            follow = Follower(machines.records(follower))
            for event in FIRST:
                run.sink(event)
            for event in FIRST:
                await follow.has(event)
            assert not follow.task.done()
            for event in LAST:
                run.sink(event)
        *events, end = await follow.ended()
        assert len(events) == len(FIRST) + len(LAST), "each once"
        assert set(events) == {*FIRST, *LAST}
        assert isinstance(end, RunEnded)
        assert end.outcome == "done"
        assert end.seconds is not None

    go(scenario)


@pytest.mark.parametrize("follower", ["here", "elsewhere"])
def test_what_failed_is_told(machines: Machines, follower: str) -> None:
    failed = ActionFailed(MAKE.id, "b", (PROBLEM,), 0.25)

    async def scenario() -> None:
        with pytest.raises(ChangeFailed):
            async with machines.run("here") as run:
                run.sink(failed)
                raise ChangeFailed(PROBLEM)
        events = await Follower(machines.records(follower)).ended()
        (told,) = [event for event in events if isinstance(event, ActionFailed)]
        assert (told.action, told.problems[0].message) == (MAKE.id, PROBLEM.message)
        assert any(isinstance(event, Note) and "of 3 changes are done" in event.message for event in events)
        assert isinstance(events[-1], RunEnded)
        assert (events[-1].outcome, events[-1].problems) == ("failed", (PROBLEM,))

    go(scenario)


def test_one_by_its_name_among_others(machines: Machines) -> None:
    """Also one that is over: then it is told, and that is all."""

    async def scenario() -> None:
        names = []
        for note in ("one", "two"):
            async with machines.run() as run:
                run.sink(Note(note))
                names += [path.stem for path in (machines.root / "here").iterdir() if path.stem not in names]
        assert (await Follower(machines.records(), names[0]).ended())[:-1] == [Note("one")]
        assert (await Follower(machines.records("elsewhere"), names[1]).ended())[:-1] == [Note("two")]

    go(scenario)


def test_a_colleague_s_run_that_was_killed_has_an_end_for_whoever_follows(machines: Machines) -> None:
    """It leaves none on the hosts: its lock grows old there."""

    async def scenario() -> None:
        async with machines.run("here") as run:
            run.sink(FIRST[0])
            follow = Follower(machines.records("elsewhere"))
            await follow.has(FIRST[0])
            for wire in machines.wires.values():
                wire.cut = lambda _host, _number: True
            await asyncio.sleep(0.2)
            assert not follow.task.done(), "hosts that can't be asked just now tell nothing of it"
            for host in machines.hosts:
                then = time.time() - 60
                os.utime(lock_of(host), (then, then))
            machines.wires["elsewhere"].cut = lambda _host, _number: False
            events = await follow.ended()
        silent = [problem.where for event in events if isinstance(event, Warned) for problem in event.problems]
        assert sorted(silent) == ["a", "b"], "told once"
        assert events[-1] == RunEnded(KILLED, None)

    go(scenario)


def test_what_a_run_here_wrote_last_is_told(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends just when it is looked at."""
    journal = Journal(machines.root / "here", header(), {}, ignore)
    journal.planned(PLAN)
    journal(FIRST[0])

    def looked_at(record: Path) -> bool:
        journal(LAST[0])
        journal.end(None)
        return goes_on(record)

    async def scenario() -> None:
        monkeypatch.setattr(records_module.history, "goes_on", looked_at)
        events = await Follower(machines.records()).ended()
        assert [type(event) for event in events] == [Note, ActionFinished, RunEnded]

    go(scenario)


def test_a_run_here_that_was_killed_has_an_end_too(machines: Machines) -> None:
    """Nobody holds its record any more."""
    journal = Journal(machines.root / "here", header(), {}, ignore)
    journal.planned(PLAN)
    journal(FIRST[0])
    journal._file.close()

    async def scenario() -> None:
        assert await Follower(machines.records(), journal.header.run).ended() == [FIRST[0], RunEnded(KILLED, None)]

    go(scenario)


def test_runs_that_are_not_there(machines: Machines) -> None:
    async def scenario() -> None:
        with pytest.raises(InvalidFile, match="no run has been recorded"):
            await Follower(machines.records()).ended()
        async with machines.run():
            pass
        with pytest.raises(InvalidFile, match="no run begins with '1999'"):
            await Follower(machines.records("elsewhere"), "1999").ended()

    go(scenario)


def line(kind: str, **more: str) -> str:
    return json.dumps({"run": "r", "kind": kind, **more})


def test_a_line_on_its_way_is_read_when_it_has_come() -> None:
    followed, whole = Followed("r"), line("note", message="one")
    assert list(followed.news({"": f"{whole}\n{whole[:9]}"})) == [Note("one")]
    assert list(followed.news({"": f"{whole}\n{whole}\n"})) == [Note("one")]
    assert list(followed.news({"": f"{whole}\n{whole}\n"})) == []


def test_hosts_are_not_told_of_the_end_in_the_same_moment() -> None:
    """What the slower one has to tell would be lost."""
    followed, begun, end = Followed("r"), line("run"), line("ended")
    list(followed.news({"a": f"{begun}\n{end}", "b": begun, "c": ""}))
    assert not followed.ended
    late = line("note", message="late")
    assert list(followed.news({"a": f"{begun}\n{end}", "b": f"{begun}\n{late}\n{end}"})) == [Note("late")]
    assert followed.ended


def test_several_hosts_tell_in_the_order_in_which_it_happened() -> None:
    texts = {"a": line("note", at="3", message="three"), "b": line("note", at="1", message="one")}
    assert list(Followed("r").news(texts)) == [Note("one"), Note("three")]


def test_other_runs_and_words_that_are_no_lines_are_left_out() -> None:
    """Whoever is root on a host may have written its record."""
    text = "\n".join(["[1]", "nonsense", "{}", '{"run": "s", "kind": "note", "message": "other"}', line("unheard-of")])
    assert list(Followed("r").news({"a": text})) == []
