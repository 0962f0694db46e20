"""nginx's whole configuration for one proxy host, as text. docs/proxy.md says why each line is there.

What comes from the cluster file is quoted here. A few characters can't be quoted for nginx at all; the patterns below
are what the file's validation has to let through, and a value that breaks them is a ValueError here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import PurePosixPath
from typing import Final

from corral.desired import forwarded
from corral.desired.templating import render
from corral.model import pools
from corral.model.cluster import Cluster, Host, Instance, Proxy
from corral.model.endpoint import Endpoint
from corral.model.programs import KEEPALIVE_MIN, KEEPALIVE_ZERO, NATIVE_STICKY, NGINX_SINCE
from corral.model.resources import HostFacts
from corral.secrets import reference

SERVER_NAME_PATTERN: Final = r"(\*\.|\.)?[A-Za-z0-9_:-][A-Za-z0-9_.:-]*(\.\*)?"
"""One name of `server_name`: `_` (any), `www.example.com`, `*.name`, `.name`, `name.*`, an address. A leading `~` would
make it a regular expression."""

EVERY_NAME: Final = "_"
_ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - what nginx listens on with an address that moves
_OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""By which one comes through a tunnel of ssh."""

NOT_FOUND_PATTERN: Final = r"/[^\x00-\x1f\x7f]*"
"""A path as nginx matches it: decoded, without a query."""

HASH_KEY_PATTERN: Final = r"\$[A-Za-z_][A-Za-z0-9_]*"
"""One nginx variable; whether nginx knows it is for `nginx -t` to say."""

HEADER_PATTERN: Final = r"[A-Za-z][A-Za-z0-9-]*"
"""A header's name for real_ip_header; `proxy_protocol`, which means something else there, doesn't fit."""

PROBE_HEADER: Final = "X-Corral-Probe"
"""A request that carries the secret `probe` in this header is told who answered it, in UPSTREAM_HEADER."""
UPSTREAM_HEADER: Final = "X-Corral-Upstream"
PING_PATH: Final = "/.corral/ping"
"""Answered by nginx itself: `ok <host> <revision> <pool>`, the last one where there are several."""
_REFUSED: Final = "/.corral/refused/"
"""Below it are the sentences for what nginx refuses; nobody can ask for them."""
ROUTE_COOKIE: Final = "corral_route"

STOP_TIMEOUT: Final = 10.0
"""Seconds from SIGTERM to SIGKILL."""
CONNECT_TIMEOUT: Final = 2
"""Seconds. Linux repeats a lost SYN after 1 s, so one lost packet is forgiven and a dead host is not waited for."""
MAX_TRIES: Final = 8
"""With more than seven instances on each of two hosts and one host dead, eight tries fail for 1 in 2,000 at worst."""

_MIB: Final = 1024 * 1024


def render_nginx(proxy: Proxy, instances: Sequence[Instance], host: Host, port: int, facts: HostFacts) -> str:
    """The complete nginx.conf of `host`; the probe's token stands in it by reference.

    `host.layout.run` must exist, as must the access log's directory; start nginx with `-e stderr`, so that it needs no
    compiled-in log file. Raises ValueError for text that nginx can't be given safely.
    """
    passed_on = _outer_headers(proxy)
    all_of_them = pools.pool_name(pools.NOBODY, ())
    web = pools.by_turns([instance for instance in instances if instance.role == "web"])
    groups = pools.groups(web)
    return render(
        "nginx.conf.j2",
        quote=quote,
        literal=literal,
        seconds=seconds,
        whole_seconds=whole_seconds,
        size=size,
        buffers=buffers,
        proxy=proxy,
        host=host,
        facts=facts,
        accounts=[_fitting(r"[A-Za-z0-9_.-]+", name, "an account") for name in facts.user.split()],
        run=host.layout.run,
        listen=_listen(host, port, proxy),
        servers=web,
        groups=[(pools.pool_name(out, groups), pools.key(out), out) for out in groups],
        all_of_them=all_of_them,
        in_use="$corral_pool" if groups else all_of_them,
        pool_link=str(pools.link(host.layout)),
        native=NATIVE_STICKY in features(facts.nginx_version),
        keepalive=_keepalive(proxy, facts),
        keepalive_zero=KEEPALIVE_ZERO in features(facts.nginx_version),
        keepalive_min=KEEPALIVE_MIN in features(facts.nginx_version),
        tries=tries(web),
        connect_timeout=CONNECT_TIMEOUT,
        server_names=_server_names(proxy, host),
        unserved=EVERY_NAME not in proxy.server_name.split(),
        refused=_REFUSED,
        passed_on=[(name, forwarded.variable(name), f"$corral_passed_{at}") for at, name in enumerate(passed_on, 1)],
        withheld=forwarded.withheld(passed_on, port=bool(proxy.real_ip_from), underscores=proxy.header_underscores),
        encrypted=[forwarded.variable(name) for name in forwarded.ENCRYPTED],
        hash_key=_fitting(HASH_KEY_PATTERN, proxy.hash_key, "an nginx variable") if proxy.balance == "hash" else "",
        real_ip_header=_fitting(HEADER_PATTERN, proxy.real_ip_header, "a header") if proxy.real_ip_from else "",
        not_found=_not_found(proxy),
        unbuffered=_unbuffered(proxy),
        probe=reference("probe"),
        route_cookie=ROUTE_COOKIE,
        ping_path=PING_PATH,
        ping_answer=ping_answer(host),
        upstream_header=UPSTREAM_HEADER,
        probe_header=PROBE_HEADER,
        probe_variable=forwarded.variable(PROBE_HEADER),
    )


