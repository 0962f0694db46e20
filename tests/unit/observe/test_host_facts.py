"""What is rendered depends on: by each way in which a program comes to its host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.cluster import Install
from corral.model.machine import Docker, Machine, PackageState, Program, System
from corral.observe.host_facts import host_facts
from tests.unit.observe.recorded import SYSTEMD, one
from tests.unit.plan.cluster_of import cluster_of

ARCHIVE = Install("archive", source="x.tgz", sha256="0123456789ab" + "0" * 52, version=(6, 0, 5))


def test_a_recorded_host() -> None:
    cluster, machine = one()
    facts = host_facts(cluster, {"one": machine})
    assert list(facts) == ["one"], "those that were not reached are left out"
    found = facts["one"]
    assert (found.nginx_version, found.nginx_path) == ((1, 22, 1), "/usr/sbin/nginx")
    assert (found.mongod_version, found.mongod_path) == (None, "/usr/bin/mongod")
    assert (found.family, found.cores, found.interface, found.machine) == ("debian", 2, "eth0", "one")
    assert (found.user, found.access_log) == ("corral-obs-web", "/var/log/corral/obs/access.log")


def mongod(install: Install, **machine: object) -> tuple[object, str]:
    cluster = cluster_of(SYSTEMD)
    cluster = replace(cluster, database=replace(cluster.database, install=install))
    found = replace(Machine("two"), **machine)  # type: ignore[arg-type] # cases name any field
    facts = host_facts(cluster, {"two": found})["two"]
    return facts.mongod_version, facts.mongod_path


HERE = (Program("mongod", "/usr/local/bin/mongod", (7, 0, 1)),)
COMING = (PackageState("mongodb-org-server", "", "1:8.0.4"),)
THERE = (PackageState("mongodb-org-server", "7.0.14~rc1", None),)


@pytest.mark.parametrize(
    ("install", "programs", "packages", "expected"),
    [
        (Install(), (), (), (None, "/usr/bin/mongod")),
        (Install(), (), COMING, ((8, 0, 4), "/usr/bin/mongod")),
        (Install(), HERE, THERE, ((7, 0, 14), "/usr/bin/mongod")),
        (Install(name="percona-server-mongodb"), HERE, COMING, (None, "/usr/bin/mongod")),
        (ARCHIVE, HERE, THERE, ((6, 0, 5), "/opt/corral/mongodb-0123456789ab/bin/mongod")),
        (Install("none"), HERE, THERE, ((7, 0, 1), "/usr/local/bin/mongod")),
        (Install("none"), (), (), (None, "mongod")),
    ],
)
def test_by_each_way(
    install: Install, programs: tuple[Program, ...], packages: tuple[PackageState, ...], expected: tuple[object, str]
) -> None:
    assert mongod(install, programs=programs, packages=packages) == expected


def test_an_archive_of_nginx() -> None:
    cluster = cluster_of(SYSTEMD)
    cluster = replace(cluster, proxy=replace(cluster.proxy, install=ARCHIVE))
    facts = host_facts(cluster, {"one": Machine("one", system=System(), docker=Docker())})["one"]
    assert (facts.nginx_version, facts.nginx_path) == ((6, 0, 5), "/opt/corral/nginx-0123456789ab/sbin/nginx")
