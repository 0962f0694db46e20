"""Where something answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

Scheme = Literal["http", "https", "ws", "wss", "mongodb", "tcp"]
USUAL_PORTS: Final[dict[str, int]] = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True)
class Endpoint:
    """`address` is an IP address, or a name as the hosts see each other."""

    scheme: Scheme
    address: str
    port: int

    @classmethod
    def read(cls, scheme: Scheme, netloc: str) -> Self:
        """Of `address:port`, an IPv6 address in brackets."""
        address, _, port = netloc.rpartition(":")
        return cls(scheme, address.strip("[]"), int(port))

    @property
    def netloc(self) -> str:
        """address:port, an IPv6 address in brackets: as URLs, nginx and MongoDB's member names have it."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def short_url(self) -> str:
        """Without the port where browsers leave it out."""
        return f"{self.scheme}://{self.short_netloc}"

    @property
    def short_netloc(self) -> str:
        """The Host of a browser's request."""
        usual = USUAL_PORTS.get(self.scheme) == self.port
        return self.netloc.removesuffix(f":{self.port}") if usual else self.netloc

    @property
    def socket(self) -> tuple[str, int]:
        """What connects to it is given these two."""
        return self.address, self.port
