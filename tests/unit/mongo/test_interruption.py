"""Converging is cut off, again and again, and always gone on with."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corral.execute.handlers.replica_set import converge
from corral.model.resources import FoundReplicaSet, ReplicaSet
from corral.mongo.clients import Connections
from corral.secrets import Secret, Secrets
from tests.patience import PATIENCE

from .conftest import completed, settle
from .mongods import Mongods

HOME = Path(__file__).parents[3]
CUT_OFF = 9
"""The exit code of a process that has ended itself in the middle."""


def main() -> None:
    """The child process: converge in a process of its own, which dies at the `last` step; again until one arrives."""
    directory, last = Path(sys.argv[1]), int(sys.argv[2])
    wanted, secrets = pickle.loads((directory / "wanted").read_bytes())  # noqa: S301 - written by this test
    deaths = 0
    while True:
        if (process := os.fork()) == 0:
            run(wanted, {name: Secret(value) for name, value in secrets.items()}, last if deaths else 1)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if code != CUT_OFF:
            print(deaths)
            sys.exit(code)
        deaths += 1


def run(wanted: ReplicaSet, secrets: Secrets, last: int) -> None:
    """Converge, and die without a word when the step numbered `last` is decided."""
    steps: list[str] = []

    def report(sentence: str) -> None:
        if not sentence.startswith("wait"):
            steps.append(sentence)
            if len(steps) == last:
                os._exit(CUT_OFF)

    asyncio.run(converge(wanted, Connections(secrets), report, PATIENCE))


@contextmanager
def child(wanted: ReplicaSet, mongods: Mongods, last: int) -> Iterator[subprocess.Popen[bytes]]:
    secrets = {name: secret.reveal() for name, secret in mongods.secrets.items()}
    (mongods.directory / "wanted").write_bytes(pickle.dumps((wanted, secrets)))
    command = [sys.executable, "-m", __name__, str(mongods.directory), str(last)]
    process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def arrived(wanted: ReplicaSet, mongods: Mongods) -> FoundReplicaSet:
    found = completed(wanted, mongods)
    assert (found.election_timeout, found.heartbeat_interval) == (
        wanted.election_timeout,
        wanted.heartbeat_interval,
    )
    assert dict(found.users) == {user.name: "ok" for user in wanted.users}
    return found


def test_a_process_that_dies_after_each_step_arrives_in_the_end(mongods: Mongods) -> None:
    """Each process does what the one before it died of deciding, then decides once more and dies."""
    mongods.start(1, 2, 3)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3, election=10, heartbeat=2)
    with child(wanted, mongods, last=2) as process:
        output, _ = process.communicate(timeout=4 * PATIENCE)
    assert process.returncode == 0
    assert int(output) >= 8, "there are eight steps, each of them cut off"
    arrived(wanted, mongods)
    assert settle(wanted, mongods.secrets) == (False, [])


def test_a_process_killed_at_any_moment_does_no_harm(mongods: Mongods) -> None:
    """From three members to five, killed after ever longer times that nobody has chosen."""
    mongods.start(1, 2, 3, 4, 5)
    wanted = five(mongods)
    chance, begin = random.Random(), seconds_to_begin()
    for attempt in range(40):
        with child(wanted, mongods, last=0) as process, contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(begin * (chance.uniform(0.8, 2) + attempt * 0.4))
        if process.returncode == 0:
            break
    assert process.returncode == 0, "in the end there was time enough"
    arrived(wanted, mongods)


def seconds_to_begin() -> float:
    """How long the child takes, on this machine and now, until it can do its first step."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", f"import {__name__}"], cwd=HOME, check=True)
    return time.monotonic() - began


def test_five_members_become_three_others_without_the_primary(mongods: Mongods) -> None:
    """The primary and two more go, an arbiter comes: all that a change of members can need."""
    mongods.start(1, 2, 3, 4, 5, 6)
    settle(five(mongods), mongods.secrets)
    wanted = mongods.wanted(3, 4, mongods.member(6, 0, arbiter=True))
    changed, _ = settle(wanted, mongods.secrets)
    assert changed
    found = arrived(wanted, mongods)
    assert found.primary in {mongods.name(3), mongods.name(4)}
    assert {fact.name: fact.state for fact in found.facts}[mongods.name(6)] == "ARBITER"


def five(mongods: Mongods) -> ReplicaSet:
    return mongods.wanted(mongods.member(1, priority=2), 2, 3, 4, 5)


def test_a_member_that_is_not_there_is_named_when_the_time_is_over(mongods: Mongods) -> None:
    from corral.errors import ChangeFailed

    mongods.start(3)
    wanted = mongods.wanted(3, 8)
    began = time.monotonic()
    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(converge(wanted, Connections(mongods.secrets), lambda _: None, 1.5))
    assert time.monotonic() - began < PATIENCE
    (problem,) = failure.value.problems
    assert problem.code == "replica-set-overdue"
    assert f"{mongods.name(8)} is UNREACHABLE (Connection refused)" in problem.message
    assert problem.hint


def test_a_run_that_may_not_go_on_stops_while_it_waits(mongods: Mongods) -> None:
    """Its lock is lost, or its user wants it to stop: nobody waits for a member that may never come."""
    from corral.errors import Locked
    from corral.problems import Problem

    mongods.start(3)
    looks: list[float] = []

    def check() -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            raise Locked(Problem("lock-lost", "error", "lost"))

    wanted = mongods.wanted(3, 8)
    with pytest.raises(Locked):
        asyncio.run(converge(wanted, Connections(mongods.secrets), lambda _: None, PATIENCE, check))
    assert len(looks) == 3


if __name__ == "__main__":
    main()
