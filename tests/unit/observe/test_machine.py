"""All hosts at once: those that answer, those that don't, and both as the planner wants them."""

from __future__ import annotations

import asyncio

import pytest

from corral.errors import Unreachable
from corral.model.cluster import Cluster
from corral.model.command import CommandResult
from corral.model.resources import FoundReplicaSet
from corral.model.software import Package
from corral.observe.machine import ask, observe_machines, observed_of
from corral.observe.question import question_of
from corral.secrets import Secret
from tests.unit.observe.recorded import SECRETS, SYSTEMD, stdout
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Answers, saying


def cluster() -> Cluster:
    return cluster_of(SYSTEMD)


def test_each_host_is_asked_once_and_those_that_are_silent_are_problems() -> None:
    transport = Answers(saying(stdout("one")), silent=frozenset({"two"}))
    machines, problems = asyncio.run(observe_machines(transport, cluster(), SECRETS))
    assert sorted(machines) == ["one", "three"]
    assert {host: problem.code for host, problem in problems.items()} == {"two": "unreachable"}
    assert sorted(host for host, _ in transport.asked) == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("told", "code", "error", "why"),
    [
        (b"", 124, "one: no answer within 60 s", "no answer within 60 s"),
        (b"", 127, "", "exit status 127"),
        (stdout("one")[:3000], 0, "", "cut off"),
        (stdout("one")[:-1], 0, "", "did not arrive completely"),
        (b"", 1, "sudo: the password is correct-horse", "the password is ${secret:key}"),
    ],
)
def test_a_host_that_does_not_answer_wholly_is_unreachable(told: bytes, code: int, error: str, why: str) -> None:
    made = cluster()
    transport = Answers(lambda _host, _script: CommandResult(code, told, error.encode()))
    asking = ask(transport, question_of(made, made.hosts[0]), {"key": Secret("correct-horse")})
    with pytest.raises(Unreachable) as caught:
        asyncio.run(asking)
    [problem] = caught.value.problems
    assert why in problem.message
    assert problem.where == "one"


def test_the_planners_half() -> None:
    transport = Answers(saying(stdout("one")), silent=frozenset({"two", "three"}))
    machines, _ = asyncio.run(observe_machines(transport, cluster(), SECRETS))
    replica_set = FoundReplicaSet(name="rs")
    observed = observed_of(machines, replica_set)
    owned = machines["one"].owned
    assert observed.files == owned.files
    assert observed.files
    assert observed.directories == owned.directories
    assert observed.units == owned.units
    assert {unit.name: unit.revision for unit in observed.units}["one-5040"] == "r1"
    assert Package("one", "chrony") in observed.software
    assert observed.replica_set is replica_set
    assert observed_of({}, replica_set).files == ()
