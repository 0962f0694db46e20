"""The listening socket, opened before anything heavy is imported: a taken port is reported at once."""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

_WHY: Final = {
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "the address is not one of this machine's",
    errno.EACCES: "ports below 1024 need root",
}


class ListenError(Exception):
    """The socket can't be opened; the message is one sentence."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` (an address or a name) and `port`. Raises ListenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"can't listen on {host} port {port}: {_why(error)}.") from None


def _why(error: OSError | UnicodeError) -> str:
    number = getattr(error, "errno", None) or 0
    if isinstance(error, UnicodeError) or number < 0:  # negative numbers are the resolver's own
        return "the name has no address"
    return _WHY.get(number, os.strerror(number))
