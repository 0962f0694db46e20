"""The lab's network on this machine: a bridge, and the way out to the packages."""

from __future__ import annotations

import ipaddress
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from lab.docker import docker, inspect, rows
from lab.errors import LabError
from lab.places import RUNNING
from lab.processes import attempt, run
from lab.table import Table, bridge_of

_FORWARD: Final = Path("/proc/sys/net/ipv4/ip_forward")
_WAS_OFF: Final = RUNNING / "ip_forward_was_off"


def ensure(table: Table) -> None:
    """Makes it if it isn't there. Raises LabError when its addresses are in use already."""
    existing = inspect("network", "inspect", table.name)
    if existing is None:
        labs = {bridge_of(row["Name"]): row["Name"] for row in rows("network", "ls", "--filter", "label=corral-lab")}
        check(table, json.loads(run(["ip", "-json", "-4", "route", "show"])), labs)
        docker(*_create(table))
    elif _subnet(existing) != str(table.network):
        hint = f"`python -m lab down --name {table.name}` first, or take another --name"
        raise LabError(f"{table.name} is there already, with the network {_subnet(existing)}", hint)
    _open_way_out(table)


def remove(lab: str) -> None:
    """The network and its rules; nothing when they are gone already. Raises LabError when it is still in use."""
    existing = inspect("network", "inspect", lab)
    bridge = bridge_of(lab)
    if existing is not None:
        for rule in _rules(bridge, _subnet(existing)):
            while _iptables("-D", rule).returncode == 0:
                pass
        docker("network", "rm", lab)
    attempt(["ip", "link", "delete", bridge])  # what a dockerd left that lost its records


def restore_machine() -> None:
    """When no lab is left: forwarding off, if the lab turned it on."""
    if _WAS_OFF.exists():
        _FORWARD.write_text("0")
        _WAS_OFF.unlink()


def check(table: Table, routes: Iterable[Mapping[str, Any]], labs: Mapping[str, str]) -> None:
    """Raises LabError for the first route that meets the lab's addresses.

    `routes`: what `ip -json route show` says; `labs`: interface to the name of the lab that it is of.
    """
    for route in routes:
        if route["dst"] == "default" or route.get("dev") == table.bridge:
            continue
        network = ipaddress.IPv4Network(route["dst"], strict=False)
        if network.prefixlen and network.overlaps(table.network):
            device = str(route.get("dev", "no interface"))
            owner = f"the lab {labs[device]}" if device in labs else f"{network} by {device}"
            mend = f", or `python -m lab down --name {labs[device]}`" if device in labs else ""
            message = (
                f"{table.network} can't be the network of {table.name}: this machine has a route there, to {owner}"
            )
            raise LabError(message, f"take another, such as --subnet 10.109.0{mend}")


def _create(table: Table) -> list[str]:
    """The machine's own MTU: larger packets would be lost on the way out."""
    options = {"com.docker.network.bridge.name": table.bridge, "com.docker.network.driver.mtu": str(_mtu())}
    words = ["network", "create", f"--subnet={table.network}", f"--gateway={table.gateway}"]
    words += [f"--opt={key}={value}" for key, value in options.items()]
    return [*words, f"--label=corral-lab={table.name}", table.name]


def _mtu() -> int:
    """Of the interface with the default route; 1500 without one."""
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "default"])):
        return int(Path(f"/sys/class/net/{route['dev']}/mtu").read_text())
    return 1500


def _open_way_out(table: Table) -> None:
    if _FORWARD.read_text().strip() == "0":
        _WAS_OFF.touch()
        _FORWARD.write_text("1")
    for rule in _rules(table.bridge, str(table.network)):
        if _iptables("-C", rule).returncode != 0:
            done = _iptables("-I", rule)
            if done.returncode != 0:
                raise LabError(f"iptables: {done.stderr.decode(errors='replace').strip()}")


def _rules(bridge: str, subnet: str) -> list[list[str]]:
    answers = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED"]
    return [
        ["nat", "POSTROUTING", "-s", subnet, "!", "-d", subnet, "-j", "MASQUERADE"],
        ["filter", "FORWARD", "-i", bridge, "-j", "ACCEPT"],
        ["filter", "FORWARD", "-o", bridge, *answers, "-j", "ACCEPT"],
    ]


def _iptables(verb: str, rule: list[str]) -> subprocess.CompletedProcess[bytes]:
    kind, chain, *words = rule
    return attempt(["iptables", "--wait", "-t", kind, verb, chain, *words])


def _subnet(network: Mapping[str, Any]) -> str:
    return str(network["IPAM"]["Config"][0]["Subnet"])
