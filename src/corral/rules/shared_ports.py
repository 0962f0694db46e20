"""Rules on the ports of all hosts, where these are one machine: what isn't up yet has been tried, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.model.machine import Listener
from corral.rules.host_ports import taken
from corral.rules.registry import Evidence, Together, rule_on_shared
from corral.rules.shared_data import renamed

_PRIVILEGED: Final = 1024
"""Below it the kernel lets root alone listen (net.ipv4.ip_unprivileged_port_start)."""


@rule_on_shared("port-taken", "error", where="{unit}")
def port_taken_here(together: Together) -> Iterator[Evidence]:
    """H03, where the user can end it."""
    for evidence, listener in _taken(together):
        if listener.pid and not listener.stray and not listener.cluster:
            yield evidence


@rule_on_shared("port-taken", "error", where="{unit}")
def port_taken_by_other_playground(together: Together) -> Iterator[Evidence]:
    for evidence, listener in _taken(together):
        if listener.cluster:
            yield {**evidence, "other": listener.cluster}


@rule_on_shared("port-taken", "error", where="{unit}")
def port_taken_by_other_user(together: Together) -> Iterator[Evidence]:
    """Whose processes can't be seen."""
    yield from (evidence for evidence, listener in _taken(together) if not listener.pid)


@rule_on_shared("port-taken", "error", where="{unit}")
def port_taken_by_itself(together: Together) -> Iterator[Evidence]:
    """By a process of this very cluster, from before its host or instance was given another name."""
    yield from (evidence for evidence, listener in _taken(together) if listener.stray)


@rule_on_shared("port-taken", "error", where="{unit}")
def port_refused(together: Together) -> Iterator[Evidence]:
    yield from (evidence for port, evidence in _refused(together) if port >= _PRIVILEGED)


@rule_on_shared("port-taken", "error", where="{unit}")
def port_needs_root(together: Together) -> Iterator[Evidence]:
    yield from (evidence for port, evidence in _refused(together) if port < _PRIVILEGED)


def _taken(together: Together) -> Iterator[tuple[Evidence, Listener]]:
    """Without what follows from a change of names, which is told by itself."""
    members = {member.host.name: member.unit.name for member in together.cluster.database.members}
    moved = {members[host] for host in renamed(together)}
    namesake = together.machine.namesake
    for there in together.theres:
        for evidence, listener in taken(there):
            if evidence["unit"] not in moved and not (namesake and listener.cluster == namesake.cluster):
                yield evidence, listener


def _refused(together: Together) -> Iterator[tuple[int, Evidence]]:
    for each in together.machine.refused:
        yield each.port, {"place": f"{each.address}:{each.port}", "unit": each.unit, "reason": each.reason}
