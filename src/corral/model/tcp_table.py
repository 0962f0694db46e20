"""Rows of /proc/net/tcp and /proc/net/tcp6, Linux's lists of sockets (the kernel's documentation: proc_net_tcp)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

ESTABLISHED: Final = "01"
LISTEN: Final = "0A"
_IPV4_DIGITS: Final = 8


@dataclass(frozen=True)
class Socket:
    """`address` and `port` are this end's; `state` is the kernel's number. A process's descriptor names `inode`; it is
    0 where the row doesn't tell it."""

    address: IPv4Address | IPv6Address
    port: int
    state: str
    inode: int

    def is_at(self, address: IPv4Address) -> bool:
        """Whether it has that address: an IPv6 socket has an IPv4 one in its mapped form."""
        return address in (self.address, self.address.ipv4_mapped if isinstance(self.address, IPv6Address) else None)


def socket_in(line: str) -> Socket | None:
    """None for the head of a table."""
    words = line.split()
    if len(words) < 4 or ":" not in words[1]:
        return None
    address, _, port = words[1].partition(":")
    return Socket(_address(address), int(port, 16), words[3], int(words[9]) if len(words) > 9 else 0)


def _address(digits: str) -> IPv4Address | IPv6Address:
    """Hexadecimal, each group of 32 bits in the machine's own byte order, which is little-endian."""
    data = b"".join(bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8))
    return IPv4Address(data) if len(digits) == _IPV4_DIGITS else IPv6Address(data)
