"""The `proxy` section: nginx."""

import posixpath
from typing import Annotated, Any, Final, NamedTuple, get_args

from pydantic import Field

from corral.cluster_file.addresses import wrong_ip, wrong_network, wrong_server_name
from corral.cluster_file.install import Installing
from corral.cluster_file.section import Hosts, Port, Section, Shorthand, Timeout, address_alone
from corral.cluster_file.units import Duration, Size
from corral.cluster_file.values import Choice, Kind, Text, Whole, refusal
from corral.language import tr
from corral.model.cluster import Balance, Install

_NAMES: Final = tuple(name for name in get_args(Balance) if name != "hash")
_PREFIX: Final = r"/[A-Za-z0-9/._~+@:,-]*[A-Za-z0-9._~+@:,-]/"
_OWN_HEADERS: Final = frozenset(
    (
        *("host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "expect", "keep-alive"),
        *("x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"),
        *("x-request-id", "x-corral-probe"),
    )
)
_VARIABLE: Final = Text(tr("an nginx variable such as $http_x_user_id"), r"\$[A-Za-z][A-Za-z0-9_]{0,63}")
"""In capitals or not: nginx's variables know no case."""


def _never_matched(path: str) -> str:
    """nginx matches what is left when doubled slashes, `.` and `..` are gone from the path that was asked for."""
    matched = posixpath.normpath(path.replace("//", "/"))
    plain = "/" + matched.strip("/") + ("/" if path.endswith(("/", "/.", "/..")) and matched.strip("/") else "")
    return (
        ""
        if plain == path
        else tr("never matches: nginx makes {plain} of {path}, so write {plain}", plain=plain, path=path[:80])
    )


def _written_by_nginx(header: str) -> str:
    return (
        tr("must not have {header}: the proxy writes it itself", header=header)
        if header.lower() in _OWN_HEADERS
        else ""
    )


class Balancing(NamedTuple):
    """How requests are spread; `key` is the variable of `{hash: $variable}`."""

    method: Balance
    key: str = ""


class _Balance(Kind):
    @property
    def expected(self) -> str:
        return tr("one of {names} or {{hash: $variable}}", names=", ".join(_NAMES))

    def read(self, value: object) -> Balancing:
        if isinstance(value, dict):
            if set(value) != {"hash"}:
                raise self.refuse(value)
            try:
                return Balancing("hash", _VARIABLE.read(value["hash"]))
            except ValueError:
                raise refusal("bad-value", tr("must have {what} after `hash:`", what=_VARIABLE.what)) from None
        if value == "hash":
            raise refusal("bad-value", tr("needs the variable to hash: `{hash: $http_x_user_id}`"))
        if not isinstance(value, str):
            raise self.refuse(value, wrong_type=True)
        return Balancing(Choice((*_NAMES, "{hash: $variable}")).read(value))  # type: ignore[arg-type]  # one of _NAMES

    def write(self, value: Balancing) -> Any:
        return {"hash": value.key} if value.key else value.method

    def json_schema(self) -> dict[str, Any]:
        variable = {"hash": _VARIABLE.json_schema()}
        hashed = {
            "type": "object",
            "properties": variable,
            "required": ["hash"],
            "additionalProperties": False,
        }
        return {"anyOf": [{"enum": list(_NAMES)}, hashed]}


class VirtualIp(Section):
    """An address that keepalived moves between the proxies. Nothing in the playground."""

    required = ("address",)
    address: Annotated[str, Text(tr("an IPv4 or IPv6 address"), check=wrong_ip)] = Field(
        "", description="The address that people's requests go to."
    )
    interface: Annotated[str, Text(tr("a network interface's name"), r"[A-Za-z0-9_.:@-]{1,15}")] = Field(
        "",
        description="The network interface that carries it; the one of the host's own address when left out.",
    )
    router_id: Annotated[int, Whole(1, 255)] = Field(
        51, description="VRRP's number of the group, one for each network."
    )


VirtualIpEntry = Annotated[VirtualIp | None, Shorthand(address_alone, {"type": "string"})]


class Proxy(Section):
    """nginx in front of the instances."""

    required = ("hosts",)
    hosts: Hosts = Field((), description="The hosts that run nginx.")
    server_name: Annotated[str, Text(tr("a text of one or more names"), check=wrong_server_name)] = Field(
        "_", description="The names that it answers to, with blanks between them; `_` is every name."
    )
    port: Port = Field(80, description="The port that nginx listens on (the playground has its own).")
    balance: Annotated[Balancing, _Balance()] = Field(
        Balancing("sticky_cookie"),
        description="How requests are spread: sticky_cookie keeps a browser with its instance; ip_hash, "
        "least_conn, round_robin; or {hash: $variable}.",
    )
    max_body_size: Annotated[int, Size("1k", "1T")] = Field(
        100 * 1024**2, description="The largest request body; a larger one is answered 413."
    )
    buffer_size: Annotated[int, Size("4k", "1M")] = Field(
        16 * 1024, description="What an answer's headers may take, and each of the buffers for its body."
    )
    read_timeout: Timeout = Field(60.0, description="How long an instance may take for the next part of an answer.")
    websocket_timeout: Timeout = Field(3600.0, description="How long a websocket may be silent before it is cut.")
    shutdown_timeout: Timeout = Field(
        86400.0, description="How long an old nginx worker may go on with the websockets that it has after a reload."
    )
    max_fails: Annotated[int, Whole(0, 1000)] = Field(
        3,
        description="Failures within fail_timeout after which an instance gets no requests; 0 counts none.",
    )
    fail_timeout: Annotated[float, Duration("1s", "1h")] = Field(
        10.0, description="How long failures are counted, and how long an instance that failed is left out."
    )
    keepalive: Annotated[int, Whole(1, 10_000)] = Field(
        64, description="Idle connections to the instances that each nginx worker keeps open."
    )
    keepalive_idle: Annotated[float, Duration("0s", "1h")] = Field(
        1.0,
        description="How long such a connection is kept without work; shorter than the application keeps it. "
        "0: none is kept.",
    )
    header_size: Annotated[int, Size("4k", "1M")] = Field(
        32 * 1024, description="What the request's address, and each of its headers, may take."
    )
    header_underscores: bool = Field(
        False, description="Whether headers with `_` in their names reach the application."
    )
    real_ip_from: tuple[Annotated[str, Text(tr("a network"), check=wrong_network)], ...] = Field(
        (), description="Networks of outer proxies whose word on the client's address is taken."
    )
    real_ip_header: Annotated[str, Text(tr("the name of a header"), r"[A-Za-z][A-Za-z0-9-]{0,63}")] = Field(
        "X-Forwarded-For", description="The header in which outer proxies name the client's address."
    )
    outer_headers: tuple[
        Annotated[str, Text(tr("the name of a header"), r"[A-Za-z][A-Za-z0-9-]{0,63}", check=_written_by_nginx)], ...
    ] = Field(
        ("Forwarded", "X-Forwarded-Prefix"),
        description="Further headers that reach the application when an outer proxy sends them, and from nobody else.",
    )
    not_found: tuple[
        Annotated[
            str,
            Text(
                tr("a path: a slash first, then letters, digits and /._~+@:,-"),
                r"/[A-Za-z0-9/._~+@:,-]*",
                check=_never_matched,
            ),
        ],
        ...,
    ] = Field(("/cordova.js",), description="Paths that the proxy itself answers with 404.")
    unbuffered: tuple[
        Annotated[
            str,
            Text(
                tr("a path: a slash first and last, letters, digits and /._~+@:,- between"),
                _PREFIX,
                check=_never_matched,
            ),
        ],
        ...,
    ] = Field(("/sockjs/",), description="Paths, with all below them, whose answers leave part by part.")
    virtual_ip: VirtualIpEntry = Field(
        None,
        description="What moves between two proxies: an address, or address, interface and router_id.",
    )
    install: Annotated[Install, Installing()] = Field(
        Install(),
        description="How nginx comes to real hosts: package, {package: NAME}, {archive: FILE, sha256: …, version: …}, "
        "or none.",
    )
