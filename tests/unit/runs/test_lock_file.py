"""The lock file itself, by its POSIX sh texts in real shells; looking at it and removing it by hand."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from corral.errors import Locked
from corral.runs import lock_file
from corral.runs.lock import held
from corral.runs.lock_file import Answer, Claim, Holder, answer_in
from corral.runs.locks_found import FoundLock, find_locks, remove_locks
from corral.transport.local import LocalTransport
from tests.unit.runs.lock_hosts import ANNA, BEN, HostsClock, Wire, clock, hosts_in, lock_of

__all__ = ["clock"]  # the fixture


def answer_of(text: str) -> Answer:
    answer = answer_in(asyncio.run(LocalTransport().run("h", text)).text)
    assert answer
    return answer


def test_a_text_that_is_sent_twice_does_the_same(tmp_path: Path) -> None:
    """The answer to the first may have been lost on its way."""
    state, claim = str(tmp_path / "state"), Claim(ANNA, "now", "t1")
    assert [answer_of(lock_file.take(state, claim)).word for _ in range(2)] == ["taken", "taken"]
    assert [answer_of(lock_file.refresh(state, "t1")).word for _ in range(2)] == ["own", "own"]
    assert answer_of(lock_file.refresh(state, "t2")) == Answer("lost", 0, claim.to_text())
    asyncio.run(LocalTransport().run("h", lock_file.release(state, "t2")))
    assert answer_of(lock_file.read(state)).claim == claim
    for _ in range(2):
        done = asyncio.run(LocalTransport().run("h", lock_file.release(state, "t1")))
        assert (done.code, done.error) == (0, "")
    assert answer_of(lock_file.read(state)).word == "free"
    assert answer_of(lock_file.refresh(state, "t1")).word == "lost"


def test_a_lock_of_the_future_begins_to_age(tmp_path: Path, clock: HostsClock) -> None:
    [host] = hosts_in(tmp_path, "a")
    state = str(host.layout.state)
    answer_of(lock_file.take(state, Claim(ANNA, "now", "t1")))
    clock.set_age(host, -3600)
    assert answer_of(lock_file.take(state, Claim(BEN, "now", "t2"), 1)).word == "held"
    assert lock_of(host).stat().st_mtime <= time.time() + 1
    clock.set_age(host, 3)
    assert answer_of(lock_file.take(state, Claim(BEN, "now", "t2"), 1)).word == "taken-over"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"verb": "apply"}', "two\nlines"])
def test_a_lock_that_nobody_has_signed_is_one_all_the_same(tmp_path: Path, content: str) -> None:
    [host] = hosts_in(tmp_path, "a")
    lock_of(host).parent.mkdir(parents=True)
    lock_of(host).write_text(content)

    async def scenario() -> None:
        with pytest.raises(Locked, match="a run whose name is unknown"):
            async with held(LocalTransport(), [host], ANNA):
                pytest.fail("it is locked")
        found, _ = await find_locks(LocalTransport(), [host])
        assert found[0].held
        assert await remove_locks(LocalTransport(), found) == ([FoundLock(host)], [])

    asyncio.run(scenario())
    assert not lock_of(host).exists()


def test_names_with_any_characters(tmp_path: Path) -> None:
    holder = Holder("apply", 'o\'neil $(id) "x"', "büro\n1", 7)
    claim = Claim(holder, "now", "t1")
    state = str(tmp_path / "a b'c")
    answer_of(lock_file.take(state, claim))
    assert answer_of(lock_file.read(state)).claim == claim


def test_looking_changes_nothing_and_removing_only_what_was_seen(tmp_path: Path, clock: HostsClock) -> None:
    hosts = hosts_in(tmp_path, "a", "b", "c")
    wire = Wire(cut=lambda host, _number: host == "c")

    async def scenario() -> None:
        found, problems = await find_locks(wire, hosts)
        assert [lock.to_json() for lock in found] == [
            {"host": name, "held": False, "alive": False, "refreshed_seconds_ago": None, "holder": None}
            for name in "ab"
        ]
        assert [problem.where for problem in problems] == ["c"]
        assert not (tmp_path / "a").exists()
        answer_in((await wire.run("a", lock_file.take(str(hosts[0].layout.state), Claim(ANNA, "now", "t1")))).text)
        clock.set_age(hosts[0], 40)
        [seen] = (await find_locks(wire, hosts[:1]))[0]
        assert seen.sentence.endswith("last sign of life 40 s ago: left behind: the next run takes it over")
        assert seen.to_json()["holder"] == {"since": "now", **vars(ANNA)}
        assert "t1" not in str(seen.to_json())
        await wire.run("a", lock_file.take(str(hosts[0].layout.state), Claim(BEN, "now", "t2")))
        removed, problems = await remove_locks(wire, [seen])
        assert (removed, problems[0].code) == ([], "locked-anew")
        assert lock_of(hosts[0]).exists()

    asyncio.run(scenario())
