"""What runs now and would not be there after a reboot of its host, as notes of `status`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from corral.language import tr
from corral.model.at_boot import MASKED, UNTIL_BOOT, AtBoot
from corral.model.host_needs import needed_services
from corral.model.machine import Machine, ServiceState
from corral.operate.targets import select
from corral.places.base import Observation, Place
from corral.problems import Problem
from corral.runs import marks

RUNTIME: Final = "/run/"
"""Below it nothing outlives a reboot."""


@dataclass(frozen=True)
class _Lost:
    host: str
    name: str
    why: str


def lost_at_boot(place: Place, seen: Observation) -> list[Problem]:
    """A warning for each reason, with all that it keeps from coming back."""
    lost = [*_units(place, seen), *_services(place, seen), *_files(seen)]
    reasons = dict.fromkeys(each.why for each in lost)
    return [_problem([each for each in lost if each.why == why], place.traits.mend) for why in reasons]


def _problem(lost: list[_Lost], mend: str) -> Problem:
    hosts = list(dict.fromkeys(each.host for each in lost))
    message = tr(
        "{names} would not be there after a reboot of {hosts}: {why}",
        names=", ".join(each.name for each in lost),
        hosts=", ".join(hosts),
        why=lost[0].why,
    )
    hint = tr("`{mend}` mends it; nothing that runs is disturbed", mend=mend)
    return Problem("lost-at-boot", "warning", message, hint, hosts[0] if len(hosts) == 1 else "")


def _units(place: Place, seen: Observation) -> Iterator[_Lost]:
    """Of the file's: what was stopped on purpose is to stay down."""
    failover = select(place.cluster, "failover") if place.cluster.moving else []
    wanted = {unit.name for unit in (*select(place.cluster, ""), *failover)} - marks.idle_units(seen.marks)
    for unit in seen.observed.units:
        if unit.name in wanted and unit.at_boot and not unit.at_boot.comes:
            yield _Lost(unit.host, unit.name, unit.at_boot.why_not)


def _services(place: Place, seen: Observation) -> Iterator[_Lost]:
    """The distribution's own, that the cluster depends on. One that doesn't run is told by what it is for."""
    for host in place.cluster.hosts:
        machine = seen.machines.get(host.name, Machine(host.name))
        for names in needed_services(place.cluster, host):
            state = machine.service(names)
            if state and state.active and not state.enabled:
                yield _Lost(host.name, f"{state.names[0]}.service", AtBoot("systemd", "", _word(state)).why_not)


def _word(state: ServiceState) -> str:
    if state.masked:
        return MASKED[0]
    return UNTIL_BOOT[0] if state.until_boot else "disabled"


def _files(seen: Observation) -> Iterator[_Lost]:
    for file in seen.observed.files:
        if file.path.startswith(RUNTIME):
            yield _Lost(file.host, file.path, tr("it lies below /run, which is empty then"))
