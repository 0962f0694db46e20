"""Loopback networks that nothing listens on: each test, and each test run beside it, has one of its own."""

from __future__ import annotations

import random
import socket
import uuid
from collections import deque
from typing import Final

from corral.places.playground import ports

_CLAIMS: Final[deque[socket.socket]] = deque(maxlen=20)
"""A listener in each of the networks given last: other test processes see them as used before a test listens there."""
_CLAIM: Final = ("255.254", 65500)
"""Where in a network its claim listens: no test asks for that."""


def free_network() -> str:
    """The first two octets of a /16 of 127.0.0.0/8 in which nothing listens just now."""
    used = ports.loopback_networks()
    choices = [prefix for prefix in (f"127.{octet}" for octet in range(2, 255)) if f"{prefix}.0.0/16" not in used]
    random.SystemRandom().shuffle(choices)
    return next(prefix for prefix in choices if _claim(prefix))


def _claim(prefix: str) -> bool:
    """Whether the network is this process's now; False when another one was quicker."""
    host, port = _CLAIM
    try:
        listener = socket.create_server((f"{prefix}.{host}", port))
    except OSError:
        return False
    if len(_CLAIMS) == _CLAIMS.maxlen:
        _CLAIMS[0].close()
    _CLAIMS.append(listener)
    return True


def free_address() -> str:
    """An address on which nothing listens; two calls hardly ever give the same one."""
    number = uuid.uuid4().int
    return f"{free_network()}.{number % 254 + 1}.{number // 254 % 254 + 1}"


def unique_name(prefix: str = "test") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
