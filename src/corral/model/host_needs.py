"""What a host has to have and to hold free, by what the cluster file asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from corral.model.cluster import Cluster, Database, Host, Install
from corral.model.identity import UnitId
from corral.model.machine import Machine, Version
from corral.model.programs import (
    ARCHIVES,
    CHRONY,
    COMPOSE_PLUGIN,
    DOCKER,
    PROGRAMS,
    ProgramName,
    archive_directory,
    docker_packages,
    version_in,
)


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
        return (self.install.name,) if named else PROGRAMS[self.program].packages


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


def needed_services(cluster: Cluster, host: Host) -> Iterator[tuple[str, ...]]:
    """The distribution's services that must run on `host`, each with all its names."""
    for need in needs(cluster, host):
        if names := {"docker": DOCKER, "chronyd": CHRONY}.get(need.program):
            yield names


def is_member(cluster: Cluster, host: Host) -> bool:
    return any(member.host == host for member in cluster.database.members)


def has_containers(cluster: Cluster, host: Host) -> bool:
    return cluster.app.runtime == "compose" and bool(cluster.instances_on(host))


def data_directory(database: Database, host: Host) -> PurePosixPath:
    """mongod's dbPath on `host`."""
    return database.directory or own_data_directory(host)


def own_data_directory(host: Host) -> PurePosixPath:
    """The same where the file names none."""
    return host.layout.data / "mongod"


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


def program_path(machine: Machine, need: Need) -> str:
    """Where `need`'s program is, or will be once it is installed; its bare name when that can't be known.

    A package's program is where packages put it, whatever else of that name lies on PATH before it.
    """
    install, known = need.install, PROGRAMS[need.program]
    if install.way == "archive" and known.inside:
        return str(archive_directory(need.program, install) / known.inside)
    if install.way == "package" and known.path:
        return known.path
    found = machine.program(need.program)
    return found.path if found else need.program


def program_version(machine: Machine, need: Need) -> Version | None:
    """What `need`'s program is, or will be once it is installed; None when that can't be known before."""
    if need.install.way == "archive":
        return need.install.version
    found = machine.program(need.program)
    if need.install.way == "none":
        return found.version if found else None
    if _is_foreign(need):
        return None
    states = [machine.package(name) for name in need.packages]
    known = next((state.installed for state in states if state.installed), "")
    return version_in(known or next((state.candidate for state in states if state.candidate), "") or "")


def another_product(machine: Machine, need: Need) -> str:
    """What stands in the place of `need`'s program and doesn't tell the version of that one; empty for the usual."""
    if _is_foreign(need):
        return need.install.name
    found = machine.program(need.program)
    theirs = need.install.way == "none" and found and found.version is None
    return found.product if theirs and found else ""


def _is_foreign(need: Need) -> bool:
    """A package of another product, by its name: the number of angie's is not nginx's."""
    named = need.install.name if need.install.way == "package" and need.program == "nginx" else ""
    return bool(named) and not named.startswith(("nginx", "openresty"))


def mongod_to_be(cluster: Cluster, host: Host, machine: Machine) -> Version | None:
    """The MongoDB that the member on `host` is to run; None where there is no member, or that can't be known."""
    need = next((need for need in needs(cluster, host) if need.program == "mongod"), None)
    return program_version(machine, need) if need else None


def compose_version(machine: Machine, install: Install) -> Version | None:
    """What the compose is that will be called, once docker is there by `install`; None when that can't be known."""
    _, package = docker_packages(install.name, machine.system.family)
    coming = version_in(machine.package(package).candidate or "")
    if machine.docker.compose and (coming is None or coming < COMPOSE_PLUGIN):
        return machine.docker.compose_version
    return coming
