"""The request headers by which applications learn a client's address, scheme, host, port or path.

Whoever sends them is believed by the frameworks that read them. So the proxy writes the usual ones itself, and passes
on what the cluster file names, from the outer proxies that it names. docs/proxy.md says which framework reads which.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

_CLIENTS: Final = (
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "CF-Pseudo-IPv4",
    "Client-IP",
    "DO-Connecting-IP",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "Forwarded-For",
    "True-Client-IP",
    "X-Appengine-Remote-Addr",
    "X-Appengine-User-IP",
    "X-Azure-ClientIP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Envoy-External-Address",
    "X-Forwarded",
    "X-Forwarded-By",
    "X-Original-For",
    "X-Original-Forwarded-For",
    "X-Remote-Addr",
    "X-Remote-IP",
)
_SCHEMES: Final = (
    "CloudFront-Forwarded-Proto",
    "Front-End-Https",
    "X-ARR-SSL",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Original-Proto",
    "X-Original-Scheme",
    "X-Proxied-Https",
    "X-Scheme",
    "X-Url-Scheme",
)
_HOSTS: Final = (
    "X-Forwarded-Server",
    "X-Host",
    "X-HTTP-Host-Override",
    "X-Original-Host",
    "X-ProxyHost",
    "X-ProxyPort",
    "X-ProxyScheme",
)
_PATHS: Final = (
    "Path-Info",
    "Script-Name",
    "X-Envoy-Original-Path",
    "X-Forwarded-Base",
    "X-Forwarded-Context",
    "X-Forwarded-Path",
    "X-Forwarded-PathBase",
    "X-Forwarded-Prefix",
    "X-Forwarded-Uri",
    "X-Original-Prefix",
    "X-Original-URI",
    "X-Original-URL",
    "X-ProxyContextPath",
    "X-Rewrite-URL",
    "X-Script-Name",
)
CLAIMS: Final = ("Forwarded", *_CLIENTS, *_SCHEMES, *_HOSTS, *_PATHS)

_WRITTEN: Final = ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port")
"""What the proxy itself writes; the last one with an outer proxy only."""

ENCRYPTED: Final = (
    "CloudFront-Forwarded-Proto",
    "Front-End-Https",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Proxied-Https",
    "X-Scheme",
    "X-Url-Scheme",
)
"""Those that say `https`, `ssl` or `on` of an encrypted connection, where X-Forwarded-Proto says nothing."""

_NEVER: Final = ("Proxy",)
"""CGI makes HTTP_PROXY of it, which many clients take for the proxy to use."""


def variable(header: str) -> str:
    """nginx's for a request's header."""
    return "$http_" + header.lower().replace("-", "_")


def withheld(passed_on: Sequence[str], *, port: bool, underscores: bool) -> list[str]:
    """The headers that the application never gets, whoever sends them; `passed_on` are those that it may get.

    `port`: X-Forwarded-Port is written too; `underscores`: nginx passes on names with `_`, which CGI, WSGI and Rack
    don't tell from `-`, so that every spelling of each header is withheld.
    """
    written = {name.lower() for name in (*passed_on, *(_WRITTEN if port else _WRITTEN[:-1]))}
    known = (*_NEVER, *passed_on, *_WRITTEN, *CLAIMS)
    names = [spelt for name in known for spelt in (_spellings(name) if underscores else [name])]
    return list({name.lower(): name for name in names if name.lower() not in written}.values())


def _spellings(name: str) -> list[str]:
    """`name` with `-` or `_` at each of its dashes."""
    words = name.split("-")
    between = product("-_", repeat=len(words) - 1)
    return ["".join(part for pair in zip(words, (*marks, ""), strict=True) for part in pair) for marks in between]
