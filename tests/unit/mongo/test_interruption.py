"""Converging is cut off, again and again, and always gone on with."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corral.execute.handlers.replica_set import converge
from corral.model.resources import ReplicaSet
from corral.mongo.probe import probe_write
from corral.observe.replica_set import observe_replica_set
from corral.plan.replica_set import is_complete
from corral.secrets import Secret

from .conftest import DEADLINE, settle
from .mongods import Mongods

CUT_OFF = 9
"""The exit code of a process that has ended itself in the middle."""


def main() -> None:
    """The child process: converge, and die without a word when the step numbered `last` is decided."""
    directory, last = Path(sys.argv[1]), int(sys.argv[2])
    wanted, secrets = pickle.loads((directory / "wanted").read_bytes())  # noqa: S301 - written by this test
    said: list[str] = []

    def report(sentence: str) -> None:
        if sentence.startswith("wait"):
            return
        said.append(sentence)
        with (directory / "said").open("a") as file:
            file.write(sentence + "\n")
        if len(said) == last:
            os._exit(CUT_OFF)

    asyncio.run(converge(wanted, {name: Secret(value) for name, value in secrets.items()}, report, DEADLINE))


def child(wanted: ReplicaSet, mongods: Mongods, last: int) -> subprocess.Popen[bytes]:
    secrets = {name: secret.reveal() for name, secret in mongods.secrets.items()}
    (mongods.directory / "wanted").write_bytes(pickle.dumps((wanted, secrets)))
    command = [sys.executable, "-m", __name__, str(mongods.directory), str(last)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3])


def arrived(wanted: ReplicaSet, mongods: Mongods) -> None:
    names = [member.name for member in wanted.members]
    found = asyncio.run(observe_replica_set(wanted, mongods.secrets, names))
    assert is_complete(wanted, found), found
    assert set(found.members) == set(wanted.members)
    assert (found.election_timeout, found.heartbeat_interval) == (
        wanted.election_timeout,
        wanted.heartbeat_interval,
    )
    assert dict(found.users) == {user.name: "ok" for user in wanted.users}
    assert asyncio.run(probe_write(mongods.secrets, names)).passed


def test_a_process_that_dies_after_each_step_arrives_in_the_end(mongods: Mongods) -> None:
    """Each process does what the one before it died of deciding, then decides once more and dies."""
    mongods.start(1, 2, 3)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3, election=10, heartbeat=2)
    deaths = 0
    while True:
        process = child(wanted, mongods, last=2 if deaths else 1)
        try:
            code = process.wait(DEADLINE)
        finally:
            process.kill()
        assert code in {0, CUT_OFF}
        if code == 0:
            break
        deaths += 1
        assert deaths < 40, (mongods.directory / "said").read_text()
    assert deaths >= 8, "there are eight steps, each of them cut off"
    arrived(wanted, mongods)
    assert settle(wanted, mongods.secrets) == (False, [])


def test_a_process_killed_at_any_moment_does_no_harm(mongods: Mongods) -> None:
    """From three members to five, killed after ever longer times that nobody has chosen."""
    mongods.start(1, 2, 3, 4, 5)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3, 4, 5)
    chance = random.Random()
    for attempt in range(40):
        process = child(wanted, mongods, last=0)
        try:
            code = process.wait(chance.uniform(0.3, 0.6) + attempt * 0.15)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        else:
            assert code == 0
            break
    arrived(wanted, mongods)


def test_a_member_that_is_not_there_is_named_when_the_time_is_over(mongods: Mongods) -> None:
    from corral.errors import ChangeFailed

    mongods.start(1)
    wanted = mongods.wanted(mongods.member(1, priority=2), 2, 3, 4, 5, 8)
    began = time.monotonic()
    with pytest.raises(ChangeFailed) as failure:
        asyncio.run(converge(wanted, mongods.secrets, lambda _: None, 1.5))
    assert time.monotonic() - began < 10
    (problem,) = failure.value.problems
    assert problem.code == "replica-set-overdue"
    assert f"{mongods.name(8)} is UNREACHABLE (Connection refused)" in problem.message
    assert problem.hint


if __name__ == "__main__":
    main()
