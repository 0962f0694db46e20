"""A first apply that is stopped: by one signal, by two, and by SIGKILL after each thing that it has done.

The tests go on from where the one before has left the hosts, and the last one ends with a whole cluster.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.lab.faults import HOSTS, NAME, SUBNET, Applying, Sights, applying, errors, sections
from tests.lab.harness import A_RUN, LabCluster, made, running
from tests.lab.holds import held


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabCluster]:
    with running(NAME, SUBNET, HOSTS) as lab:
        yield made(lab, tmp_path_factory.mktemp("c"), "t2", **sections())


@pytest.fixture(scope="module")
def sights(cluster: LabCluster) -> Sights:
    return Sights(cluster)


def outcome(run: Applying) -> str:
    return str(run.lines()[-1]["outcome"])


def test_two_signals_stop_at_once(cluster: LabCluster, sights: Sights) -> None:
    """What one host is still at there is ended; nothing is half-written, and nobody is locked out."""
    with held(cluster, "db-2", "/usr/bin/sync") as hold, applying(cluster, 130) as run:
        hold.reached(run.process)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(A_RUN)
    assert "nothing was left half-written" in run.said
    assert "run the same command to go on" in run.said
    assert outcome(run) == "interrupted"
    sights.look()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_stops_at_a_safe_point(cluster: LabCluster, sights: Sights, number: signal.Signals) -> None:
    """What is under way ends first. It is told what is done and what isn't, as the journal has it."""
    host, program = ("db-2", "sync") if number == signal.SIGTERM else ("db-3", "mktemp")
    with held(cluster, host, f"/usr/bin/{program}") as hold, applying(cluster, 130) as run:
        hold.reached(run.process)
        run.process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            run.process.wait(1)
        hold.let_go()
    assert "stopping as soon as the steps that have begun are done; Ctrl-C again stops at once" in run.said
    done, everything = (sum(line["kind"] == kind for line in run.lines()) for kind in ("done", "started"))
    assert done == everything, "nothing that was begun is left open"
    assert f"stopped at a safe point: {done} of " in errors(run.said)[0]
    assert "; not done: " in errors(run.said)[0]
    assert "`corral apply` goes on from here" in run.said
    assert outcome(run) == "interrupted"
    sights.look()
    assert cluster.run("unlock").stdout.count("not locked") == len(cluster.spec["hosts"])


def kill_after_the_first_thing_done(run: Applying) -> str:
    """What it was; empty when the run has ended by itself."""
    while run.process.poll() is None:
        done = [line["action"] for line in run.lines() if line["kind"] == "done"]
        if done:
            run.process.kill()
            run.process.wait()
            return str(done[0])
        time.sleep(0.01)  # the pause between two looks; the run ends by itself at the latest
    return ""


PARTS, RUNS = 10, 10
"""More runs than it can take."""


@dataclass
class Course:
    """The way there, in runs of which each is killed as soon as it has done something."""

    cluster: LabCluster
    sights: Sights
    killed_at: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    arrived: bool = False

    def go_on(self, runs: int) -> None:
        """By so many runs, or until one has come to its end."""
        while runs and not self.arrived:
            with applying(self.cluster, 0, -signal.SIGKILL) as run:
                killed = kill_after_the_first_thing_done(run)
            self.said.append(run.said)
            self.arrived = not killed
            self.killed_at += [killed] if killed else []
            self.sights.look()
            runs -= 1


@pytest.fixture(scope="module")
def course(cluster: LabCluster, sights: Sights) -> Course:
    return Course(cluster, sights)


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_after_a_thing_that_it_has_done_it_goes_on(course: Course, part: int) -> None:
    """A part of the way for each test. The next run begins at once: no lock is in its way."""
    before = len(course.killed_at)
    course.go_on(RUNS)
    assert course.arrived or len(course.killed_at) == before + RUNS


def test_killed_after_each_thing_it_has_done_it_arrives_all_the_same(
    cluster: LabCluster, sights: Sights, course: Course
) -> None:
    course.go_on(PARTS * RUNS)  # nothing, unless this test runs by itself
    assert course.arrived, f"it doesn't arrive: {course.killed_at}"
    kinds = {killed.split()[0] for killed in course.killed_at}
    assert {"archive", "file", "unit", "replica"} <= kinds, f"it was to be stopped in all its parts: {course.killed_at}"
    taken_over = [
        "the lock is taken over from " in each and "that run no longer runs" in each for each in course.said[1:-1]
    ]
    assert all(taken_over), "\n".join(course.said)
    assert cluster.status()["state"] == "healthy"
    cluster.assert_settled()
    assert cluster.report("verify")["passed"]
    sights.assert_whole()
