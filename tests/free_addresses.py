"""Loopback networks that nothing listens on: each test, and each test run beside it, has one of its own."""

from __future__ import annotations

import random
import uuid
from pathlib import Path


def free_network() -> str:
    """The first two octets of a /16 of 127.0.0.0/8 in which nothing listens just now."""
    used = _listening_octets()
    choices = [octet for octet in range(2, 255) if octet not in used]
    return f"127.{random.SystemRandom().choice(choices)}"


def free_address() -> str:
    """An address on which nothing listens; two calls hardly ever give the same one."""
    number = uuid.uuid4().int
    return f"{free_network()}.{number % 254 + 1}.{number // 254 % 254 + 1}"


def unique_name(prefix: str = "test") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def _listening_octets() -> set[int]:
    octets = set()
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        address = bytes.fromhex(row.split()[1].partition(":")[0])[::-1]
        if address[0] == 127:
            octets.add(address[1])
    return octets
