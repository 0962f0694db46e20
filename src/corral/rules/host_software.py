"""Rules on the programs that a host has or can get."""

from __future__ import annotations

from collections.abc import Iterator

from corral.model.host_needs import Need, another_product, compose_version, program_version
from corral.model.identity import container_of
from corral.model.machine import Machine, Version
from corral.model.mongodb_series import text_of
from corral.model.programs import APT_WAIT, PROGRAMS
from corral.rules.registry import Evidence, There, rule_on_each


def _unavailable(there: There) -> Iterator[Need]:
    """Programs whose packages are neither installed nor to be had; none where no lists are there that would tell."""
    for need in there.needs:
        states = [there.machine.package(name) for name in need.packages]
        if need.install.way == "package" and all(not state.installed and state.candidate == "" for state in states):
            yield need


@rule_on_each("H06", "error", "packages")
def no_package(there: There) -> Iterator[Evidence]:
    for need in _unavailable(there):
        if need.program != "mongod":
            yield {"package": need.packages[0], "program": need.program, "key": need.key}


@rule_on_each("H06", "error", "packages")
def no_mongodb_package(there: There) -> Iterator[Evidence]:
    """MongoDB's licence keeps it out of all distributions, so this is what most hosts begin with."""
    for need in _unavailable(there):
        if need.program == "mongod":
            yield {"package": need.packages[0], "distribution": there.machine.system.distribution}


@rule_on_each("H06", "warning", "packages")
def apt_is_locked(there: There) -> Iterator[Evidence]:
    """An installation waits for that: whoever waits wants to know for whom."""
    if there.machine.apt_lock:
        lock, holder = there.machine.apt_lock
        yield {"lock": lock, "holder": holder, "wait": APT_WAIT}


@rule_on_each("H06", "error", "packages")
def no_program(there: There) -> Iterator[Evidence]:
    for need in there.needs:
        theirs = need.install.way == "none" and need.program not in ("docker", "compose")
        if theirs and there.machine.program(need.program) is None:
            yield about(there, need)


@rule_on_each("A10", "error", "packages")
def no_docker(there: There) -> Iterator[Evidence]:
    for need in there.needs:
        if need.install.way == "none" and _lacks_docker(there.machine, need):
            yield {"what": "docker" if need.program == "docker" else "docker compose"}


def _lacks_docker(machine: Machine, need: Need) -> bool:
    if need.program == "docker":
        return machine.program("docker") is None
    return need.program == "compose" and not machine.docker.compose


@rule_on_each("A12", "error", "packages")
def container_name_taken(there: There) -> Iterator[Evidence]:
    """By its labels it is somebody else's: compose would find that out in the middle of a run."""
    if there.cluster.app.runtime != "compose":
        return
    for instance in there.cluster.app.instances:
        container = container_of(there.cluster.name, instance.name)
        if instance.host == there.host and container in there.machine.docker.strangers:
            yield {"container": container, "unit": instance.name}


@rule_on_each("A10", "error", "packages")
def docker_is_podman(there: There) -> Iterator[Evidence]:
    """Where Corral is to bring docker, the package manager sees to what is in its way."""
    theirs = any(need.program == "docker" and need.install.way == "none" for need in there.needs)
    if theirs and there.machine.docker.podman:
        yield {}


@rule_on_each("H06", "error", "packages")
def program_does_not_run(there: There) -> Iterator[Evidence]:
    """Of those that somebody else was to install: the others are asked nothing."""
    for need in there.needs:
        program = there.machine.program(need.program)
        if need.install.way == "none" and program and program.failure is not None:
            yield {**about(there, need), "failure": program.failure or "?"}


@rule_on_each("H06", "warning", "packages")
def program_is_another(there: There) -> Iterator[Evidence]:
    """Its own number says nothing: Angie 1.8 is younger than nginx 1.27."""
    for need in there.needs:
        product, oldest = another_product(there.machine, need), PROGRAMS[need.program].oldest
        if product and oldest:
            yield {**about(there, need), "product": product, "oldest": text_of(oldest)}


@rule_on_each("H06", "error", "packages")
def program_too_old(there: There) -> Iterator[Evidence]:
    """Found before anything is changed: the proxies come last, and without this a whole run would have gone before."""
    for need in there.needs:
        if need.program != "compose":
            yield from _too_old(there, need, program_version(there.machine, need))


@rule_on_each("A10", "error", "packages")
def compose_too_old(there: There) -> Iterator[Evidence]:
    for need in there.needs:
        if need.program == "compose":
            yield from _too_old(there, need, compose_version(there.machine, need.install))


def _too_old(there: There, need: Need, version: Version | None) -> Iterator[Evidence]:
    oldest = PROGRAMS[need.program].oldest
    if oldest and version and version < oldest:
        yield {**about(there, need), "version": text_of(version), "oldest": text_of(oldest)}


def about(there: There, need: Need) -> Evidence:
    """Where `need`'s program is here, and what brings it: the cluster file's way, and those of one's own machine."""
    known, found = PROGRAMS[need.program], there.machine.program(need.program)
    return {
        "program": need.program,
        "key": need.key,
        "path": found.path if found else "",
        "light": known.light,
        "wheel": known.wheel.package if known.wheel else "",
        "architectures": ", ".join(known.wheel.architectures) if known.wheel else "",
    }
