"""Rules on the ports that a host has to have free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.language import tr
from corral.model.host_needs import wanted_ports
from corral.model.machine import Listener
from corral.rules.registry import Evidence, There, rule_on_each

_ANY: Final = ("*", "0.0.0.0", "::")  # noqa: S104  # what others listen on
_CORRAL: Final = "corral-"
_LOGINS: Final = ("ssh.service", "sshd.service", "user@", "session-")
"""Units in which people's own processes run: to end those units is no advice."""


def taken(there: There) -> Iterator[tuple[Evidence, Listener]]:
    """Each port that is in somebody else's hands, once, with who that is. Who can't be named still counts.

    Whatever of the cluster's own listens there is for the plan to move, or is what is wanted.
    """
    seen = set()
    for address, port, unit in wanted_ports(there.cluster, there.host) if there.strangers else ():
        for listener in there.strangers:
            if port in seen or not _clashes(listener, {address, *there.machine.system.resolved}, port):
                continue
            seen.add(port)
            place = f"{listener.address}:{port}"
            pid = tr(" (pid {pid})", pid=listener.pid) if listener.pid else ""
            holder = f"{listener.command or '?'}{pid}"
            yield {"place": place, "unit": unit.name, "holder": holder}, listener


def _clashes(listener: Listener, addresses: set[str], port: int) -> bool:
    if listener.port != port:
        return False
    return listener.address in _ANY or listener.address in addresses or bool(addresses & set(_ANY))


def _is_service(listener: Listener) -> bool:
    return listener.service.endswith(".service") and not listener.service.startswith(_LOGINS)


@rule_on_each("H03", "error", "accounts")
def port_taken(there: There) -> Iterator[Evidence]:
    for evidence, listener in taken(there):
        if not _is_service(listener) and not listener.container:
            yield evidence


@rule_on_each("H03", "error", "accounts")
def port_taken_by_service(there: There) -> Iterator[Evidence]:
    for evidence, listener in taken(there):
        if _is_service(listener) and not listener.service.startswith(_CORRAL):
            yield {**evidence, "service": listener.service}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_container(there: There) -> Iterator[Evidence]:
    for evidence, listener in taken(there):
        if listener.container and not listener.container.startswith(_CORRAL):
            yield {**evidence, "container": listener.container}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_cluster(there: There) -> Iterator[Evidence]:
    """By another cluster of Corral's: two files that name one host and one port."""
    for evidence, listener in taken(there):
        name = listener.container or listener.service
        if name.startswith(_CORRAL):
            yield {**evidence, "other": name}
