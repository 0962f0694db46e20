"""The rules on services, on what programs read, and on the address that moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.machine import Disk, Machine, Readings, ServiceState, VirtualAddress
from corral.problems import Problem
from corral.rules import findings_on
from tests.unit.rules.good_hosts import COMPOSE, FILE, changed, cluster, codes, findings, good, host

REFUSED = Readings(docker_refuses="line 3, column 1: Expecting value")
DOCKER_DOWN = (ServiceState(("docker",), enabled=True), ServiceState(("chrony",), enabled=True, active=True))
DOCKER_UP = (ServiceState(("docker",), enabled=True, active=True), *DOCKER_DOWN[1:])


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"masked": frozenset(("docker.service",))}, ("A10", "error"), "`systemctl unmask docker.service`"),
        ({"masked": frozenset(("docker.socket",))}, ("A10", "error"), "docker.socket is masked."),
        ({"masked": frozenset(("chrony.service",))}, ("T01", "error"), "chrony.service is masked."),
        ({"services": (ServiceState(("chronyd",), masked=True),)}, ("T01", "error"), "unmask chronyd.service`"),
        ({"readings": REFUSED, "services": DOCKER_DOWN}, ("A10", "error"), "can't: /etc/docker/daemon.json: line 3"),
        ({"readings": REFUSED, "services": DOCKER_UP}, ("A10", "warning"), "would not start again"),
        ({"readings": Readings(said=(("docker.service", "no room"),))}, ("A10", "warning"), "last words: no room."),
        ({"readings": Readings(said=(("chrony.service", "bad line"),))}, ("T01", "warning"), "last words: bad line."),
        (
            {"readings": Readings(chrony=False)},
            ("H11", "error"),
            "Write `confdir /etc/chrony/conf.d` into /etc/chrony/",
        ),
        ({"readings": Readings(logrotate=False)}, ("H11", "warning"), "include /etc/logrotate.d"),
        ({"masked": frozenset(("logrotate.timer",))}, ("H11", "warning"), "grows for ever"),
        ({"masked": frozenset(("systemd-sysctl.service",))}, ("H11", "warning"), "systemd-sysctl.service is masked."),
        ({"instead": ("/etc/systemd/system/corral-shop-app@one-5000.service",)}, ("H09", "error"), "daemon-reload"),
    ],
)
def test_what_is_told_of_services(changes: dict[str, object], expected: tuple[str, str], words: str) -> None:
    found = replace(host(text=COMPOSE), **changes)  # type: ignore[arg-type]  # fields of Machine
    assert codes(found, cluster(COMPOSE)) == [expected]
    [problem] = findings(found, cluster(COMPOSE))
    assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    "changes",
    [
        {"masked": frozenset(("docker.service", "cups.service"))},
        {"readings": replace(REFUSED, said=(("docker.service", "no"),))},
        {"readings": Readings(chrony=True, logrotate=True)},
    ],
)
def test_docker_is_nobodys_business_where_no_container_is_the_clusters(changes: dict[str, object]) -> None:
    assert codes(replace(host(), **changes)) == []  # type: ignore[arg-type]  # fields of Machine


def test_a_broken_configuration_says_more_than_the_service_that_failed() -> None:
    readings = replace(REFUSED, said=(("docker.service", "failed to start daemon"),))
    found = replace(host(text=COMPOSE), readings=readings, services=DOCKER_DOWN)
    assert codes(found, cluster(COMPOSE)) == [("A10", "error")]


@pytest.mark.parametrize(("target", "told"), [("rescue.target", True), ("graphical.target", False), ("", False)])
def test_into_what_a_host_starts(target: str, told: bool) -> None:
    found = changed(host(), "system", boots_into=target)
    assert codes(found) == ([("H09", "warning")] if told else [])


def with_disks(**changes: object) -> Machine:
    """Of one file system, which holds everything."""
    found = host("three")
    return replace(found, disks=tuple(replace(disk, mounted="/", **changes) for disk in found.disks))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inodes": 12}, "/, where /etc is, can hold 12 more files, and 1000 are needed."),
        ({"options": frozenset(("ro",))}, "is mounted read-only."),
    ],
)
def test_what_a_disk_has_no_room_for_is_told_once(changes: dict[str, object], words: str) -> None:
    [problem] = findings(with_disks(**changes))
    assert (problem.code, problem.severity) == ("H05", "error")
    assert words in problem.message.replace("/var/lib/corral/shop/mongod", "/etc").replace("/etc/corral/shop", "/etc")


def test_noexec_matters_where_programs_are_unpacked() -> None:
    opt = Disk("/opt/corral", 50 << 30, "ext4", mounted="/opt", options=frozenset(("noexec",)))
    found = replace(host(), disks=(*(disk for disk in host().disks if disk.path != opt.path), opt))
    assert codes(found) == []
    made = cluster(FILE.replace("database: {", "database: {install: {archive: m.tgz, version: 7.0.14}, "))
    [problem] = [each for each in findings(found, made) if each.code == "H05"]
    assert "/opt, where /opt/corral is, is mounted noexec." in problem.message
    assert "remount,exec /opt" in problem.hint


PAIR = FILE.replace("hosts: [one]}", "hosts: [one, two], virtual_ip: 10.0.0.9}")


def of_proxies(one: VirtualAddress | None, two: VirtualAddress | None) -> list[Problem]:
    made = cluster(PAIR)
    machines = {each.name: good(each) for each in made.hosts}
    machines["one"] = replace(machines["one"], virtual=one)
    machines["two"] = replace(machines["two"], virtual=two)
    return [each for each in findings_on(made, machines) if each.code == "H10"]


FREE, USED = VirtualAddress(), VirtualAddress(used=True)
TAKEN, HERE = VirtualAddress(holder="02:42:0a:00:00:63"), VirtualAddress(interface="eth0")
UNASKED = VirtualAddress(unasked="arping")


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (FREE, FREE, []),
        (TAKEN, FREE, [("error", "one", "10.0.0.9, which proxy.virtual_ip is to move, is in use already: 02:42:0a:")]),
        (FREE, HERE, [("error", "two", "is on eth0 of two already")]),
        (UNASKED, UNASKED, [("info", "one", "was not asked: there is no arping")]),
        (UNASKED, FREE, []),
        (USED, TAKEN, []),
        (None, None, []),
    ],
)
def test_the_address_that_is_to_move(
    one: VirtualAddress | None, two: VirtualAddress | None, expected: list[tuple[str, str, str]]
) -> None:
    """A new proxy beside one that keepalived runs on hears that one."""
    said = of_proxies(one, two)
    assert [(each.severity, each.where) for each in said] == [(severity, where) for severity, where, _ in expected]
    for problem, (_, _, words) in zip(said, expected, strict=True):
        assert words in problem.message
