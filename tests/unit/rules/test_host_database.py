"""Rules on the hosts of the replica set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.cluster import Cluster
from corral.model.identity import read_back
from corral.model.machine import (
    FoundMember,
    Machine,
    PackageState,
    Process,
)
from corral.model.mongodb_series import Series
from corral.problems import Problem
from corral.rules import findings_on
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
        read_back("one", "mongod.one"),
        77,
        "/usr/bin/mongod",
        version,
        limits.get("files", 64000),
        limits.get("tasks", 64000),
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
    assert [problem.code for problem in findings_on(made, machines)] == (["D11"] * 3 if wrong else [])


def test_swappiness_where_corral_does_not_see_to_it() -> None:
    made = untuned()
    assert [p.code for p in findings_on(made, machines_of(made, swappiness=60, huge_pages="never"))] == ["D10"] * 3
    assert findings_on(made, machines_of(made, swappiness=1, huge_pages="never")) == []


@pytest.mark.parametrize(("kind", "severity"), [("ext4", "info"), ("nfs4", "warning"), ("xfs", "")])
def test_the_file_system_of_the_data(kind: str, severity: str) -> None:
    found = with_disk(host(), DATA, 50 << 30, kind)
    assert codes(found) == ([("D10", severity)] if severity else [])
    elsewhere = with_disk(host(), "/etc", 50 << 30, kind)
    assert codes(elsewhere) == []


@pytest.mark.parametrize(
    ("version", "wanted", "refused"),
    [
        ((7, 0, 2), "7.0.14", False),
        ((7, 0, 14), "7.0.2", False),
        ((6, 0, 5), "7.0.14", False),
        ((5, 0, 9), "7.0.14", True),
        ((8, 0, 1), "7.0.14", True),
        (None, "7.0.14", False),
        ((4, 4, 29), "5.0.31", False),
        ((4, 2, 25), "4.4.29", False),
        ((4, 2, 25), "5.0.31", True),
        ((4, 4, 29), "6.0.5", True),
        ((5, 0, 9), "4.4.29", True),
        ((8, 0, 1), "8.2.1", False),
        ((7, 0, 2), "8.2.1", True),
    ],
)
def test_series_one_at_a_time(version: tuple[int, int, int] | None, wanted: str, refused: bool) -> None:
    assert codes_of(to_become(running(version), wanted)) == ([("D16", "error")] if refused else [])


def to_become(found: Machine, wanted: str) -> Machine:
    rest = tuple(package for package in found.packages if package.name != "mongodb-org-server")
    return replace(found, packages=(*rest, PackageState("mongodb-org-server", wanted)))


def codes_of(found: Machine) -> list[tuple[str, str]]:
    """What is said when all members are to run the same as `found`."""
    made = cluster()
    machines = {each.name: replace(good(each), packages=found.packages) for each in made.hosts}
    return [(problem.code, problem.severity) for problem in findings_on(made, machines | {found.host: found})]


def told(found: Machine, series: Series | None, compatibility: Series | None) -> Machine:
    return replace(found, member=FoundMember(series, compatibility))


def test_what_a_member_says_of_itself_counts_where_its_program_was_not_asked() -> None:
    """As with packages: the file that runs lies where the wanted one does."""
    assert codes_of(told(to_become(running(None), "7.0.14"), (5, 0), None)) == [("D16", "error")]
    assert codes_of(told(to_become(running(None), "7.0.14"), (6, 0), None)) == []
    assert codes_of(told(to_become(running((6, 0, 5)), "7.0.14"), (5, 0), None)) == [], "the program knows best"


@pytest.mark.parametrize(
    ("compatibility", "wanted", "refused"),
    [
        ((6, 0), "7.0.14", False),
        ((7, 0), "7.0.14", False),
        ((5, 0), "7.0.14", True),
        ((4, 2), "4.4.29", False),
        ((4, 2), "5.0.31", True),
        ((7, 0), "8.2.1", True),
        (None, "7.0.14", False),
    ],
)
def test_data_that_the_next_mongod_would_not_open(compatibility: Series | None, wanted: str, refused: bool) -> None:
    found = told(to_become(running(None), wanted), None, compatibility)
    assert codes_of(found) == ([("D16", "error")] if refused else [])


def upgrade(series: Series, compatibility: Series, wanted: str) -> list[Problem]:
    """Of all three members."""
    made = cluster()
    machines = {each.name: told(to_become(good(each), wanted), series, compatibility) for each in made.hosts}
    return findings_on(made, machines)


@pytest.mark.parametrize(
    ("series", "compatibility", "wanted", "command"),
    [
        ((6, 0), (5, 0), "7.0.14", 'db.adminCommand({setFeatureCompatibilityVersion: "6.0"})'),
        ((7, 0), (6, 0), "8.0.4", 'db.adminCommand({setFeatureCompatibilityVersion: "7.0", confirm: true})'),
    ],
)
def test_the_command_that_raises_it_is_named_once(
    series: Series, compatibility: Series, wanted: str, command: str
) -> None:
    [problem] = upgrade(series, compatibility, wanted)
    assert (problem.code, problem.severity, problem.where) == ("D16", "error", "one")
    assert f"featureCompatibilityVersion is {compatibility[0]}.0" in problem.message
    assert f"`{command}`" in problem.hint


def test_a_series_left_out_is_told_alone() -> None:
    said = upgrade((5, 0), (5, 0), "7.0.14")
    assert [problem.code for problem in said] == ["D16"] * 3
    assert all("goes up one release series" in problem.message for problem in said)


def test_members_of_two_versions() -> None:
    other = without(host("three"), "mongodb-org-server", "8.0.4")
    [problem] = findings(other)
    assert (problem.code, problem.severity, problem.where) == ("D16", "warning", "three")
    assert "8.0.4" in problem.message
    assert codes(without(host("three"), "mongodb-org-server", "7.0.99")) == [], "patches may differ for a while"
