"""How many workers run, whatever their hosts are called."""

from __future__ import annotations

from dataclasses import replace

from corral.model.identity import read_back
from corral.model.resources import FoundUnit
from corral.verify.workers import workers
from tests.unit.plan.cluster_of import REFERENCE, cluster_of, desired_of, in_place

NAMED = REFERENCE.replace("a: 10.0.0.2", "prod-worker-1: 10.0.0.2").replace(
    "hosts: [a, b]", "hosts: [prod-worker-1, b]"
)


def test_a_host_with_worker_in_its_name_makes_no_worker() -> None:
    text = NAMED.replace("d1: 10.0.0.4", "prod-worker-2: 10.0.0.4").replace("d1: {", "prod-worker-2: {")
    check = workers(cluster_of(text), in_place(desired_of(text)).units)
    assert (check.result, check.seen) == ("passed", "1 running: prod-worker-1-worker-5140")


def test_a_worker_that_has_left_the_file_is_one_too_many() -> None:
    found = (*in_place(desired_of(NAMED)).units, FoundUnit(read_back("b", "b-worker-5140"), "running"))
    check = workers(cluster_of(NAMED), found)
    assert check.result == "failed"
    assert "2 running: b-worker-5140, prod-worker-1-worker-5140" in check.seen
    stopped = (*found[:-1], replace(found[-1], state="stopped"))
    assert workers(cluster_of(NAMED), stopped).result == "passed"