def with_revision(text: str, host: Host, revision: str) -> str:
    """What render_nginx has made, with `revision` in the ping's answer: so a reload can be seen from outside to have
    taken the new file in. It answers at each server: by a name that is served, and by others."""
    answer = f"return 200 {literal(ping_answer(host))[:-1]}"
    return text.replace(answer, f"{answer} {revision}")


def access_log(host: Host) -> PurePosixPath:
    """Where nginx writes it on a machine of its own."""
    return host.layout.logs / "access.log"


def listening(cluster: Cluster) -> Proxy:
    """With an address that moves nginx listens on all of its kind: it is on one proxy only, and comes and goes."""
    proxy = cluster.proxy
    if cluster.moving is None:
        return proxy
    everywhere = _ANYWHERE[":" in cluster.moving.address]
    return replace(proxy, extra_addresses=(*proxy.extra_addresses, everywhere))


def features(version: tuple[int, int, int] | None) -> tuple[str, ...]:
    """Those of NGINX_SINCE that this nginx knows; an unknown version counts as one that knows none."""
    return tuple(name for name, since in NGINX_SINCE.items() if version is not None and version >= since)


def generation(version: tuple[int, int, int] | None) -> tuple[str, ...]:
    """What asks for a restart when a package upgrade changes it: the master that runs is the old program until then,
    and it would refuse at its reload what the new one's `nginx -t` has accepted.

    Who knows a later one of NGINX_SINCE knows KEEPALIVE_MIN: it isn't told again, so that a master of which that was
    always so isn't restarted over a Corral that has come to know it.
    """
    known = features(version)
    return tuple(name for name in known if name != KEEPALIVE_MIN or NATIVE_STICKY not in known)


def command(program: str, host: Host) -> tuple[str, ...]:
    """What runs nginx in the foreground, and for good."""
    return (program, *_places(host), "-c", str(conf_path(host)))


def check_command(program: str, host: Host) -> tuple[str, ...]:
    """What judges a configuration, whose path stands for `{}`."""
    return (program, *_places(host), "-t", "-q", "-c", "{}")


def conf_path(host: Host) -> PurePosixPath:
    return host.layout.config / "nginx.conf"


def _places(host: Host) -> tuple[str, ...]:
    """`-e` keeps nginx from a log file that is compiled in; it is known from nginx 1.19.5 on."""
    return ("-p", f"{host.layout.run}/", "-e", "stderr")


def start_script(host: Host, command: Sequence[str]) -> str:
    """A POSIX sh script that becomes nginx, for a supervisor that knows of no process but the one it started.

    Workers outlive a master that was killed, and keep its sockets: they are ended first, by name and directory.
    """
    return render("start-nginx.j2", run=shlex.quote(str(host.layout.run)), command=shlex.join(command))


