"""Loopback addresses that nothing listens on: each test, and each test run beside it, has some of its own."""

from __future__ import annotations

import random
import socket
import uuid
from collections import deque
from collections.abc import Iterator
from typing import Final

from corral.places.playground import ports

_CLAIMS: Final[deque[socket.socket]] = deque(maxlen=20)
"""A listener in each of the networks given last: other test processes see them as used before a test listens there."""
_OWN: Final[list[socket.socket]] = []
"""The same for what this process keeps: networks to take its addresses from, and ports."""
_CLAIM: Final = ("255.254", 65500)
"""Where in a network its claim listens: no test asks for that."""


def free_network() -> str:
    """The first two octets of a /16 of 127.0.0.0/8 in which nothing listens just now."""
    prefix, listener = _claimed()
    if len(_CLAIMS) == _CLAIMS.maxlen:
        _CLAIMS[0].close()
    _CLAIMS.append(listener)
    return prefix


def free_address() -> str:
    """An address on which nothing listens; never the same one twice, here or in another test process."""
    return next(_ADDRESSES)


def free_subnet() -> str:
    """Likewise the first three octets of addresses."""
    return next(_SUBNETS)


def free_port(address: str) -> int:
    """A port of an IPv6 address of which there is but one for all: below those that the kernel gives to others.

    Its UDP twin, which nobody listens on, is this process's while it lives, so that no other test process takes it.
    """
    for port in random.SystemRandom().sample(range(10_000, 32_000), 1000):
        claim = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            claim.bind((address, port))
            socket.create_server((address, port), family=socket.AF_INET6).close()
        except OSError:
            claim.close()
            continue
        _OWN.append(claim)
        return port
    raise AssertionError(f"no port of {address} is free")


def unique_name(prefix: str = "test") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def _claimed() -> tuple[str, socket.socket]:
    """A network that is this process's while the listener is open: of two that want it at once, one gets it."""
    used = ports.loopback_networks()
    choices = [prefix for prefix in (f"127.{octet}" for octet in range(2, 255)) if f"{prefix}.0.0/16" not in used]
    random.SystemRandom().shuffle(choices)
    host, port = _CLAIM
    for prefix in choices:
        try:
            return prefix, socket.create_server((f"{prefix}.{host}", port))
        except OSError:  # another one was quicker
            continue
    raise AssertionError("something listens in all networks of 127.0.0.0/8")


def _subnets() -> Iterator[str]:
    while True:
        prefix, listener = _claimed()
        _OWN.append(listener)
        yield from (f"{prefix}.{third}" for third in range(1, 255))


def _addresses() -> Iterator[str]:
    for subnet in _subnets():
        yield from (f"{subnet}.{last}" for last in range(1, 255))


_SUBNETS: Final = _subnets()
_ADDRESSES: Final = _addresses()
