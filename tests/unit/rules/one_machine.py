"""One machine for all hosts that nobody complains of, as the playground sees it, and ways to make it worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from corral.cluster_file.build import Placement, build, direct_layout
from corral.cluster_file.parse import load_text
from corral.model.cluster import Cluster
from corral.model.machine import Disk, Machine, Memory, Owned, Program
from corral.model.resources import FoundUnit
from corral.model.shared_machine import FoundCommand, KeptData, SharedMachine
from corral.problems import Problem
from corral.rules import findings_on

ROOT = "/home/ann/.local/state/corral/shop"
FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
proxy: {hosts: [one, two]}
app: {command: serve --quick, directory: /srv/app, hosts: [one, two], instances: 2, first_port: 5000, memory: 300M}
database: {members: [one, two, three]}
"""
PROGRAMS = (Program("nginx", "/usr/sbin/nginx", (1, 22, 1)), Program("mongod", "/usr/bin/mongod", (6, 0, 5)))


def cluster(text: str = FILE, network: str = "127.9") -> Cluster:
    spec = load_text(text).spec
    placement = Placement(
        addresses={name: f"{network}.{number}.1" for number, name in enumerate(spec.hosts)},
        layouts=dict.fromkeys(spec.hosts, direct_layout(spec.name)),
        proxy_ports=(8080,) * len(spec.proxy.hosts),
    )
    return build(spec, placement, PurePosixPath("/srv"))


def shared(**changes: Any) -> SharedMachine:
    """All is there, nothing runs, and nothing ever ran."""
    good = SharedMachine(
        root=ROOT,
        disk=Disk(f"{ROOT}/control", 50 << 30, "ext4"),
        path="/usr/bin:/bin",
        search_path="/usr/bin:/usr/sbin",
        commands={"serve": FoundCommand("found")},
        open_files=1 << 20,
    )
    return replace(good, **changes)


def ran(**changes: Any) -> SharedMachine:
    """The same where it has been up before, by this very file."""
    made = cluster()
    members = tuple(member.name for member in made.database.members)
    data = KeptData(tuple(made.host_by_name), made.database.replica_set, members)
    return shared(data=data._replace(**changes))


def machines(made: Cluster, **changes: Any) -> dict[str, Machine]:
    """What each host tells: the same of the machine. It is not root's, and of systemd nobody asked."""
    good = Machine("", memory=Memory(total=16 << 30, available=12 << 30), programs=PROGRAMS)
    return {host.name: replace(good, host=host.name, **changes) for host in made.hosts}


def all_up(made: Cluster) -> dict[str, Machine]:
    kept = (*made.app.instances, *made.database.members)
    ids = (*made.proxy.units, *(each.unit for each in kept))
    found = machines(made)
    for name in found:
        units = tuple(FoundUnit(unit, "running") for unit in ids if unit.host == name)
        found[name] = replace(found[name], owned=Owned(units=units))
    return found


def findings(machine: SharedMachine, found: dict[str, Machine] | None = None, text: str = FILE) -> list[Problem]:
    made = cluster(text)
    return findings_on(made, found or machines(made), machine)


def told_of(programs: Sequence[Program], search_path: str) -> list[Problem]:
    """What is said of these programs alone."""
    return findings(shared(search_path=search_path), machines(cluster(), programs=tuple(programs)))
