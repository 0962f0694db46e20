from __future__ import annotations

import asyncio
import json

from corral.errors import InvalidFile
from corral.runs import lock_file
from corral.runs.lock_file import Claim
from tests.unit.cli.real_hosts import Corral, corral
from tests.unit.runs.lock_hosts import ANNA, BEN, HostsClock, clock, lock_of

__all__ = ["clock", "corral"]  # the fixtures


def lock(corral: Corral, number: int, claim: Claim) -> None:
    text = lock_file.take(str(corral.hosts[number].layout.state), claim)
    asyncio.run(corral.wire.run(corral.hosts[number].name, text))
    assert lock_of(corral.hosts[number]).exists()


def test_nothing_is_locked(corral: Corral) -> None:
    assert corral("unlock").stdout == "one: not locked\ntwo: not locked\n"
    told = json.loads(corral("unlock", "--format", "json").stdout)
    assert [row["held"] for row in told["locks"]] == [False, False]
    assert (told["removed"], told["problems"]) == ([], [])


def test_a_lock_is_shown_explained_and_broken_when_agreed(corral: Corral, clock: HostsClock) -> None:
    lock(corral, 0, Claim(ANNA, "2026-11-24T19:30:12+00:00", "t1"))
    lock(corral, 1, Claim(BEN, "2026-11-24T19:30:12+00:00", "t2"))
    clock.set_age(corral.hosts[1], 90)
    done = corral("unlock", "--yes")
    assert "one: `corral apply` of anna on ops-1 (pid 4711), since 2026-11-24T19:30:12+00:00" in done.stdout
    assert "alive" in done.stdout.splitlines()[0]
    assert "last sign of life 90 s ago: left behind: the next run takes it over" in done.stdout.splitlines()[1]
    assert "up to 10 s" in done.stderr
    assert "broke the lock on one, two" in done.stderr
    assert not [host for host in corral.hosts if lock_of(host).exists()]


def test_it_is_not_broken_unasked(corral: Corral) -> None:
    lock(corral, 0, Claim(ANNA, "now", "t1"))
    failure = corral.failure("unlock")
    assert isinstance(failure, InvalidFile)
    assert failure.problems[0].hint == "add --yes"
    assert lock_of(corral.hosts[0]).exists()
    told = json.loads(corral("unlock", "--format", "json", code=4).stdout)
    assert told["locks"][0]["holder"]["operator"] == "anna"
    assert "t1" not in json.dumps(told)
    assert lock_of(corral.hosts[0]).exists()
    assert json.loads(corral("unlock", "--format", "json", "--yes").stdout)["removed"] == ["one"]
    assert not lock_of(corral.hosts[0]).exists()


def test_a_host_that_cannot_be_reached_is_said_and_the_others_are_freed(corral: Corral) -> None:
    lock(corral, 0, Claim(ANNA, "now", "t1"))
    corral.wire.cut = lambda host, _number: host == "two"
    done = corral("unlock", "--yes", code=3)
    assert "two can't be reached" in done.stderr
    assert not lock_of(corral.hosts[0]).exists()
