"""Rules on the hosts of the replica set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.cluster import Cluster
from corral.model.machine import (
    Machine,
    PackageState,
    Process,
)
from corral.rules.host import preflight
from tests.unit.rules.good_hosts import (
    DATA,
    FILE,
    changed,
    cluster,
    codes,
    findings,
    good,
    host,
    with_disk,
    without,
)


def running(version: tuple[int, int, int] | None, **limits: int | None) -> Machine:
    process = Process(
        "mongod.one", 77, "/usr/bin/mongod", version, limits.get("files", 64000), limits.get("tasks", 64000)
    )
    return replace(host(), processes=(process,))


def test_limits_of_a_mongod_that_runs() -> None:
    assert codes(running(None)) == []
    assert codes(running(None, files=-1, tasks=None)) == []
    [problem] = findings(running(None, files=1024, tasks=63999))
    assert (problem.code, problem.severity) == ("D10", "warning")
    assert "nofile 1024, nproc 63999" in problem.message


def untuned(text: str = FILE) -> Cluster:
    made = cluster(text)
    return replace(made, database=replace(made.database, tune=False))


def machines_of(made: Cluster, **memory: object) -> dict[str, Machine]:
    return {each.name: changed(good(each), "memory", **memory) for each in made.hosts}


@pytest.mark.parametrize(
    ("version", "pages", "wrong"),
    [("7.0.14", "never", False), ("7.0.14", "always", True), ("7.0.14", "madvise", True), ("8.0.4", "always", False),
     ("8.0.4", "never", True)],
)  # fmt: skip
def test_huge_pages_by_version_where_corral_does_not_see_to_them(version: str, pages: str, wrong: bool) -> None:
    made = untuned()
    machines = {
        name: replace(
            found, packages=(*found.packages[:2], PackageState("mongodb-org-server", version), *found.packages[3:])
        )
        for name, found in machines_of(made, swappiness=1, huge_pages=pages).items()
    }
    assert [problem.code for problem in preflight(made, machines)] == (["D11"] * 3 if wrong else [])


def test_swappiness_where_corral_does_not_see_to_it() -> None:
    made = untuned()
    assert [p.code for p in preflight(made, machines_of(made, swappiness=60, huge_pages="never"))] == ["D10"] * 3
    assert preflight(made, machines_of(made, swappiness=1, huge_pages="never")) == []


@pytest.mark.parametrize(("kind", "severity"), [("ext4", "info"), ("nfs4", "warning"), ("xfs", "")])
def test_the_file_system_of_the_data(kind: str, severity: str) -> None:
    found = with_disk(host(), DATA, 50 << 30, kind)
    assert codes(found) == ([("D10", severity)] if severity else [])
    elsewhere = with_disk(host(), "/etc", 50 << 30, kind)
    assert codes(elsewhere) == []


@pytest.mark.parametrize(
    ("version", "refused"),
    [((7, 0, 2), False), ((6, 0, 5), False), ((5, 0, 9), True), ((8, 0, 1), True), (None, False)],
)
def test_majors_one_at_a_time(version: tuple[int, int, int] | None, refused: bool) -> None:
    """7.0.14 is what is to run."""
    assert codes(running(version)) == ([("D16", "error")] if refused else [])


def test_members_of_two_versions() -> None:
    other = without(host("three"), "mongodb-org-server", "8.0.4")
    [problem] = findings(other)
    assert (problem.code, problem.severity, problem.where) == ("D16", "warning", "three")
    assert "8.0.4" in problem.message
    assert codes(without(host("three"), "mongodb-org-server", "7.0.99")) == [], "patches may differ for a while"
