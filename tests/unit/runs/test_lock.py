"""Taking a lock and giving it back."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from corral.errors import ChangeFailed, Locked, Unreachable
from corral.events import Event, Note
from corral.problems import Problem
from corral.runs.lock import Hooks, held
from corral.runs.lock_file import Claim
from corral.transport.local import LocalTransport
from tests.patience import holds_soon
from tests.unit.runs.lock_hosts import ANNA, BEN, HostsClock, Wire, clock, hosts_in, lock_of

__all__ = ["clock"]  # the fixture


def test_held_on_every_host_and_given_back(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "b", "a", "c")
    wire = Wire()

    async def scenario() -> None:
        async with held(wire, hosts, ANNA) as lock:
            lock.check()
            for host in hosts:
                claim = Claim.from_text(lock_of(host).read_text())
                assert claim
                assert claim.holder == ANNA
                assert stat.S_IMODE(lock_of(host).stat().st_mode) == 0o600
                assert stat.S_IMODE(lock_of(host).parent.stat().st_mode) == 0o755, "others have to pass through it"

    asyncio.run(scenario())
    assert not [host for host in hosts if lock_of(host).exists()]
    assert wire.runs == {"a": 2, "b": 2, "c": 2}, "one way there to take it and one to give it back"
    assert wire.scripts[0][0] == "a", "the first by name decides"


def test_the_second_is_told_who_holds_it(tmp_path: Path, clock: HostsClock) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    wire = Wire()

    async def scenario() -> Problem:
        async with held(LocalTransport(), hosts, ANNA, ttl=3600):  # so that no refresh comes between
            clock.set_age(hosts[0], 4)
            with pytest.raises(Locked) as failure:
                async with held(wire, hosts, BEN):
                    pytest.fail("two hold it")
            assert lock_of(hosts[0]).exists(), "it is not the second's to remove"
            return failure.value.problems[0]

    problem = asyncio.run(scenario())
    assert "`corral apply` of anna on ops-1 (pid 4711), since 20" in problem.message
    assert "its last sign of life was 4 s ago" in problem.message
    assert "corral unlock" in problem.hint
    assert problem.where == "a"
    assert wire.runs == {"a": 1}, "the others are not asked"


def test_a_host_that_is_locked_alone_gives_the_others_back(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")

    async def scenario() -> None:
        async with held(LocalTransport(), [hosts[1]], ANNA):
            with pytest.raises(Locked) as failure:
                async with held(LocalTransport(), hosts, BEN):
                    pytest.fail("two hold it")
            assert failure.value.problems[0].where == "b"
            assert [lock_of(host).exists() for host in hosts] == [False, True, False]

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", [ValueError, ChangeFailed, asyncio.CancelledError, KeyboardInterrupt])
def test_given_back_however_the_run_ends(tmp_path: Path, kind: type[BaseException]) -> None:
    hosts = hosts_in(tmp_path, "a", "b")

    async def scenario() -> None:
        async with held(LocalTransport(), hosts, ANNA):
            raise ChangeFailed(Problem("x", "error", "x")) if kind is ChangeFailed else kind

    with pytest.raises(kind):
        asyncio.run(scenario())
    assert not [host for host in hosts if lock_of(host).exists()]


@pytest.mark.parametrize("moment", ["taking", "holding"])
def test_given_back_when_cancelled(tmp_path: Path, moment: str) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")
    wire = Wire(slow={"c": 3600} if moment == "taking" else {})

    async def run() -> None:
        async with held(wire, hosts, ANNA):
            await asyncio.sleep(3600)

    async def scenario() -> None:
        task = asyncio.create_task(run())
        await holds_soon(lock_of(hosts[1]).exists)
        if moment == "holding":
            await holds_soon(lock_of(hosts[2]).exists)
        wire.slow.clear()  # for giving it back
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert not [host for host in hosts if lock_of(host).exists()]


def test_a_host_that_cannot_be_reached_gives_the_others_back(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")
    wire = Wire(cut=lambda host, _number: host == "b")

    async def scenario() -> None:
        async with held(wire, hosts, ANNA):
            pytest.fail("it is not held everywhere")

    with pytest.raises(Unreachable):
        asyncio.run(scenario())
    assert not [host for host in hosts if lock_of(host).exists()]
    assert wire.runs["b"] == 1


def test_a_lock_that_cannot_be_given_back_is_said(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a")
    wire = Wire(cut=lambda _host, number: number > 1)
    said: list[Event] = []

    async def scenario() -> None:
        async with held(wire, hosts, ANNA, Hooks(sink=said.append)):
            pass

    asyncio.run(scenario())
    [note] = said
    assert isinstance(note, Note)
    assert "a: the end of the run could not be recorded there: a can't be reached" in note.message
    assert "30 s" in note.message


def test_a_directory_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a")
    (tmp_path / "a").write_text("no directory")

    async def scenario() -> None:
        async with held(LocalTransport(), hosts, ANNA):
            pytest.fail("it is held nowhere")

    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(scenario())
    assert failure.value.problems[0].code == "lock-failed"
    assert "a: the cluster's lock can't be taken: mkdir" in failure.value.problems[0].message


def test_texts_travel_with_it(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    wire = Wire()
    failures: list[BaseException | None] = []

    def end(host: str, failure: BaseException | None) -> str:
        failures.append(failure)
        return f"echo end >>{tmp_path}/{host}.log\n"

    hooks = Hooks(start=lambda host: f"echo start >>{tmp_path}/{host}.log\n", end=end)

    async def scenario(failure: Exception | None) -> None:
        async with held(wire, hosts, ANNA, hooks):
            if failure:
                raise failure

    asyncio.run(scenario(None))
    assert (tmp_path / "a.log").read_text() == (tmp_path / "b.log").read_text() == "start\nend\n"
    assert wire.runs == {"a": 2, "b": 2}
    with pytest.raises(ValueError, match="x"):
        asyncio.run(scenario(failure := ValueError("x")))
    assert failures == [None, None, failure, failure]


def test_texts_are_not_run_where_the_lock_is_not_held(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    ran = tmp_path / "ran"
    hooks = Hooks(start=lambda host: f"echo {host} >>{ran}\n", end=lambda host, _failure: f"echo end {host} >>{ran}\n")

    async def scenario() -> None:
        async with held(LocalTransport(), [hosts[1]], ANNA):
            with pytest.raises(Locked):
                async with held(LocalTransport(), hosts, BEN, hooks):
                    pytest.fail("two hold it")

    asyncio.run(scenario())
    assert ran.read_text() == "a\nend a\n"


@pytest.mark.parametrize("when", ["start", "end"])
def test_a_text_that_fails_is_said_and_the_lock_given_back(tmp_path: Path, when: str) -> None:
    hosts = hosts_in(tmp_path, "a")
    said: list[Event] = []
    bad = "echo disk full >&2; exit 3\n"
    start = Hooks(sink=said.append, start=lambda _host: bad)
    hooks = start if when == "start" else Hooks(sink=said.append, end=lambda _host, _failure: bad)

    async def scenario() -> None:
        async with held(LocalTransport(), hosts, ANNA, hooks):
            pass

    if when == "start":
        with pytest.raises(ChangeFailed, match="disk full"):
            asyncio.run(scenario())
    else:
        asyncio.run(scenario())
        assert "disk full" in str(said)
    assert not lock_of(hosts[0]).exists()
