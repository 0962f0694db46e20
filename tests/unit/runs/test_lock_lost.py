"""Runs that lose their lock while they hold it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from corral.errors import CorralError, Locked, Unreachable
from corral.model.cluster import Host
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.runs.lock import Hooks, held
from corral.runs.lock_file import Claim
from corral.runs.locks_found import find_locks, remove_locks
from corral.transport.local import LocalTransport
from tests.patience import PATIENCE, holds_soon
from tests.unit.runs.lock_hosts import ANNA, BEN, Wire, hosts_in, lock_of

TTL = 6
"""Seconds, of which a third is time enough for a refresh on a machine with much else to do."""


async def lost_by(
    hosts: list[Host],
    act: Callable[[], Awaitable[None]],
    wire: LocalTransport | None = None,
    kind: type[CorralError] = Locked,
) -> Problem:
    """Why the lock was lost after `act`: the problem of a failure of this kind."""
    told: list[Problem] = []
    async with held(wire or LocalTransport(), hosts, ANNA, Hooks(on_lost=told.append), ttl=TTL) as lock:
        lock.check()
        await act()
        async with asyncio.timeout(PATIENCE):
            await lock.lost.wait()
        with pytest.raises(kind) as failure:
            lock.check()
    assert told == [failure.value.problems[0]], "told once"
    assert told[0].code == "lock-lost"
    return told[0]


def test_a_lock_that_another_has_taken_is_noticed_and_left_to_him(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    theirs = Claim(BEN, "now", "theirs").to_text()

    async def steal() -> None:
        lock_of(hosts[1]).write_text(theirs)

    problem = asyncio.run(lost_by(hosts, steal))
    assert "lock on b is lost: `corral rollout` of ben on ops-2 (pid 42), since now holds it now" in problem.message
    assert lock_of(hosts[1]).read_text() == theirs
    assert not lock_of(hosts[0]).exists()


def test_a_lock_that_was_removed_is_noticed(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")

    async def unlock() -> None:
        found, problems = await find_locks(LocalTransport(), hosts)
        assert (len(found), problems) == (2, [])
        await remove_locks(LocalTransport(), found)

    assert "corral unlock" in asyncio.run(lost_by(hosts, unlock)).message


def test_a_host_that_no_longer_answers_is_noticed(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    wire = Wire()

    async def cut() -> None:
        wire.cut = lambda host, _number: host == "b"

    began = time.monotonic()
    problem = asyncio.run(lost_by(hosts, cut, wire, Unreachable))
    assert f"lock on b is lost: it could not be refreshed for {TTL} s (b can't be reached)" in problem.message
    assert "unlock" not in problem.hint, "nobody has taken it"
    assert time.monotonic() - began >= TTL, "until then nobody else can have taken it"
    assert wire.runs["b"] > 3, "it was tried again"


class EverySecond(Wire):
    """Cut after each way that went well, until there were as many as the test needs."""

    def __init__(self) -> None:
        super().__init__(cut=lambda _host, _number: self._cut_next())
        self.went_well = 0
        self._cut = True

    def _cut_next(self) -> bool:
        self._cut = not self._cut
        return self._cut and not self.enough

    @property
    def enough(self) -> bool:
        return self.went_well > 3

    async def run(self, host: str, script: str, deadline: float = 60.0) -> CommandResult:
        try:
            completed = await super().run(host, script, deadline)
        except asyncio.CancelledError:  # it took too long: that is a failure by itself, and one is enough
            self._cut = True
            raise
        self.went_well += 1
        return completed


def test_one_refresh_that_fails_is_nothing(tmp_path: Path) -> None:
    """Three of them take longer together than the lock would last without those between."""
    hosts = hosts_in(tmp_path, "a")
    wire = EverySecond()

    async def scenario() -> None:
        async with held(wire, hosts, ANNA, ttl=TTL) as lock:
            await holds_soon(lambda: wire.enough)
            lock.check()

    asyncio.run(scenario())


def test_a_refresh_that_hangs_counts_as_failed(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a")
    wire = Wire()

    async def scenario() -> Problem:
        told: list[Problem] = []
        async with held(wire, hosts, ANNA, Hooks(on_lost=told.append), ttl=TTL) as lock:
            wire.slow["a"] = 3600
            async with asyncio.timeout(PATIENCE):
                await lock.lost.wait()
            assert wire.runs["a"] > 1, "it was tried"
            wire.slow.clear()
        return told[0]

    assert "could not be refreshed" in asyncio.run(scenario()).message


def test_a_machine_that_slept_has_lost_the_lock_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        monkeypatch.setattr("corral.runs.lock._now", lambda: now)
        async with held(LocalTransport(), hosts_in(tmp_path, "a"), ANNA) as lock:
            lock.check()
            monkeypatch.setattr("corral.runs.lock._now", lambda: now + 31)
            with pytest.raises(Locked, match="could not be refreshed for 31 s"):
                lock.check()
            assert lock.lost.is_set()

    asyncio.run(scenario())


def test_news_that_a_full_disk_refuses_does_not_cost_the_lock(tmp_path: Path) -> None:
    """The script refreshes the lock first; what it appends to the record after that fails."""
    hosts = hosts_in(tmp_path, "a")
    wire, arrived = Wire(), []
    refusing = Hooks(news=lambda _host: ("echo 'No space left on device' >&2\nexit 1\n", lambda: arrived.append(1)))

    async def scenario() -> None:
        async with held(wire, hosts, ANNA, refusing, ttl=TTL) as lock:
            began = time.monotonic()
            await holds_soon(lambda: wire.runs["a"] > 4)
            await holds_soon(lambda: time.monotonic() - began > TTL)
            lock.check()

    asyncio.run(scenario())
    assert not arrived, "what did not arrive is sent again"
