"""Loopback addresses for the file's hosts: stable, so that they can be remembered and put into bookmarks.

192.168.0.108 becomes 127.<n>.108.1: the network <n> comes from the cluster's name, the rest from the address, so that
two clusters of different names don't meet, and machines give the same cluster the same addresses while they are free.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection, Mapping
from typing import Final

from corral.cluster_file.parse import Loaded
from corral.language import tr
from corral.places.playground import ports
from corral.places.playground.state import State, networks_of_others
from corral.problems import Problem

_NETWORKS: Final = range(2, 255)
"""Second octets in use: 127.0 and 127.1 are left to other software that likes 127.0.0.1 and 127.0.1.1."""


def default_network(cluster: str, used: Collection[str] = ()) -> str:
    """The /16 of 127.0.0.0/8 for a cluster of this name; the first after it that is not in `used`, if there is one."""
    first = _hash(cluster) % len(_NETWORKS)
    in_turn = [f"127.{octet}.0.0/16" for octet in (*_NETWORKS[first:], *_NETWORKS[:first])]
    return next((network for network in in_turn if network not in used), in_turn[0])


def network_of(loaded: Loaded, state: State) -> str:
    """Where data were made, that of the data; else as the file says, else as before.

    The first time by the cluster's name, unless that network is in use.
    """
    recorded = state.read_facts().get("network")
    asked = loaded.spec.playground.network
    if recorded and (not asked or state.has_data()):
        return str(recorded)
    name = loaded.spec.name
    return str(asked or default_network(name, ports.loopback_networks() | networks_of_others(name)))


def other_network(loaded: Loaded, asked: str, recorded: str) -> Problem:
    message = tr(
        "the file asks for addresses of {asked}, but this cluster's data were made on {recorded}",
        asked=asked,
        recorded=recorded,
    )
    hint = tr(
        "write `network: {recorded}` below `playground:`; or delete the data: corral down --purge", recorded=recorded
    )
    return Problem("network-changed", "error", message, hint, loaded.source)


def loopback_addresses(declared: Mapping[str, str], network: str) -> dict[str, str]:
    """Host name -> loopback address, for host name -> address in the file, each one only once.

    a.b.c.d becomes 127.n.d.(c+1); a DNS name or an IPv6 address takes its two octets from a hash of itself.
    """
    prefix = ".".join(network.split(".")[:2])
    taken: set[tuple[int, int]] = set()
    addresses = {}
    for name, address in declared.items():
        third, fourth = _octets(address)
        while (third, fourth) in taken:
            fourth = fourth % 254 + 1
        taken.add((third, fourth))
        addresses[name] = f"{prefix}.{third}.{fourth}"
    return addresses


def _octets(address: str) -> tuple[int, int]:
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        number = _hash(address)
        return number % 256, number // 256 % 254 + 1
    _, _, third, fourth = parsed.packed
    return fourth, third % 254 + 1


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
