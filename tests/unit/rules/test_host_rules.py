"""The rules on hosts: what they say of good ones, of rootless ones, in which order, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from corral.cluster_file.build import ALL_ABILITIES
from corral.model.cluster import Install
from corral.model.machine import (
    Listener,
)
from corral.rules import findings_on
from tests.language import spoken
from tests.unit.observe.recorded import SYSTEMD as RECORDED
from tests.unit.observe.recorded import app_208, machine, one
from tests.unit.rules.good_hosts import (
    COMPOSE,
    FILE,
    changed,
    cluster,
    codes,
    findings,
    good,
    host,
)


@pytest.mark.parametrize("text", [FILE, COMPOSE])
def test_good_hosts(text: str) -> None:
    made = cluster(text)
    assert findings_on(made, {each.name: good(each) for each in made.hosts}) == []
    assert findings_on(made, {}) == [], "hosts that were not reached are no rule's"


@pytest.mark.parametrize(
    ("part", "changes", "expected"),
    [
        ("system", {"systemd": 0}, ("H02", "error")),
        ("system", {"family": "unknown"}, ("H02", "error")),
        ("system", {"tar": False}, ("H02", "error")),
        ("system", {"journal_persistent": False}, ("H07", "warning")),
        ("system", {"zone": "Asia/Shanghai"}, ("T07", "warning")),
        ("system", {"resolved": ("127.0.1.1",)}, ("H08", "error")),
        ("security", {"firewall": "ufw"}, ("H04", "info")),
        ("security", {"selinux": "enforcing"}, ("H04", "info")),
        ("memory", {"available": 100 << 20}, ("H05", "warning")),
        ("tracking", {"leap": "Not synchronised"}, ("T03", "warning")),
        ("tracking", {"offset": 0.06}, ("T03", "warning")),
        ("tracking", {"root_dispersion": 0.6}, ("T03", "warning")),
    ],
)
def test_rules_on_one_value(part: str, changes: dict[str, object], expected: tuple[str, str]) -> None:
    assert codes(changed(host(), part, **changes)) == [expected]


@pytest.mark.parametrize(
    ("name", "virtual", "words"),
    [
        ("one", True, "80/tcp, 5000/tcp, 5001/tcp, 27017/tcp, 123/udp, IP protocol 112 (VRRP)"),
        ("one", False, "80/tcp, 5000/tcp, 5001/tcp, 27017/tcp, 123/udp"),
        ("three", True, "27017/tcp"),
    ],
)
def test_what_a_firewall_must_let_through(name: str, virtual: bool, words: str) -> None:
    """Proxies that don't hear each other both hold the virtual address."""
    text = FILE.replace("hosts: [one]}", "hosts: [one, two], virtual_ip: 10.0.0.9}") if virtual else FILE
    made = cluster(text)
    found = changed(good(made.host_by_name[name]), "security", firewall="ufw")
    [problem] = [each for each in findings(found, made) if each.code == "H04"]
    assert f"reach {words} can't be seen" in problem.message


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("system", {"journal_persistent": None}),
        ("system", {"zone": ""}),
        ("system", {"resolved": ("10.0.0.1",)}),
        ("security", {"selinux": "permissive"}),
        ("memory", {"total": None, "available": None, "swappiness": None, "huge_pages": ""}),
        ("tracking", {"offset": 0.05, "root_dispersion": 0.5}),
        ("tracking", {"root_dispersion": 40.7, "settling": True}),
        ("docker", {"running": False, "compose": (), "compose_version": None}),
    ],
)
def test_nothing_to_say_of_what_is_well_or_unknown(part: str, changes: dict[str, object]) -> None:
    assert codes(changed(host(), part, **changes)) == []


def test_a_host_without_root_is_told_that_alone() -> None:
    rootless = changed(host(), "system", root=False, systemd=0, tar=False)
    assert codes(rootless) == [("H01", "error")]
    [problem] = findings(rootless)
    assert "sudoers.d" in problem.hint
    assert "deploy" in problem.message


def test_who_needs_no_packages_may_have_any_distribution() -> None:
    made, none = cluster(), Install("none")
    made = replace(
        made,
        proxy=replace(made.proxy, install=none),
        database=replace(made.database, install=none),
        time=replace(made.time, install=none),
    )
    assert codes(changed(host("two"), "system", family="unknown"), made) == []


@pytest.mark.parametrize(
    ("source", "architecture", "wrong"),
    [
        ("/srv/mongodb-linux-x86_64-debian12-7.0.14.tgz", "x86_64", False),
        ("/srv/mongodb-linux-aarch64-ubuntu2204-7.0.14.tgz", "x86_64", True),
        ("/srv/mongodb-linux-x86_64-debian12-7.0.14.tgz", "aarch64", True),
        ("/srv/aarch64/mongodb.tgz", "x86_64", False),
        ("/srv/mongodb-amd64.tgz", "riscv64", False),
    ],
)
def test_an_archive_for_another_architecture(source: str, architecture: str, wrong: bool) -> None:
    made = cluster()
    install = Install("archive", source=source, sha256="0" * 64, version=(7, 0, 14))
    made = replace(made, database=replace(made.database, install=install))
    machines = {each.name: changed(good(each), "system", architecture=architecture) for each in made.hosts}
    assert {problem.code for problem in findings_on(made, machines)} == ({"H02"} if wrong else set())


