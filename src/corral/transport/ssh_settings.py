"""How one host is reached over SSH: plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from corral.language import tr

DEFAULT_PORT: Final = 22
_PLACE: Final = re.compile(r"(?P<address>\[[^\[\]]+\]|[^\[\]:]+)(?::(?P<port>[0-9]+))?")
_BARE_IPV6: Final = re.compile(r"(?P<address>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)(?P<port>)")
"""Without brackets: then it has no port."""


@dataclass(frozen=True)
class SshSettings:
    """An empty value is left to ssh: ~/.ssh/config, else its defaults."""

    host: str
    """The host's name in the cluster file."""
    address: str
    """An address, a DNS name, or an alias that ~/.ssh/config knows."""
    user: str = ""
    port: int = 0
    key: str = ""
    """The path of a private key; then no other key is tried."""
    jump: str = ""
    """`[user@]host[:port]`, several by commas, as `ssh -J` takes it; `none` overrides a ProxyJump of ~/.ssh/config."""
    sudo: bool = False
    """Whether scripts run as root by `sudo -n`; without meaning for the user root."""
    known_hosts: tuple[str, ...] = ()
    """Files of host keys besides those that ssh itself reads. One that isn't there counts as empty."""
    timeout: float = 10.0
    """Seconds for a connection to be open, from the first packet to the accepted login."""
    config: str = ""
    """The configuration file of ssh; empty for ~/.ssh/config."""


@dataclass(frozen=True)
class Jump:
    """One host on the way: `[user@]host[:port]`, or `ssh://` before it."""

    address: str
    user: str = ""
    port: int = 0

    @property
    def text(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.user}@" * bool(self.user) + address + f":{self.port}" * bool(self.port)


def jumps_in(text: str) -> tuple[Jump, ...]:
    """The hosts on the way, the nearest first. Raises ValueError for a text that is not such a list."""
    if text in ("", "none"):
        return ()
    return tuple(_jump(part.strip()) for part in text.split(","))


def _jump(text: str) -> Jump:
    user, _, rest = text.removeprefix("ssh://").rstrip("/").rpartition("@")
    match = _BARE_IPV6.fullmatch(rest) or _PLACE.fullmatch(rest)
    if not match:
        raise ValueError(tr("{text!r} is not a host; expected [user@]host[:port]", text=text))
    return Jump(match["address"].strip("[]"), user, int(match["port"] or 0))
