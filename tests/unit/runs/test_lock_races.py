"""Runs that begin at the same time, and what a killed one leaves behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corral.errors import Locked
from corral.events import Event, Note
from corral.model.cluster import Host
from corral.runs.lock import Hooks, Lock, held
from corral.runs.lock_file import Claim, Holder
from corral.transport.local import LocalTransport
from tests.patience import PATIENCE
from tests.unit.runs.lock_hosts import ANNA, BEN, HostsClock, clock, hosts_in, lock_of

__all__ = ["clock"]  # the fixture


async def compete(transport: LocalTransport, hosts: list[Host], number: int, ready: asyncio.Event) -> str:
    """`won` when it has held the lock; all that compete leave it only after the last of them was answered."""
    await ready.wait()
    lock = Lock(transport, hosts, Holder("apply", "x", "m", number), Hooks(), 30)
    try:
        await lock.take()
    except Locked:
        await lock.release(None)
        return "locked"
    return "won"


@pytest.mark.parametrize("repetition", range(25))
@pytest.mark.parametrize("left_behind", [False, True], ids=["free", "left behind"])
def test_of_many_at_once_exactly_one_wins(
    tmp_path: Path, clock: HostsClock, left_behind: bool, repetition: int
) -> None:
    async def scenario() -> list[str]:
        hosts = hosts_in(tmp_path / str(repetition), "a", "b")
        ready = asyncio.Event()
        if left_behind:
            for host in hosts:
                lock_of(host).parent.mkdir(parents=True)
                lock_of(host).write_text(Claim(ANNA, "long ago", "old").to_text())
                clock.set_age(host, 31)
        tasks = [asyncio.create_task(compete(LocalTransport(), hosts, number, ready)) for number in range(4)]
        ready.set()
        return await asyncio.gather(*tasks)

    assert sorted(asyncio.run(scenario())) == ["locked", "locked", "locked", "won"]


ROOT = Path(__file__).parents[3]
COMPETE = """
import asyncio, sys
from pathlib import Path
from corral.errors import Locked
from corral.runs.lock import held
from corral.runs.lock_file import Holder
from corral.transport.local import LocalTransport
from tests.unit.runs.lock_hosts import hosts_in

async def main():
    hosts = hosts_in(Path(sys.argv[1]), "a", "b")
    try:
        async with held(LocalTransport(), hosts, Holder.here("apply"), ttl=int(sys.argv[2])):
            print("held", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
    except Locked:
        print("locked", flush=True)

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


ELSEWHERE = """\
from corral.runs import lock_file
lock_file.process_of = lambda pid: f"another-machine {pid}/1"
"""
"""Put before it: the same on a machine that this one knows nothing of."""


def process(root: Path, ttl: int = 30, before: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", before + COMPETE, str(root), str(ttl)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def says(running: subprocess.Popen[str]) -> str:
    assert running.stdout
    return running.stdout.readline().strip()


def go_on(running: subprocess.Popen[str]) -> None:
    assert running.stdin
    running.stdin.write("\n")
    running.stdin.flush()


def test_of_processes_at_once_exactly_one_wins(tmp_path: Path) -> None:
    running = [process(tmp_path) for _ in range(3)]
    assert [says(each) for each in running] == ["ready"] * 3
    for each in running:
        go_on(each)
    assert sorted(says(each) for each in running) == ["held", "locked", "locked"]
    for each in running:
        each.communicate(timeout=PATIENCE)
        assert each.returncode == 0
    assert not [host for host in hosts_in(tmp_path, "a", "b") if lock_of(host).exists()]


def test_what_a_killed_run_of_this_machine_leaves_is_taken_over_at_once(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    running = process(tmp_path)
    assert says(running) == "ready"
    go_on(running)
    assert says(running) == "held"
    said: list[Event] = []

    async def scenario() -> None:
        with pytest.raises(Locked):
            async with held(LocalTransport(), hosts, BEN):
                pytest.fail("it lives")
        running.kill()
        running.communicate(timeout=PATIENCE)
        async with held(LocalTransport(), hosts, BEN, Hooks(sink=said.append)) as lock:
            assert [claim.holder.pid for claim in lock.taken_over] == [running.pid]

    asyncio.run(scenario())
    [note] = said
    assert isinstance(note, Note)
    assert note.message.startswith("the lock is taken over from ") and note.message.endswith(
        ": that run no longer runs"
    )
    assert not [host for host in hosts if lock_of(host).exists()]


def test_what_a_killed_run_leaves_is_taken_over_once_it_is_old(tmp_path: Path, clock: HostsClock) -> None:
    hosts = hosts_in(tmp_path, "a", "b")
    running = process(tmp_path, before=ELSEWHERE)
    assert says(running) == "ready"
    go_on(running)
    assert says(running) == "held"
    running.kill()
    running.communicate(timeout=PATIENCE)
    said: list[Event] = []

    async def scenario() -> None:
        with pytest.raises(Locked):
            async with held(LocalTransport(), hosts, BEN):
                pytest.fail("it is young still")
        clock.go_on(3600)  # nobody refreshes it meanwhile
        async with held(LocalTransport(), hosts, BEN, Hooks(sink=said.append)) as lock:
            assert [claim.holder.pid for claim in lock.taken_over] == [running.pid]

    asyncio.run(scenario())
    [note] = said
    assert isinstance(note, Note)
    assert note.severity == "warning"
    assert f"(pid {running.pid}), since" in note.message
    assert note.message.startswith("the lock is taken over from ") and "has given no sign of life for" in note.message


TTL = 10
"""Seconds, of which a third is time enough for a refresh on a machine with much else to do."""


def test_a_run_that_lives_is_never_taken_over(tmp_path: Path) -> None:
    hosts = hosts_in(tmp_path, "a", "b")

    async def scenario() -> None:
        async with held(LocalTransport(), hosts, ANNA, ttl=TTL) as lock:
            end = time.monotonic() + 1.5 * TTL
            while time.monotonic() < end:
                await asyncio.sleep(0.5)
                lock.check()
                with pytest.raises(Locked):
                    async with held(LocalTransport(), hosts, BEN, ttl=TTL):
                        pytest.fail("two hold it")

    asyncio.run(scenario())
