"""The systemd units of nginx, mongod and keepalived."""

from __future__ import annotations

from typing import Final

from corral.desired import database, tuning
from corral.desired.keeper import Draft, Program
from corral.desired.systemd import argument, hardened, protect_home, unit_text, whole_seconds
from corral.model.cluster import Cluster, Host
from corral.model.host_needs import data_directory
from corral.model.identity import account
from corral.model.programs import MONGOD_HUGE_PAGES

NGINX_CAPABILITIES: Final = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID"
"""Of the master, which is root: to listen on port 80, to have its workers be another account and signal them, and to
give them its log and temporary directories and open them again."""
KEEPALIVED_CAPABILITIES: Final = "CAP_KILL CAP_NET_ADMIN CAP_NET_BROADCAST CAP_NET_RAW CAP_SETGID CAP_SETUID"


def definition_of(cluster: Cluster, host: Host, draft: Draft) -> str:
    """The text of a unit file."""
    timeout = whole_seconds(draft.unit.stop_timeout)
    match draft.unit.role:
        case "database":
            return mongod_service(cluster, host, draft.program, timeout)
        case "proxy":
            return nginx_service(cluster, host, draft, timeout)
        case _:
            return keepalived_service(cluster, host, draft, timeout)


def mongod_service(cluster: Cluster, host: Host, mongod: Program, timeout: int) -> str:
    data = data_directory(cluster.database, host)
    return unit_text(
        "mongod.service.j2",
        cluster,
        host,
        account=account(cluster.name, "db"),
        program=mongod.path,
        conf=database.conf_path(host),
        data=data,
        thp=tuning.thp_service(cluster.name) if cluster.database.tune else "",
        rseq=mongod.is_at_least(MONGOD_HUGE_PAGES),
        stop_timeout=timeout,
        **hardened(protect_home([data, mongod.path])),
    )


def nginx_service(cluster: Cluster, host: Host, draft: Draft, timeout: int) -> str:
    return unit_text(
        "nginx.service.j2",
        cluster,
        host,
        command=" ".join(map(argument, draft.unit.program)),
        stop_timeout=timeout,
        **hardened(protect_home([draft.program.path]), NGINX_CAPABILITIES),
    )


def keepalived_service(cluster: Cluster, host: Host, draft: Draft, timeout: int) -> str:
    return unit_text(
        "keepalived.service.j2",
        cluster,
        host,
        program=draft.program.path,
        address=cluster.moving.address if cluster.moving else "",
        conf=draft.unit.program[-1],
        stop_timeout=timeout,
        **hardened("yes", KEEPALIVED_CAPABILITIES, "AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_UNIX"),
    )
