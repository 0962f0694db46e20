"""`up` killed after every one of its actions, and run again: it arrives at the same cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.cluster.harness import A_RUN, TINY, TestCluster, make_cluster
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster

KILLED_UP = r"""
import asyncio, os, signal, sys
from pathlib import Path
from corral.events import ActionFinished, ActionStarted, Event
from corral.operate.apply import ApplyRequest
from corral.operate.session import Session
from corral.operate.up import up
from corral.operate.where import Where
from corral.transport.local import LocalTransport

begun, run = [], LocalTransport.run

def kill_after_an_action(event: Event) -> None:
    if isinstance(event, ActionStarted):
        begun.append(event.action)
    if isinstance(event, ActionFinished):
        print(event.action, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

async def run_the_first_part(self, host, script, deadline=60.0):
    if "\necho done 0\n" in script:
        print(begun[0], flush=True)
        begun.clear()
        script = script.replace("\necho done 0\n", "\necho done 0\nkill -9 $PPID $$\n", 1)
    return await run(self, host, script, deadline)

LocalTransport.run = run_the_first_part
request = ApplyRequest("up", asks=False)
asyncio.run(up(Where(Path(sys.argv[1])), request, Session(sink=kill_after_an_action)))
"""
"""Dies at its first finished action; ends by itself when nothing is left to do. The changes of a host travel as one
script: that dies too, when the first of them is done."""


PARTS, RUNS = 13, 6
"""More runs than it can take: of those that are killed, each has done something."""


def killed_up(cluster: TestCluster) -> list[str]:
    """The actions at which `up` was killed, several where hosts are changed at the same time; none at its end."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_UP, str(cluster.file)],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=A_RUN,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    assert bool(done.stdout) == bool(done.returncode)
    return done.stdout.splitlines()


@dataclass
class Course:
    """One cluster's way from nothing to its file, in runs that are killed."""

    cluster: TestCluster
    killed: list[list[str]] = field(default_factory=list)
    arrived: bool = False

    def go_on(self, runs: int) -> None:
        """By so many runs, or until one has nothing left to do."""
        while runs and not self.arrived:
            actions = killed_up(self.cluster)
            self.arrived = not actions
            self.killed += [actions] if actions else []
            runs -= 1


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    cluster = make_cluster(tmp_path_factory.mktemp("course"), TINY)
    try:
        yield Course(cluster)
    finally:
        cluster.end()


@pytest.mark.parametrize("part", range(PARTS))
def test_up_killed_after_an_action_goes_on(course: Course, part: int) -> None:
    """A part of the way for each test: all of it takes long on a machine with much else to do."""
    before = len(course.killed)
    course.go_on(RUNS)
    assert course.arrived or len(course.killed) == before + RUNS


def test_up_killed_after_each_action_arrives(course: Course) -> None:
    course.go_on(PARTS * RUNS)  # nothing, unless this test runs by itself
    assert course.arrived, f"it goes round in circles: {course.killed}"
    done = {action for actions in course.killed for action in actions}
    assert len(course.killed) > 15
    tiny = course.cluster
    assert {"unit mongod.d", f"replica set {tiny.name}", "unit nginx.p"} <= done
    # the two start in one wave: the other one may be written down when the first one's end kills the run
    assert {"unit a-5040", "unit a-5041"} & done
    assert any(action.startswith("directory ") for action in done)
    assert any(action.startswith("file ") for action in done)
    assert tiny.up() | {"seconds": 0, "url": ""} == {
        "url": "",
        "state": "healthy",
        "seconds": 0,
        "changed": False,
        "next": "",
    }
    assert "0 failed" in tiny.run("verify").stdout


def test_ctrl_c_while_it_starts_says_where_things_stand(tiny: TestCluster) -> None:
    with tiny.start("up", "--detach", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "supervisor" in line:
                process.send_signal(2)
                break
        said += process.stderr.read()
        assert process.wait(PATIENCE) == 130
    assert "interrupted" in said
    assert "goes on from here" in said
    assert tiny.up()["state"] == "healthy"


def test_what_was_written_is_there_after_down_and_up(tiny: TestCluster) -> None:
    tiny.up()
    secrets = json.loads((tiny.root / "secrets.json").read_text())
    tiny.run("down")
    assert tiny.processes() == frozenset()
    assert tiny.status()["state"] == "down"
    tiny.up()
    assert json.loads((tiny.root / "secrets.json").read_text()) == secrets


def test_down_asks_before_it_deletes(tiny: TestCluster) -> None:
    tiny.up()
    said = tiny.run("down", "--purge", code=2).stderr
    assert "add --yes" in said
    assert tiny.status()["state"] == "healthy"
    tiny.run("down", "--purge", "--yes")
    assert not tiny.root.exists()
