"""What a host is asked, and above all: what it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from corral.model.cluster import Install
from corral.observe.question import owned_files, question_of
from tests.unit.observe.recorded import COMPOSE, SYSTEMD
from tests.unit.plan.cluster_of import cluster_of


def test_a_cluster_never_claims_files_of_one_whose_name_begins_like_its_own() -> None:
    assert not set(owned_files("shop")) & set(owned_files("shop-app"))
    assert "/etc/systemd/system/corral-shop-nginx.service" in owned_files("shop")
    assert "/etc/systemd/system/corral-shop-app-nginx.service" in owned_files("shop-app")
    assert not any("*" in path or "?" in path for path in owned_files("shop"))


def test_an_application_host() -> None:
    cluster = cluster_of(COMPOSE)
    question = question_of(cluster, cluster.host_by_name["app-208"])
    assert question.ports == (123, 5040, 5041, 5042)
    assert (question.docker, question.image, question.name) == (True, "obs-tiny:1", "")
    assert "/var/lib/docker" in question.disks
    assert ("docker.io", "docker-ce", "moby-engine") in question.packages
    assert question.keep_off == ()
    assert "/etc/corral/obs" in question.trees
    assert "/var/lib/corral/obs/state/marks" in question.trees
    assert "/var/lib/corral/obs" not in question.trees, "the data are not Corral's files"
    assert "/var/lib/corral/obs/state" not in question.parents, "locks and journals come and go below it"


def test_a_host_of_everything_else() -> None:
    cluster = cluster_of(SYSTEMD)
    question = question_of(cluster, cluster.host_by_name["one"])
    assert question.ports == (80, 123, 5040, 5041, 27017)
    assert (question.docker, question.image) == (False, "")
    assert ("nginx", "nginx.service") in question.keep_off
    assert ("mongodb-org-server", "mongod.service") in question.keep_off
    assert question.mongod == "/usr/bin/mongod"
    assert "/var/lib/corral/obs/mongod" in question.disks


def test_a_host_that_the_file_knows_by_name_is_asked_for_its_address() -> None:
    cluster = cluster_of(SYSTEMD)
    assert question_of(cluster, cluster.host_by_name["two"]).name == "db-217"


def test_programs_that_come_otherwise_are_no_packages() -> None:
    cluster = cluster_of(SYSTEMD)
    archive = Install("archive", source="mongodb.tgz", sha256="ab" * 32, version=(6, 0, 5))
    database = replace(cluster.database, install=archive, directory=PurePosixPath("/srv/mongo db"))
    cluster = replace(cluster, database=database, proxy=replace(cluster.proxy, install=Install("none")))
    question = question_of(cluster, cluster.host_by_name["one"])
    assert question.packages == (("logrotate",), ("chrony",))
    assert question.versions == ("nginx",)
    assert question.mongod == f"/opt/corral/mongodb-{'ab' * 6}/bin/mongod"
    assert "/srv/mongo db" in question.disks
    assert "/srv/mongo db" in question.directories


def test_a_named_package_is_the_one_that_counts() -> None:
    cluster = cluster_of(SYSTEMD)
    cluster = replace(cluster, proxy=replace(cluster.proxy, install=Install(name="nginx-full")))
    question = question_of(cluster, cluster.host_by_name["one"])
    assert ("nginx-full",) in question.packages
    assert ("nginx-full", "nginx.service") in question.keep_off
