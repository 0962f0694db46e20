"""One host as a container: how it is made, what it is given, and when it is up."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

from lab import parcel
from lab.docker import docker, inspect, try_docker
from lab.errors import LabError
from lab.places import CHECKOUT
from lab.processes import wait_for
from lab.table import Host, Table

CAPABILITIES: Final = (
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "BLOCK_SUSPEND",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_BROADCAST",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
)
"""Beyond docker's own. --privileged would want SYS_RESOURCE, which the machine itself may lack. SYS_TIME, SYS_MODULE
and SYS_RAWIO are left out because the clock, the modules and the devices are the machine's."""
BOOTED: Final = 90.0
"""Seconds; seven hosts on two cores take 5."""


def create(table: Table, host: Host, image: str, kind: str) -> list[str]:
    """docker's words. Docker inside needs /var/lib/docker to be no overlay; the volumes go with the container."""
    labels = {"lab": table.name, "host": host.name, "address": host.address, "checkout": str(CHECKOUT), "kind": kind}
    words = ["create", f"--name={table.container(host.name)}", f"--hostname={host.name}"]
    words += [f"--network={table.name}", f"--ip={host.address}"]
    words += [f"--label=corral-lab.{key}={value}" for key, value in labels.items()]
    words += [f"--cap-add={capability}" for capability in CAPABILITIES]
    words += ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
    words += ["--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"]
    words += ["--volume=/var/lib/docker", "--volume=/var/lib/containerd", "--stop-signal=SIGRTMIN+3"]
    return [*words, image]


def give(container: str, table: Table, public_key: str) -> None:
    """What a host needs of this lab and machine, into a container that runs or doesn't. Raises LabError."""
    docker("cp", "-", f"{container}:/", stdin=parcel.for_host(table, public_key))


def is_running(container: str) -> bool:
    found = inspect("container", "inspect", container)
    return found is not None and bool(found["State"]["Running"])


def wait_until_up(container: str, host: Host) -> list[str]:
    """The units that failed, none when all is well. Raises LabError when it doesn't boot or sshd doesn't answer."""
    wait_for(lambda: _has_booted(container), f"{host.name} boots", within=BOOTED, every=0.2)
    wait_for(lambda: _ssh_answers(host.address), f"{host.name}'s sshd answers at {host.address}", within=20)
    failed = try_docker("exec", container, "systemctl", "--failed", "--plain", "--no-legend").stdout.decode()
    return [line.split()[0] for line in failed.splitlines() if line.strip()]


def public_host_key(container: str) -> str:
    """Type and key, without the comment. Raises LabError."""
    text = docker("exec", container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    return " ".join(text.split()[:2])


def execute(container: str, command: Sequence[str]) -> str:
    """By docker, as root, so that it works when the network doesn't. Raises LabError."""
    return docker("exec", container, *command)


def _has_booted(container: str) -> bool:
    said = try_docker("exec", container, "systemctl", "is-system-running").stdout.decode().strip()
    if not said and not is_running(container):
        log = try_docker("logs", "--tail=5", container).stdout.decode(errors="replace").strip()
        raise LabError(f"the container {container} ended: {log or 'it said nothing'}")
    return said in ("running", "degraded")


def _ssh_answers(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
