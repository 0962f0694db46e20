"""What machine.sh wrote, as a Machine. Pure; when a line is missing, its value is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from corral.model.machine import Machine
from corral.model.resources import FoundUnit
from corral.observe.listeners import listeners_in
from corral.observe.machine_owned import Known, owned_in
from corral.observe.machine_readings import readings_in, virtual_in
from corral.observe.machine_software import apt_lock_in, docker_in, packages_in, processes_in, programs_in, services_in
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


def machine_in(question: Question, stdout: bytes, secrets: Secrets, kept: Sequence[FoundUnit] | None = None) -> Machine:
    """Raises ValueError when `stdout` is not the complete output of machine.sh."""
    sections = Sections.of(stdout)
    values, units = Values.of(sections.lines("values")), list(blocks(sections.text("units")))
    packages, services = tuple(packages_in(question, sections)), services_in(question, units)
    return Machine(
        host=question.host,
        system=system_in(question, sections, values),
        memory=memory_in(values),
        disks=tuple(disks_in(sections, values)),
        programs=tuple(programs_in(sections.lines("programs"))),
        packages=packages,
        listeners=tuple(listeners_in(question, sections, values)),
        services=services,
        processes=tuple(processes_in(question, sections, values, units)),
        security=security_in(values, units),
        docker=docker_in(sections.lines("docker"), packages),
        readings=readings_in(sections, values),
        virtual=virtual_in(sections.lines("virtual")),
        tracking=tracking_in(sections.lines("tracking")),
        apt_lock=apt_lock_in(sections.lines("locks")),
        masked=masked_in(sections.lines("boot")),
        instead=tuple(instead_in(question, sections.lines("boot"))),
        owned=owned_in(question, sections, Known(packages, services, _uid(values), kept), secrets),
    )


def _uid(values: Values) -> int:
    """Of the account that ran the script."""
    numbers = values.field("/proc/self/status", "Uid").split()
    return int(numbers[0]) if numbers else 0
