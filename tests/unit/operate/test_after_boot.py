"""What `status` says of what runs now and would not be there after a reboot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from corral.model.at_boot import AtBoot
from corral.model.cluster import Cluster
from corral.model.identity import read_back
from corral.model.machine import Machine, ServiceState
from corral.model.resources import File, FoundUnit, Observed
from corral.operate.after_boot import lost_at_boot
from corral.places.base import Observation, Place, Traits
from corral.runs import marks
from corral.runs.marks import Mark
from tests.unit.plan.cluster_of import cluster_of

FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2}
proxy: {hosts: [one, two], virtual_ip: 10.0.0.9}
app: {image: "shop:1", runtime: compose, hosts: [two], instances: 2, first_port: 5000}
database: {members: [one]}
time: {servers: [one]}
"""


@dataclass
class Placed:
    """As much of a Place as is asked."""

    cluster: Cluster
    traits: Traits


PLACE = cast(Place, Placed(cluster_of(FILE), Traits("hosts", "corral apply", frozenset())))


def unit(host: str, name: str, state: str, docker: bool = False) -> FoundUnit:
    return FoundUnit(read_back(host, name), "running", at_boot=AtBoot("docker" if docker else "systemd", name, state))


def told(
    *units: FoundUnit, files: tuple[File, ...] = (), machines: tuple[Machine, ...] = (), idle: str = ""
) -> list[str]:
    seen = Observation(
        Observed(units=units, files=files),
        {machine.host: machine for machine in machines},
        marks={marks.IDLE: Mark(marks.IDLE, by="anna", since="now", values={"units": [idle]})} if idle else {},
    )
    said = lost_at_boot(PLACE, seen)
    assert all((each.code, each.severity) == ("lost-at-boot", "warning") for each in said)
    return [each.message for each in said]


def test_each_reason_is_told_once_with_all_that_it_concerns() -> None:
    units = [
        unit("one", "mongod.one", "disabled"),
        unit("one", "nginx.one", "disabled"),
        unit("two", "nginx.two", "enabled"),
    ]
    units += [unit("two", f"two-{port}", "no", docker=True) for port in (5000, 5001)]
    assert told(*units, unit("two", "keepalived.two", "masked"), unit("two", "two-5009", "no", docker=True)) == [
        "mongod.one, nginx.one would not be there after a reboot of one: its unit is disabled",
        "two-5000, two-5001 would not be there after a reboot of two: its restart policy is `no`",
        "keepalived.two would not be there after a reboot of two: its unit is masked",
    ]


def test_what_was_stopped_on_purpose_is_to_stay_down() -> None:
    assert told(unit("one", "mongod.one", "masked"), idle="mongod.one") == []


def test_services_that_the_cluster_runs_on() -> None:
    docker, chrony = ServiceState(("docker",), active=True), ServiceState(("chrony", "chronyd"), active=True)
    machines = (
        Machine("one", services=(docker, ServiceState(("chrony", "chronyd"), active=True, until_boot=True))),
        Machine("two", services=(docker, chrony)),
    )
    assert told(machines=machines) == [
        "chrony.service would not be there after a reboot of one: its unit is enabled until the next boot only",
        "chrony.service, docker.service would not be there after a reboot of two: its unit is disabled",
    ]
    assert told(machines=(Machine("two", services=(ServiceState(("docker",), enabled=True, active=True),)),)) == []


def test_definitions_that_go_with_the_boot() -> None:
    path = "/run/systemd/system/corral-shop-nginx.service"
    files = (File("one", path, ""), File("one", "/etc/systemd/system/corral-shop-nginx.service", ""))
    assert told(files=files) == [
        f"{path} would not be there after a reboot of one: it lies below /run, which is empty then"
    ]
