"""Hosts that nobody complains of, and ways to make them worse."""

from __future__ import annotations

from dataclasses import replace

from corral.model.cluster import Cluster, Host
from corral.model.identity import read_back
from corral.model.machine import (
    Disk,
    Docker,
    Machine,
    Memory,
    PackageState,
    Program,
    ServiceState,
    System,
    Tracking,
)
from corral.model.resources import FoundUnit
from corral.problems import Problem
from corral.rules import findings_on
from tests.unit.plan.cluster_of import cluster_of

FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
proxy: {hosts: [one]}
app: {command: serve, runtime: systemd, directory: /srv/app, hosts: [one, two], instances: 2, first_port: 5000}
database: {members: [one, two, three]}
time: {servers: [one, two]}
"""
COMPOSE = FILE.replace("runtime: systemd, directory: /srv/app", 'runtime: compose, image: "shop:1"')

PACKAGES = {
    "nginx": "1.22.1-9",
    "logrotate": "3.21.0-1",
    "mongodb-org-server": "7.0.14",
    "chrony": "4.3-2",
    "docker.io": "20.10.24",
    "docker-compose": "1.29.2",
}
DISKS = (
    "/etc",
    "/etc/corral/shop",
    "/opt/corral",
    "/var/lib/corral/shop",
    "/var/log/corral/shop",
    "/var/lib/corral/shop/mongod",
    "/var/lib/docker",
)


def good(host: Host) -> Machine:
    """A host that has everything, and that nobody complains of."""
    return Machine(
        host=host.name,
        system=System(
            root=True,
            user="deploy",
            architecture="x86_64",
            family="debian",
            distribution="Debian GNU/Linux 12 (bookworm)",
            systemd=252,
            cores=4,
            zone="Europe/Berlin",
            interface="eth0",
            journal_persistent=True,
        ),
        memory=Memory(total=16 << 30, available=12 << 30, swappiness=60, huge_pages="always"),
        disks=tuple(Disk(path, 50 << 30, "xfs") for path in DISKS),
        programs=tuple(Program(name, f"/usr/bin/{name}") for name in ("nginx", "mongod", "chronyd", "docker")),
        packages=tuple(PackageState(name, version) for name, version in PACKAGES.items()),
        services=(ServiceState(("chrony", "chronyd"), enabled=True, active=True),),
        docker=Docker(running=True, compose=("docker-compose",), compose_version=(1, 29, 2)),
        tracking=Tracking("Normal", 0.0001, 0.01, "10.0.0.2", 2),
    )


def changed(found: Machine, part: str, **changes: object) -> Machine:
    """`found` with other values in one of its parts."""
    return replace(found, **{part: replace(getattr(found, part), **changes)})


def cluster(text: str = FILE) -> Cluster:
    return cluster_of(text)


def findings(found: Machine, made: Cluster | None = None) -> list[Problem]:
    """What is said when `found` is one of three hosts, and the others are good."""
    made = made or cluster()
    machines = {host.name: good(host) for host in made.hosts} | {found.host: found}
    return findings_on(made, machines)


def codes(found: Machine, made: Cluster | None = None) -> list[tuple[str, str]]:
    said = findings(found, made)
    assert all(problem.where == found.host for problem in said), "the other hosts are good"
    return [(problem.code, problem.severity) for problem in said]


def host(name: str = "one", text: str = FILE) -> Machine:
    return good(cluster(text).host_by_name[name])


def without(found: Machine, name: str, candidate: str | None) -> Machine:
    """`found` where the package `name` isn't installed and `candidate` could be."""
    rest = tuple(package for package in found.packages if package.name != name)
    return replace(found, packages=(*rest, PackageState(name, "", candidate)))


def with_disk(found: Machine, path: str, free: int, kind: str = "xfs") -> Machine:
    return replace(found, disks=tuple(Disk(path, free, kind) if disk.path == path else disk for disk in found.disks))


DATA = "/var/lib/corral/shop/mongod"
RUNNING = tuple(FoundUnit(read_back("one", name), "running") for name in ("mongod.one", "one-5000", "one-5001"))
