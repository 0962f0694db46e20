"""Rules on the distribution's services that the cluster runs on, and on what they read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from corral.model.host_needs import has_containers
from corral.model.machine import Machine
from corral.model.programs import CHRONY, CHRONY_DIRECTORIES, DOCKER
from corral.rules.registry import Evidence, There, rule_on_each

_CONTAINERS: Final = ("docker.service", "docker.socket", "containerd.service")
"""Of these docker.service starts none without the others."""
_ELSEWHERE: Final = ("rescue", "emergency", "basic", "sysinit", "poweroff", "halt", "reboot")
"""systemd's own targets that want no multi-user.target. What somebody has made may."""


def _masked(machine: Machine, units: Collection[str]) -> Iterator[Evidence]:
    told = {f"{name}.service" for state in machine.services if state.masked for name in state.names}
    yield from ({"unit": unit} for unit in units if unit in machine.masked | told)


def _has_docker(there: There) -> bool:
    return has_containers(there.cluster, there.host)


def _failed(there: There, names: Collection[str]) -> Iterator[Evidence]:
    for service, words in there.machine.readings.said:
        if service.removesuffix(".service") in names:
            yield {"service": service, "words": words.rstrip(".")}


@rule_on_each("A10", "error", "packages")
def docker_masked(there: There) -> Iterator[Evidence]:
    if _has_docker(there):
        yield from _masked(there.machine, _CONTAINERS)


@rule_on_each("T01", "error", "time")
def time_masked(there: There) -> Iterator[Evidence]:
    if there.cluster.time.servers:
        yield from _masked(there.machine, [f"{name}.service" for name in CHRONY])


@rule_on_each("A10", "warning", "packages")
def docker_failed(there: There) -> Iterator[Evidence]:
    """Nothing where its configuration is what it refuses: that is an error, and says more."""
    if _has_docker(there) and not there.machine.readings.docker_refuses:
        yield from _failed(there, DOCKER)


@rule_on_each("T01", "warning", "time")
def time_failed(there: There) -> Iterator[Evidence]:
    if there.cluster.time.servers:
        yield from _failed(there, CHRONY)


@rule_on_each("A10", "error", "packages")
def docker_config_refused(there: There) -> Iterator[Evidence]:
    yield from _docker_config(there, runs=False)


@rule_on_each("A10", "warning", "packages")
def docker_config_broken(there: There) -> Iterator[Evidence]:
    yield from _docker_config(there, runs=True)


def _docker_config(there: There, *, runs: bool) -> Iterator[Evidence]:
    error, active = there.machine.readings.docker_refuses, any(there.machine.active(*DOCKER))
    if _has_docker(there) and error and active == runs:
        yield {"error": error.rstrip(".")}


@rule_on_each("H11", "error", "time")
def time_not_read(there: There) -> Iterator[Evidence]:
    if there.cluster.time.servers and there.machine.readings.chrony is False:
        rhel = there.machine.system.family == "rhel"
        main = "/etc/chrony.conf" if rhel else "/etc/chrony/chrony.conf"
        yield {"main": main, "directory": CHRONY_DIRECTORIES["rhel" if rhel else "debian"]}


@rule_on_each("H11", "warning", "packages")
def rotation_not_read(there: There) -> Iterator[Evidence]:
    if there.host in there.cluster.proxy.hosts and there.machine.readings.logrotate is False:
        yield {}


@rule_on_each("H11", "warning", "packages")
def rotation_masked(there: There) -> Iterator[Evidence]:
    if there.host in there.cluster.proxy.hosts and "logrotate.timer" in there.machine.masked:
        yield {}


@rule_on_each("H11", "warning", "packages")
def sysctl_masked(there: There) -> Iterator[Evidence]:
    if there.is_member and there.cluster.database.tune and "systemd-sysctl.service" in there.machine.masked:
        yield {}


@rule_on_each("H09", "warning", "accounts")
def boots_elsewhere(there: There) -> Iterator[Evidence]:
    target = there.machine.system.boots_into
    if target.removesuffix(".target") in _ELSEWHERE:
        yield {"target": target}


@rule_on_each("H09", "error", "accounts")
def definition_instead(there: There) -> Iterator[Evidence]:
    for path in there.machine.instead:
        yield {"path": path, "service": path.rpartition("/")[2]}
