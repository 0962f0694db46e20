"""Rules on what a host is."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Final

from corral.language import tr
from corral.model.host_needs import wanted_ports
from corral.rules.registry import Evidence, Seen, There, Theres, on, rule_on_all, rule_on_each

_ARCHITECTURES: Final = {"x86_64": ("x86_64", "amd64", "x64"), "aarch64": ("aarch64", "arm64")}
"""The kernel's word for an architecture, and the words for it in the names of released files."""

_TOOLS: Final = {"find": "findutils", "flock": "util-linux", "grep": "grep", "sed": "sed", "setpriv": "util-linux"}
"""The packages of programs that are not coreutils'."""
NTP: Final = 123
VRRP: Final = tr("IP protocol 112 (VRRP)")
"""By which two proxies settle who has the virtual address: kept apart, both take it (RFC 5798)."""


@rule_on_each("H01", "error", "accounts", alone=True)
def no_root(there: There) -> Iterator[Evidence]:
    if not there.machine.system.root:
        yield {"user": there.machine.system.user or "?"}


@rule_on_each("H02", "error", "accounts")
def no_systemd(there: There) -> Iterator[Evidence]:
    if not there.machine.system.systemd:
        yield {"distribution": there.machine.system.distribution or "?"}


@rule_on_all("H12", "error", "accounts")
def same_machine(theres: Theres) -> Iterator[Seen]:
    """Told of each host that one before it is already."""
    for number, there in enumerate(theres):
        for before in theres[:number]:
            if there.machine.is_also(before.machine):
                evidence = {"other": before.host.name, "address": there.host.address, "theirs": before.host.address}
                yield on(there.host.name, evidence)
                break


@rule_on_each("H02", "error", "packages")
def unknown_distribution(there: There) -> Iterator[Evidence]:
    """That matters where packages are to be installed: by which means isn't known."""
    system = there.machine.system
    programs = [need.program for need in there.needs if need.install.way == "package"]
    if system.family == "unknown" and programs:
        yield {"distribution": system.distribution or "?", "programs": ", ".join(programs)}


@rule_on_each("H02", "error", "packages")
def other_architecture(there: There) -> Iterator[Evidence]:
    mine = there.machine.system.architecture
    for need in there.needs:
        if need.install.way != "archive" or mine not in _ARCHITECTURES:
            continue
        name = PurePosixPath(need.install.source).name
        theirs = [kernel for kernel, words in _ARCHITECTURES.items() if any(word in name.lower() for word in words)]
        if theirs and mine not in theirs:
            yield {"file": name, "theirs": theirs[0], "mine": mine, "key": need.key}


@rule_on_each("H02", "error", "packages")
def no_tar(there: There) -> Iterator[Evidence]:
    if not there.machine.system.tar:
        yield {"command": "dnf install tar" if there.machine.system.family == "rhel" else "apt install tar"}


@rule_on_each("H02", "error", "packages")
def no_tools(there: There) -> Iterator[Evidence]:
    system = there.machine.system
    if system.lacks:
        packages = " ".join(dict.fromkeys(_TOOLS.get(tool, "coreutils") for tool in system.lacks))
        installer = "dnf" if system.family == "rhel" else "apt"
        yield {"tools": ", ".join(system.lacks), "command": f"{installer} install {packages}"}


@rule_on_each("H04", "info", "accounts")
def firewall_on(there: There) -> Iterator[Evidence]:
    """The ports, and the protocol without any, that other hosts reach this one by."""
    ports = [f"{port}/tcp" for port in dict.fromkeys(port for _, port, _ in wanted_ports(there.cluster, there.host))]
    if there.host in there.cluster.time.servers:
        ports.append(f"{NTP}/udp")
    if there.cluster.proxy.virtual_ip and there.host in there.cluster.proxy.hosts:
        ports.append(VRRP)
    if there.machine.security.firewall and ports:
        yield {"firewall": there.machine.security.firewall, "ports": ", ".join(ports)}


@rule_on_each("H04", "info", "accounts")
def selinux_enforcing(there: There) -> Iterator[Evidence]:
    confined = [need.program for need in there.needs if need.program in ("nginx", "mongod")]
    if there.machine.security.selinux == "enforcing" and confined:
        yield {"programs": ", ".join(confined)}


@rule_on_each("H07", "warning", "accounts")
def journal_lost(there: There) -> Iterator[Evidence]:
    if there.machine.system.journal_persistent is False:
        yield {}


@rule_on_each("H08", "error", "accounts")
def own_name_is_loopback(there: There) -> Iterator[Evidence]:
    """Debian writes `127.0.1.1 name` into /etc/hosts: what listens on that name is reached by nobody else."""
    loopback = [address for address in there.machine.system.resolved if ip_address(address).is_loopback]
    if loopback and any(wanted_ports(there.cluster, there.host)):
        yield {"name": there.host.address, "address": loopback[0]}
