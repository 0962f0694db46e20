"""What the file's addresses, names and networks may look like: checks that say what is wrong, or nothing."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from corral.language import tr
from corral.model.endpoint import USUAL_PORTS, Endpoint, Scheme

_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def _is_dns_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def same_address(text: str) -> str:
    """What two spellings of one address have in common."""
    return str(ip(text) or text.lower().removesuffix("."))


def wrong_address(text: str) -> str:
    if text.startswith("[") and text.endswith("]") and ip(text[1:-1]):
        return tr("must be an address without brackets: {text}", text=text[1:-1])
    address = ip(text)
    if address is None:
        return (
            ""
            if _is_dns_name(text)
            else tr("must be an IPv4 or IPv6 address or a DNS name, not {text!r}", text=text[:80])
        )
    if address.is_unspecified or address.is_multicast or "%" in text:
        return tr("must be an address that other hosts can reach, not {text}", text=text)
    return ""


def wrong_ip(text: str) -> str:
    return wrong_address(text) if ip(text) else tr("must be an IPv4 or IPv6 address, not {text!r}", text=text[:80])


def wrong_network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        pass
    else:
        return ""
    try:
        right = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return tr("must be a network such as 10.0.0.0/8, or one address, not {text!r}", text=text[:80])
    return tr("must be a network, and {text} is an address in one: write {right}", text=text, right=right)


def wrong_playground_network(text: str) -> str:
    if re.fullmatch(r"127\.(?:[1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])\.0\.0/16", text):
        return ""
    return tr(
        "must be a /16 of the loopback network, from 127.1.0.0/16 to 127.255.0.0/16, not {text!r}", text=text[:80]
    )


def wrong_server_name(text: str) -> str:
    for name in text.split():
        bare = name.removeprefix("*.").removeprefix(".").removesuffix(".*")
        if name != "_" and not _is_dns_name(bare) and not ip(bare):
            punycode = tr(" (an international name in its xn-- form)") if not name.isascii() else ""
            return tr(
                "must be names such as www.example.com, *.example.com or _{punycode}, not {name!r}",
                punycode=punycode,
                name=name[:80],
            )
    return "" if text.strip() else tr("must be at least one name; `_` answers to every name")


def url_host(url: str) -> str:
    """The host that an absolute http or https URL names; empty for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def url_endpoint(url: str) -> Endpoint | None:
    """Where an absolute http or https URL leads; None for anything else."""
    host = url_host(url)
    if not host:
        return None
    parts = urlsplit(url)
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    try:
        port = parts.port
    except ValueError:  # no number, or a large one
        port = None
    return Endpoint(scheme, host, port or USUAL_PORTS[scheme])


def is_served(server_name: str, host: str) -> bool:
    """Whether one of the names of `server_name` is `host`'s, as nginx reads them."""
    return any(_answers(name.lower(), host) for name in server_name.split())


def _answers(name: str, host: str) -> bool:
    if name.startswith("*."):
        return host.endswith(name[1:])
    if name.endswith(".*"):
        return host.startswith(name[:-1])
    return name in ("_", host) or (name.startswith(".") and f".{host}".endswith(name))
