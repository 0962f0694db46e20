"""Rules on the address that moves between the proxies, before keepalived is first given it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.language import mark, shown
from corral.model.machine import VirtualAddress
from corral.rules.registry import Seen, There, Theres, on, rule_on_all

_REASONS: Final = {
    "arping": mark("there is no arping (in the package iputils-arping, or iputils)"),
    "ipv6": mark("arping asks for IPv4 addresses alone"),
    "interface": mark("which interface has the host's address isn't known"),
}


def _asked(theres: Theres) -> list[tuple[There, VirtualAddress]]:
    """The proxies that can tell; none once one of them has been given the address, which then answers by right."""
    found = [(there, there.machine.virtual) for there in theres if there.machine.virtual]
    return [] if any(virtual.used for _, virtual in found) else found


def _address(there: There) -> str:
    return there.cluster.moving.address if there.cluster.moving else ""


@rule_on_all("H10", "error", "accounts")
def virtual_address_taken(theres: Theres) -> Iterator[Seen]:
    for there, virtual in _asked(theres):
        if virtual.holder:
            yield on(there.host.name, {"address": _address(there), "holder": virtual.holder})


@rule_on_all("H10", "error", "accounts")
def virtual_address_here(theres: Theres) -> Iterator[Seen]:
    for there, virtual in _asked(theres):
        if virtual.interface:
            yield on(there.host.name, {"address": _address(there), "interface": virtual.interface})


@rule_on_all("H10", "info", "accounts")
def virtual_address_unasked(theres: Theres) -> Iterator[Seen]:
    """Told once, and only where no proxy could ask."""
    asked = _asked(theres)
    if asked and all(virtual.unasked for _, virtual in asked):
        there, virtual = asked[0]
        yield on(there.host.name, {"address": _address(there), "reason": shown(_REASONS[virtual.unasked])})
