"""Which hosts there are, under which names and addresses. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lab.errors import LabError

DEFAULT_NAME: Final = "corral-lab"
DEFAULT_SUBNET: Final = "10.108.0"
DEFAULT_HOSTS: Final = ("proxy-100", "app-108", "app-208", "db-216", "db-217", "db-218", "time-123")

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}[a-z0-9]")


@dataclass(frozen=True)
class Host:
    name: str
    address: str


@dataclass(frozen=True)
class Table:
    """One lab: its name, its network (a /24, named by three numbers such as 10.108.0) and its hosts."""

    name: str
    subnet: str
    hosts: tuple[Host, ...]

    @property
    def network(self) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Network(f"{self.subnet}.0/24")

    @property
    def gateway(self) -> str:
        """The machine's own address in the lab."""
        return f"{self.subnet}.1"

    @property
    def bridge(self) -> str:
        return bridge_of(self.name)

    def joined(self, others: Iterable[Host]) -> Table:
        """With `others`, which are there already. Raises LabError where they contradict."""
        mine = set(self.hosts)
        return replace(self, hosts=_distinct([*self.hosts, *(host for host in others if host not in mine)]))

    def container(self, host: str) -> str:
        return f"{self.name}-{host}"

    def host(self, name: str) -> Host:
        """Raises LabError, with the names that there are."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"there is no host {name} in {self.name}; its hosts are {', '.join(h.name for h in self.hosts)}")


def bridge_of(lab: str) -> str:
    """The interface's name. It has 15 characters at most, so it is made of a digest."""
    return "lab-" + hashlib.sha256(lab.encode()).hexdigest()[:10]


def table(name: str = DEFAULT_NAME, subnet: str = DEFAULT_SUBNET, hosts: Sequence[str] = ()) -> Table:
    """`hosts` are NAME=LASTOCTET, or the default seven. Raises LabError for what can't be a name or an address."""
    if not _NAME.fullmatch(name):
        raise LabError(f"a lab can't be named {name!r}: small letters, digits and hyphens, beginning with a letter")
    try:
        network = ipaddress.IPv4Network(f"{subnet}.0/24")
    except ValueError as error:
        raise LabError(f"--subnet is {subnet!r}: three numbers are wanted, such as {DEFAULT_SUBNET}") from error
    if not network.is_private:
        raise LabError(f"{network} is not a private network: take one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return Table(name, subnet, _distinct([_host(text, subnet) for text in hosts or _default()]))


def _default() -> list[str]:
    return [f"{name}={name.rsplit('-', 1)[1]}" for name in DEFAULT_HOSTS]


def _host(text: str, subnet: str) -> Host:
    name, _, octet = text.partition("=")
    if not _NAME.fullmatch(name) or not octet.isascii() or not octet.isdecimal():
        raise LabError(f"a host is NAME=LASTOCTET, such as app-108=108, and not {text!r}")
    if not 2 <= int(octet) <= 254:
        raise LabError(f"{text}: the last number of an address is from 2 to 254; 1 is the machine itself")
    return Host(name, f"{subnet}.{int(octet)}")


def _distinct(hosts: list[Host]) -> tuple[Host, ...]:
    for key in ("name", "address"):
        values = [str(getattr(host, key)) for host in hosts]
        for value in values:
            if values.count(value) > 1:
                raise LabError(f"two hosts have the {key} {value}")
    return tuple(hosts)
