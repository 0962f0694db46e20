"""Rules on the ports that a host has to have free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from corral.language import tr
from corral.model.host_needs import needed_services, wanted_ports
from corral.model.machine import Listener
from corral.rules.registry import Evidence, There, rule_on_each

_ANY: Final = ("*", "0.0.0.0", "::")  # noqa: S104  # what others listen on
_CORRAL: Final = "corral-"
_LOGINS: Final = ("ssh.service", "sshd.service", "user@", "session-")
"""Units in which people's own processes run: to end those units is no advice."""
_SSH: Final = ("ssh.socket", "sshd.socket")

_Kind = Literal["cluster", "container", "login", "needed", "socket", "systemd", "service", "process", "unseen"]


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
            yield {"place": place, "port": port, "unit": unit.name, "holder": holder}, listener


def _clashes(listener: Listener, addresses: set[str], port: int) -> bool:
    if listener.port != port:
        return False
    return listener.address in _ANY or listener.address in addresses or bool(addresses & set(_ANY))


def _kind(there: There, listener: Listener) -> _Kind:
    """Whose it is, in the order of what must not be ended."""
    kinds: list[tuple[_Kind, bool]] = [
        ("cluster", (listener.container or listener.service).startswith(_CORRAL)),
        ("container", bool(listener.container)),
        ("login", listener.command.startswith("sshd") or listener.socket in _SSH),
        ("needed", listener.service in _needed(there)),
        ("socket", bool(listener.socket)),
        ("systemd", listener.command == "systemd"),
        ("service", listener.service.endswith(".service") and not listener.service.startswith(_LOGINS)),
        ("unseen", not listener.pid),
    ]
    return next((kind for kind, holds in kinds if holds), "process")


def _needed(there: There) -> set[str]:
    """Services of the distribution that the cluster itself runs on."""
    names = [f"{name}.service" for names in needed_services(there.cluster, there.host) for name in names]
    return {*names, *(["containerd.service"] if "docker.service" in names else [])}


def _of_kind(there: There, kind: _Kind) -> Iterator[tuple[Evidence, Listener]]:
    return ((evidence, listener) for evidence, listener in taken(there) if _kind(there, listener) == kind)


@rule_on_each("H03", "error", "accounts")
def port_taken(there: There) -> Iterator[Evidence]:
    for evidence, _ in _of_kind(there, "process"):
        yield evidence


@rule_on_each("H03", "error", "accounts")
def port_taken_unseen(there: There) -> Iterator[Evidence]:
    """By the kernel itself, as NFS does; or the host lacks `ss`, which names processes."""
    for evidence, _ in _of_kind(there, "unseen"):
        yield evidence


@rule_on_each("H03", "error", "accounts")
def port_taken_by_login(there: There) -> Iterator[Evidence]:
    """By what lets people in, Corral too."""
    for evidence, _ in _of_kind(there, "login"):
        yield evidence


@rule_on_each("H03", "error", "accounts")
def port_taken_by_needed(there: There) -> Iterator[Evidence]:
    for evidence, listener in _of_kind(there, "needed"):
        yield {**evidence, "service": listener.service}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_socket(there: There) -> Iterator[Evidence]:
    """systemd listens for a service: both have to end, or the next one who connects starts it again."""
    for evidence, listener in _of_kind(there, "socket"):
        yield {**evidence, "socket": listener.socket, "both": f"{listener.socket} {listener.service}".strip()}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_systemd(there: There) -> Iterator[Evidence]:
    """For a unit that isn't known: process 1's, or that of somebody's own systemd."""
    for evidence, listener in _of_kind(there, "systemd"):
        yield {**evidence, "ask": "systemctl" if listener.pid == 1 else "systemctl --user"}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_service(there: There) -> Iterator[Evidence]:
    for evidence, listener in _of_kind(there, "service"):
        yield {**evidence, "service": listener.service}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_container(there: There) -> Iterator[Evidence]:
    for evidence, listener in _of_kind(there, "container"):
        yield {**evidence, "container": listener.container}


@rule_on_each("H03", "error", "accounts")
def port_taken_by_cluster(there: There) -> Iterator[Evidence]:
    """By another cluster of Corral's: two files that name one host and one port."""
    for evidence, listener in _of_kind(there, "cluster"):
        yield {**evidence, "other": listener.container or listener.service}
