"""What machine.sh wrote, as a Machine. Pure; when a line is missing, its value is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from corral.model.machine import Docker, Machine, Owned, Unasked
from corral.model.resources import FoundUnit
from corral.observe.listeners import containers_in, listeners_in
from corral.observe.machine_owned import Known, owned_in
from corral.observe.machine_readings import readings_in, virtual_in
from corral.observe.machine_software import (
    apt_lock_in,
    docker_in,
    packages_in,
    processes_in,
    programs_in,
    services_in,
    unasked_in,
)
from corral.observe.machine_system import (
    disks_in,
    instead_in,
    masked_in,
    memory_in,
    security_in,
    system_in,
    tracking_in,
)
from corral.observe.question import Question
from corral.observe.sections import Sections, Values
from corral.secrets import Secrets
from corral.units.systemd_show import blocks
from corral.words import named

_NEEDED: Final = ("grep", "systemctl")
"""Without their answers nothing true can be said of a host."""


def machine_in(question: Question, stdout: bytes, secrets: Secrets, kept: Sequence[FoundUnit] | None = None) -> Machine:
    """Raises ValueError when `stdout` is not the complete output of machine.sh, or tells too little."""
    sections = Sections.of(stdout)
    values, units = Values.of(sections.lines("values")), list(blocks(sections.text("units")))
    packages, services = tuple(packages_in(question, sections)), services_in(question, units)
    system, unasked = system_in(question, sections, values), tuple(unasked_in(sections.lines("unasked")))
    if not system.systemd:  # which is told by itself
        unasked = tuple(each for each in unasked if each.program != "systemctl")
    if silent := next((each for each in unasked if each.program in _NEEDED), None):
        raise ValueError(named(silent.program, silent.why))
    owned = owned_in(question, sections, Known(packages, services, _uid(values), kept), secrets)
    docker = _docker(question, sections, docker_in(sections.lines("docker"), packages), unasked, owned)
    return Machine(
        host=question.host,
        system=system,
        memory=memory_in(values),
        disks=tuple(disks_in(sections, values)),
        programs=tuple(programs_in(sections.lines("programs"))),
        packages=packages,
        listeners=tuple(listeners_in(question, sections, values)),
        services=services,
        processes=tuple(processes_in(question, sections, values, units)),
        security=security_in(values, units),
        docker=docker,
        readings=readings_in(sections, values),
        virtual=virtual_in(sections.lines("virtual")),
        tracking=tracking_in(sections.lines("tracking")),
        apt_lock=apt_lock_in(sections.lines("locks")),
        masked=masked_in(sections.lines("boot")),
        instead=tuple(instead_in(question, sections.lines("boot"))),
        owned=owned,
        unasked=tuple(each for each in unasked if each.program != "docker" or not docker.unseen),
    )


def _docker(question: Question, sections: Sections, docker: Docker, unasked: Sequence[Unasked], owned: Owned) -> Docker:
    """Containers may be there where instances are to run in some, and where Corral has once written a file of them."""
    why = next((each.why for each in unasked if each.program == "docker"), "")
    expected = question.docker or any(file.path.endswith("/compose.yaml") for file in owned.files)
    others = (each.name for each in containers_in(question, sections.lines("docker")) if not each.service)
    return replace(docker, unseen=why if expected else "", strangers=tuple(others))


def _uid(values: Values) -> int:
    """Of the account that ran the script."""
    numbers = values.field("/proc/self/status", "Uid").split()
    return int(numbers[0]) if numbers else 0