def ping_answer(host: Host, revision: str = "") -> str:
    """The first line of what `PING_PATH` answers."""
    return f"ok {host.name} {revision}".strip()


def quote(text: str) -> str:
    """`text` as one nginx word, for directives that take it as it is. Raises ValueError for control characters."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{text!r} has a control character, which can't stand in nginx's configuration")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literal(text: str) -> str:
    """Like `quote`, for directives that put variables in: nginx has no escape for `$`, so it is a ValueError."""
    if "$" in text:
        raise ValueError(f"{text!r} has a '$', which nginx would take for a variable")
    return quote(text)


def seconds(value: float) -> str:
    """nginx's time: whole seconds, else milliseconds."""
    return f"{int(value)}s" if value == int(value) else f"{max(1, round(value * 1000))}ms"


def whole_seconds(value: float) -> str:
    """For fail_timeout, the one time that nginx doesn't read in milliseconds."""
    return f"{max(1, ceil(value))}s"


def size(value: int) -> str:
    """nginx's size: `100m`, `16k`, or plain bytes where neither is exact. 0 means no limit."""
    for unit, suffix in ((_MIB, "m"), (1024, "k")):
        if value and value % unit == 0:
            return f"{value // unit}{suffix}"
    return str(value)


def buffers(each: int) -> int:
    """How many buffers of `each` bytes a busy connection may hold: half a megabyte of them, and eight at least."""
    return max(8, _MIB // 2 // each)


def tries(instances: Sequence[Instance]) -> int:
    """How many instances one request may be offered to: all of one dead host and one more, MAX_TRIES at most."""
    return max(1, min(pools.most_on_one_host(instances) + 1, len(instances), MAX_TRIES))


def _keepalive(proxy: Proxy, facts: HostFacts) -> int | None:
    """None leaves the directive out: before 1.29.7 that is how keepalive is switched off, and 0 is refused."""
    kept = proxy.keepalive if proxy.keepalive_idle else 0
    return kept if kept or KEEPALIVE_ZERO in features(facts.nginx_version) else None


def _listen(host: Host, port: int, proxy: Proxy) -> list[str]:
    addresses = dict.fromkeys((host.address, *proxy.extra_addresses))
    return [quote(Endpoint("http", address, port).netloc) for address in addresses]


def _outer_headers(proxy: Proxy) -> list[str]:
    headers = dict.fromkeys(_fitting(HEADER_PATTERN, name, "a header") for name in proxy.outer_headers)
    return list(headers) if proxy.real_ip_from else []


def _not_found(proxy: Proxy) -> list[tuple[str, str]]:
    """Pairs of nginx's modifier and path: a path that ends in `/` covers all below it, `/` is itself alone.

    PING_PATH stays Corral's own: nginx refuses two locations of one path.
    """
    paths = dict.fromkeys(_fitting(NOT_FOUND_PATTERN, path, "a path") for path in proxy.not_found)
    paths.pop(PING_PATH, None)
    return [("^~" if path.endswith("/") and path != "/" else "=", quote(path)) for path in paths]


def _unbuffered(proxy: Proxy) -> list[str]:
    """The prefixes that are not answered 404 as a whole: nginx refuses two locations of one path."""
    paths = dict.fromkeys(_fitting(NOT_FOUND_PATTERN, path, "a path") for path in proxy.unbuffered)
    taken = {path for modifier, path in _not_found(proxy) if modifier == "^~"}
    return [quote(path) for path in paths if quote(path) not in taken and path != "/"]


def _server_names(proxy: Proxy, host: Host) -> list[str]:
    """All that are served: without "any", also this host by its addresses, and a request that names no host at all."""
    names = [_fitting(SERVER_NAME_PATTERN, name, "a server name") for name in proxy.server_name.split()]
    if EVERY_NAME not in names:
        moving = (proxy.virtual_ip.address,) if proxy.virtual_ip else ()
        addresses = (host.address, host.declared, *proxy.extra_addresses, *moving, *_OWN_NAMES)
        names += [*(each for each in addresses if each not in _ANYWHERE), ""]
    return [quote(f"[{name}]" if ":" in name else name) for name in dict.fromkeys(names)]


def _fitting(pattern: str, text: str, what: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise ValueError(f"{text!r} is not {what} that can stand in nginx's configuration ({pattern})")
    return text