def test_findings_come_host_by_host_in_the_files_order() -> None:
    made = cluster()
    machines = {each.name: changed(good(each), "system", journal_persistent=False) for each in made.hosts}
    machines["two"] = changed(machines["two"], "system", tar=False)
    assert [problem.where for problem in findings_on(made, dict(reversed(machines.items())))] == [
        "one",
        "two",
        "two",
        "three",
    ]


def test_missing_programs_are_told_with_their_packages() -> None:
    bare = changed(host(), "system", lacks=("base64", "find", "flock"))
    [problem] = findings(bare)
    assert (problem.code, problem.severity) == ("H02", "error")
    assert "base64, find, flock" in problem.message
    assert "`apt install coreutils findutils util-linux`" in problem.hint
    [problem] = findings(changed(bare, "system", family="rhel"))
    assert "`dnf install coreutils" in problem.hint


def test_the_words_in_both_languages() -> None:
    taken = replace(host(), listeners=(Listener("tcp", "*", 80, 7, "nginx", "nginx.service"),))
    [english] = findings(taken)
    with spoken("zh"):
        [chinese] = findings(taken)
    assert english.message.startswith("*:80, which nginx.one needs, is taken by nginx (pid 7) of nginx.service. Two ")
    assert chinese.message.startswith("nginx.one 需要的 *:80 被 nginx.service 的 nginx (pid 7) 占用。")
    assert english.code == chinese.code


def test_recorded_hosts() -> None:
    made, found = one()
    made = replace(made, abilities=ALL_ABILITIES)
    said = findings_on(made, {"one": found})
    assert [(problem.code, problem.severity) for problem in said] == [
        ("D10", "warning"),  # its limits
        ("D10", "info"),  # its file system
        ("H03", "error"),
        ("H03", "error"),
    ]
    assert "python3 (pid 1060)" in said[2].message + said[3].message
    made, found = app_208()
    made = replace(made, abilities=ALL_ABILITIES)
    assert [problem.code for problem in findings_on(made, {"app-208": found})] == ["H03"]
    made, found = machine(RECORDED, "one", "rootless")
    made = replace(made, abilities=ALL_ABILITIES)
    assert [problem.code for problem in findings_on(made, {"one": found})] == ["H01"]


def test_what_presupposes_root_packages_or_clocks_is_not_asked_where_a_place_has_none() -> None:
    made = replace(cluster(), abilities=frozenset())
    bare = changed(host(), "system", root=False, systemd=0, tar=False, zone="Asia/Shanghai")
    bare = replace(changed(bare, "security", selinux="enforcing"), services=(), tracking=None)
    assert findings(bare, made) == []
    assert findings(bare, replace(made, abilities=frozenset(("time",))))[0].code == "T07"


SAME: Final = {"boot_id": "b1", "machine_id": "m1", "network": "net:[1]", "addresses": frozenset({"10.0.0.1", "::1"})}


def same_and_other(**other: object) -> list[str]:
    """What is said of two hosts of which the second one differs from the first in this."""
    made = cluster()
    machines = {each.name: good(each) for each in made.hosts}
    machines["one"] = changed(machines["one"], "system", **SAME)
    machines["two"] = changed(machines["two"], "system", **{**SAME, **other})
    return [problem.message for problem in findings_on(made, machines) if problem.code == "H12"]


def test_one_machine_under_two_addresses() -> None:
    [said] = same_and_other()
    assert said.startswith("one and two are the same machine. 10.0.0.1 and 10.0.0.2 lead to one machine")


@pytest.mark.parametrize(
    "other",
    [
        {"boot_id": "b2"},  # clones of one image, with one machine id
        {"network": "net:[2]"},  # containers, which share their machine's boot id
        {"addresses": frozenset({"10.0.0.2", "::1"})},  # cloned while it ran
        {"machine_id": "m2"},  # containers on their machine's own network
        {"boot_id": "", "network": ""},  # who tells nothing is nobody else
    ],
)
def test_two_machines_that_have_much_in_common(other: dict[str, object]) -> None:
    assert same_and_other(**other) == []


def test_two_that_tell_nothing_are_not_taken_for_one() -> None:
    made = cluster()
    machines = {each.name: changed(good(each), "system", machine_id="m1", boot_id="b1") for each in made.hosts}
    assert [problem.code for problem in findings_on(made, machines)] == []


def test_who_holds_apts_lock_is_told() -> None:
    held = replace(host(), apt_lock=("/var/lib/dpkg/lock-frontend", "unattended-upgr (pid 900)"))
    [said] = findings(held)
    assert (said.code, said.severity) == ("H06", "warning")
    assert said.message.startswith(
        "unattended-upgr (pid 900) holds the lock /var/lib/dpkg/lock-frontend. `apply` waits"
    )
