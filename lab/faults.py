"""What happens to machines: power cuts, reboots, pulled cables, full disks. All of it works while ssh doesn't."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lab.docker import docker, inspect
from lab.errors import LabError
from lab.processes import attempt, run

ORDERLY: Final = 90
"""Seconds for a host's services to stop in a reboot, before they are killed; systemd's own limit for one service."""

_CHAIN: Final = "LAB-CUT"

FILL: Final = Path(__file__).with_name("fill.sh").read_text()
UNFILL: Final = Path(__file__).with_name("unfill.sh").read_text()


def power_off(container: str) -> None:
    """Hard, as by the plug: no service stops in order, and nobody is told that its connections ended."""
    _set_cable(container, "down")  # else the kernel would close the connections of the killed processes
    docker("kill", container)


def power_on(container: str) -> None:
    docker("start", container)


def reboot(container: str) -> None:
    """In order: services stop, /run and /tmp are emptied, services that are enabled start."""
    docker("restart", f"--time={ORDERLY}", container)


def cut(container: str) -> None:
    """Pulls the cable: connections hang, the interface has no carrier."""
    _set_cable(container, "down")


def part(container: str, peers: Sequence[str]) -> None:
    """Drops what comes from and goes to the addresses `peers`; all others are still reached."""
    if _filter(container, ["-N", _CHAIN]):  # else it is there from an earlier call
        for way in ("PREROUTING", "OUTPUT"):
            _filter(container, ["-I", way, "-j", _CHAIN])
    for peer in peers:
        for direction in ("-s", "-d"):
            if not _filter(container, ["-A", _CHAIN, direction, peer, "-j", "DROP"]):
                raise LabError(f"{container} can't be parted from {peer}: iptables refused")


def mend(container: str) -> None:
    """Undoes `cut` and `part`; nothing to do is no error."""
    _set_cable(container, "up")
    _filter(container, ["-F", _CHAIN])


def fill(container: str, directory: str) -> None:
    """A full disk: the directory with all that is in it moves to one of its own, of which not a byte is free.

    Processes that have files open there keep writing where they did until they are started anew. Raises LabError when
    the directory is a mount already.
    """
    _in_host(container, FILL, directory)


def unfill(container: str, directory: str) -> None:
    """Back to the real disk, with what was changed meanwhile. Raises LabError when it was not filled."""
    _in_host(container, UNFILL, directory)


def _in_host(container: str, script: str, directory: str) -> None:
    docker("exec", container, "sh", "-c", script, "sh", directory.rstrip("/"))


def _set_cable(container: str, state: str) -> None:
    """The machine's end of the pair of interfaces."""
    index = docker("exec", container, "cat", "/sys/class/net/eth0/iflink")
    for link in json.loads(run(["ip", "-json", "link", "show"])):
        if str(link["ifindex"]) == index:
            run(["ip", "link", "set", link["ifname"], state])
            return
    raise LabError(f"{container} has no cable: this machine has no interface with the number {index}")


def _filter(container: str, words: Sequence[str]) -> bool:
    """With the machine's iptables in the host's network, since a bare host has none. True when it was done."""
    found = inspect("container", "inspect", container)
    if found is None or not found["State"]["Running"]:
        raise LabError(f"{container} doesn't run")
    enter = ["nsenter", f"--net={Path('/proc') / str(found['State']['Pid']) / 'ns/net'}"]
    return attempt([*enter, "iptables", "--wait", "-t", "raw", *words]).returncode == 0
