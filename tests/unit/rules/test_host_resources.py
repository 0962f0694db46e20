"""Rules on the disk, the memory and the clocks of hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.cluster import Cluster, Install
from corral.model.machine import (
    Owned,
    ServiceState,
)
from corral.model.software import Archive, Image
from corral.rules import findings_on
from tests.unit.rules.good_hosts import (
    COMPOSE,
    DATA,
    DISKS,
    FILE,
    RUNNING,
    changed,
    cluster,
    codes,
    findings,
    good,
    host,
    with_disk,
    without,
)


def test_full_disks() -> None:
    assert codes(with_disk(host(), "/etc", 99 << 20)) == [("H05", "error")]
    assert codes(with_disk(host(), "/etc", 100 << 20)) == []
    assert codes(with_disk(host(), "/etc/corral/shop", 99 << 20)) == [("H05", "error")], "a file system of its own"
    assert codes(with_disk(host(), DATA, 399 << 20)) == [("H05", "error")], "a new member"
    there = replace(host(), owned=Owned(units=RUNNING))
    assert codes(with_disk(there, DATA, 399 << 20)) == [], "a member that runs has its files"
    assert codes(with_disk(there, DATA, 99 << 20)) == [("H05", "error")]


def test_one_file_system_is_told_once_by_what_needs_most() -> None:
    full = host()
    for path in DISKS:
        full = with_disk(full, path, 50 << 20)
    [problem] = findings(full)
    assert problem.message.startswith(f"{DATA} has 50 MB of disk left, and 400 MB are needed.")


def test_room_for_an_archive_that_is_still_to_come() -> None:
    made = cluster()
    install = Install("archive", source="mongodb.tgz", sha256="0" * 64, version=(7, 0, 14))
    made = replace(made, database=replace(made.database, install=install))
    tight = with_disk(host("three"), "/opt/corral", 200 << 20)
    assert codes(tight, made) == [("H05", "error")]
    unpacked = Owned(software=(Archive("three", "/opt/corral/mongodb-000000000000"),))
    assert codes(replace(tight, owned=unpacked), made) == []
    released = replace(cluster(), app=replace(cluster().app, release=Install("archive", source="shop.tar")))
    assert codes(with_disk(host("two"), "/opt/corral", 200 << 20), released) == [("H05", "error")]


def test_room_for_an_image_that_is_still_to_come() -> None:
    tight = with_disk(host("two", COMPOSE), "/var/lib/docker", 500 << 20)
    assert codes(tight, cluster(COMPOSE)) == [("A10", "warning")]
    assert codes(replace(tight, owned=Owned(software=(Image("two", "shop:1"),))), cluster(COMPOSE)) == []
    assert codes(with_disk(host("two"), "/var/lib/docker", 500 << 20)) == [], "no containers run there"
    shipped = cluster(COMPOSE)
    shipped = replace(shipped, app=replace(shipped.app, image_sha256="new"))
    for found, said in (("new", []), ("old", [("A10", "warning")])):
        owned = Owned(software=(Image("two", "shop:1", sha256=found),))
        assert codes(replace(tight, owned=owned), shipped) == said


def heavy(memory: str) -> Cluster:
    return cluster(FILE.replace("command: serve", f"command: serve, memory: {memory}"))


def test_memory_of_all_that_is_to_run_and_of_what_is_still_to_start() -> None:
    small = changed(host(), "memory", total=4 << 30, available=4 << 30)
    assert codes(small, heavy("600M")) == []
    assert codes(small, heavy("1400M")) == [("A07", "warning")], "2 x 1,400 MB and a cache of 1,536 MB"
    short = changed(host(), "memory", available=1400 << 20)
    assert codes(short, heavy("600M")) == [("H05", "warning")], "2 x 600 MB and a new member's 300 MB"
    assert codes(replace(short, owned=Owned(units=RUNNING)), heavy("600M")) == []


def test_a_cache_that_the_file_caps_counts_as_it_is() -> None:
    made = heavy("1400M")
    small = changed(host(), "memory", total=4 << 30)
    capped = replace(made, database=replace(made.database, cache_size=1 << 30))
    assert codes(small, made) == [("A07", "warning")]
    assert codes(small, capped) == []


TIMESYNCD = ServiceState(("systemd-timesyncd",), enabled=True, active=True)
NTPD = ServiceState(("ntpsec", "ntp"), enabled=True, active=True)


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ((TIMESYNCD,), [("T01", "error")]),
        ((NTPD,), [("T01", "error")]),
        ((TIMESYNCD, NTPD), [("T01", "error"), ("T01", "error")]),
        ((replace(NTPD, active=False),), []),
        ((), []),
    ],
)
def test_other_time_daemons(services: tuple[ServiceState, ...], expected: list[tuple[str, str]]) -> None:
    assert codes(replace(host(), services=services, tracking=None)) == expected


def test_the_one_that_debian_removes_is_worth_knowing_and_no_more() -> None:
    fresh = replace(without(host(), "chrony", "4.3-2"), services=(TIMESYNCD,), tracking=None)
    assert codes(fresh) == [("T01", "info")]
    assert codes(changed(fresh, "system", family="rhel")) == [("T01", "error")]
    assert codes(replace(fresh, services=(NTPD,))) == [("T01", "error")]


def test_time_that_corral_does_not_see_to() -> None:
    made = cluster(FILE.replace("servers: [one, two]", "servers: []"))
    assert made.time.servers == ()
    alone = replace(host(), services=(), tracking=None)
    assert codes(alone, made) == [("T01", "warning")]
    assert codes(replace(alone, services=(TIMESYNCD,)), made) == []
    assert codes(replace(alone, services=(TIMESYNCD, NTPD)), made) == [("T01", "warning")]


def test_zones_go_by_what_most_have_and_utc_has_many_names() -> None:
    made = cluster()
    zones = {"one": "Etc/UTC", "two": "UTC", "three": "Europe/Berlin"}
    machines = {each.name: changed(good(each), "system", zone=zones[each.name]) for each in made.hosts}
    [problem] = findings_on(made, machines)
    assert (problem.code, problem.where) == ("T07", "three")
    assert problem.hint == "On three: `timedatectl set-timezone UTC`."
