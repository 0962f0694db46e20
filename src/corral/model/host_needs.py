"""What a host has to have and to hold free, by what the cluster file asks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from corral.model.cluster import Cluster, Host, Install
from corral.model.identity import UnitId
from corral.model.machine import Machine, Version
from corral.model.resources import Family

ProgramName = Literal["nginx", "logrotate", "mongod", "chronyd", "keepalived", "docker", "compose"]

ARCHIVES: Final = PurePosixPath("/opt/corral")
"""Where archives are unpacked, each in a directory of its own."""

CHRONY: Final = ("chrony", "chronyd")
TIME_DAEMONS: Final = (*CHRONY, "systemd-timesyncd", "ntp", "ntpd", "ntpsec", "openntpd")
"""Services that set the clock, by all the names they have in Debian and in Red Hat's family."""

_PACKAGES: Final[dict[ProgramName, tuple[str, ...]]] = {
    "nginx": ("nginx",),
    "logrotate": ("logrotate",),
    "mongod": ("mongodb-org-server", "mongodb-org"),
    "chronyd": ("chrony",),
    "keepalived": ("keepalived",),
    "docker": ("docker.io", "docker-ce", "moby-engine"),
    "compose": ("docker-compose-plugin", "docker-compose-v2", "docker-compose"),
}
"""The packages any of which brings a program, in Debian, in Red Hat's family and in the makers' own sources."""

_IN_ARCHIVE: Final = {"nginx": ("nginx", "sbin/nginx"), "mongod": ("mongodb", "bin/mongod")}
"""By program: what its directory's name begins with, and where in it the program is."""

_PACKAGED: Final = {"nginx": "/usr/sbin/nginx", "mongod": "/usr/bin/mongod"}
"""Where packages put them, in both families."""

OLDEST: Final[dict[ProgramName, Version]] = {
    "nginx": (1, 19, 5),
    "mongod": (4, 4, 0),
    "chronyd": (4, 0, 0),
    "compose": (1, 27, 0),
}
"""The oldest that what Corral writes works with: nginx with the option -e; a mongod that itself refuses an unsafe
reconfiguration; chronyd with confdir and -p (its NEWS); a compose that takes a file without `version`."""

_PLUGIN_FROM: Final = (2, 0, 0)
"""From here on every package of compose brings docker's plugin, which goes before a docker-compose that is there."""
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Need:
    """A program that a host has to have; `key` is the place in the cluster file that says how it comes there."""

    program: ProgramName
    key: str
    install: Install

    @property
    def packages(self) -> tuple[str, ...]:
        """Any of these brings it. The file's own name for docker's package says nothing of compose's."""
        named = self.install.name and self.program != "compose"
        return (self.install.name,) if named else _PACKAGES[self.program]


def needs(cluster: Cluster, host: Host) -> Iterator[Need]:
    """The programs that `host` needs, whatever it has already."""
    if host in cluster.proxy.hosts:
        yield Need("nginx", "proxy.install", cluster.proxy.install)
        if "packages" in cluster.abilities:
            yield Need("logrotate", "proxy.hosts", Install())
        if cluster.moving:
            yield Need("keepalived", "proxy.virtual_ip", Install())
    if is_member(cluster, host):
        yield Need("mongod", "database.install", cluster.database.install)
    if cluster.time.servers and "time" in cluster.abilities:
        yield Need("chronyd", "time.install", cluster.time.install)
    if has_containers(cluster, host):
        yield Need("docker", "app.install", cluster.app.install)
        yield Need("compose", "app.install", cluster.app.install)


def is_member(cluster: Cluster, host: Host) -> bool:
    return any(member.host == host for member in cluster.database.members)


def has_containers(cluster: Cluster, host: Host) -> bool:
    return cluster.app.runtime == "compose" and bool(cluster.instances_on(host))


def docker_packages(name: str, family: Family) -> tuple[str, str]:
    """docker's package, which the file may name, and compose's. Debian's docker comes with Debian's compose; docker-ce
    is Docker's own, with its plugin.

    RHEL and its kin have no docker of their own: docker-ce comes from the repository that the user has added.
    """
    docker = name or ("docker-ce" if family == "rhel" else "docker.io")
    plugin = docker == "docker-ce" or family == "rhel"
    return docker, "docker-compose-plugin" if plugin else "docker-compose"


def data_directory(cluster: Cluster, host: Host) -> PurePosixPath:
    """mongod's dbPath."""
    return cluster.database.directory or host.layout.data / "mongod"


def archive_directory(program: Literal["nginx", "mongod"], install: Install) -> PurePosixPath:
    """Where an archive is unpacked: its digest is in the name, so that two versions never mix."""
    return ARCHIVES / f"{_IN_ARCHIVE[program][0]}-{install.sha256[:12]}"


def releases(cluster: Cluster) -> PurePosixPath:
    """Where the application's own archives are unpacked."""
    return ARCHIVES / cluster.name / "releases"


def wanted_ports(cluster: Cluster, host: Host) -> Iterator[tuple[str, int, UnitId]]:
    """Address, TCP port and unit of all that is to listen on `host`; `*` is every address."""
    for unit in cluster.proxy.units:
        if unit.host == host.name:
            yield "*" if cluster.moving else host.address, unit.port, unit
    for instance in cluster.instances_on(host):
        yield host.address, instance.port, instance.unit
    for member in cluster.database.members:
        if member.host == host:
            yield host.address, member.port, member.unit
            yield "127.0.0.1", member.port, member.unit


def version_in(text: str) -> Version | None:
    """The version in what a program or a package manager writes (`1:1.22.1-9+deb12u1`, `v2.29.1`); None without one."""
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def program_path(machine: Machine, need: Need) -> str:
    """Where `need`'s program is, or will be once it is installed; its bare name when that can't be known.

    A package's program is where packages put it, whatever else of that name lies on PATH before it.
    """
    install, name = need.install, need.program
    if install.way == "archive" and name in ("nginx", "mongod"):
        return str(archive_directory(name, install) / _IN_ARCHIVE[name][1])
    if install.way == "package" and name in _PACKAGED:
        return _PACKAGED[name]
    found = machine.program(name)
    return found.path if found else name


def program_version(machine: Machine, need: Need) -> Version | None:
    """What `need`'s program is, or will be once it is installed; None when that can't be known before."""
    if need.install.way == "archive":
        return need.install.version
    found = machine.program(need.program)
    if need.install.way == "none":
        return found.version if found else None
    states = [machine.package(name) for name in need.packages]
    known = next((state.installed for state in states if state.installed), "")
    return version_in(known or next((state.candidate for state in states if state.candidate), "") or "")


def mongod_to_be(cluster: Cluster, host: Host, machine: Machine) -> Version | None:
    """The MongoDB that the member on `host` is to run; None where there is no member, or that can't be known."""
    need = next((need for need in needs(cluster, host) if need.program == "mongod"), None)
    return program_version(machine, need) if need else None


def compose_version(machine: Machine, install: Install) -> Version | None:
    """What the compose is that will be called, once docker is there by `install`; None when that can't be known."""
    _, package = docker_packages(install.name, machine.system.family)
    coming = version_in(machine.package(package).candidate or "")
    if machine.docker.compose and (coming is None or coming < _PLUGIN_FROM):
        return machine.docker.compose_version
    return coming
