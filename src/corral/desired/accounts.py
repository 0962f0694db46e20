"""The system accounts that the cluster's programs run as, for systemd-sysusers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from corral.desired.parts import HostBuilder, Parts
from corral.desired.templating import head
from corral.model.cluster import Cluster, Host
from corral.model.identity import account
from corral.model.software import Stage

_PARTS: Final = {"db": "MongoDB", "app": "Application", "web": "nginx"}
_FIRST_NUMBER: Final = 400
_NUMBERS: Final = 500


def add_accounts(parts: Parts, cluster: Cluster) -> None:
    """One file for each host that needs an account, in the first stage that does."""
    for host in cluster.hosts:
        needed = list(_needed(cluster, host))
        if needed:
            stage = needed[0][0]
            path = PurePosixPath("/etc/sysusers.d", f"corral-{cluster.name}.conf")
            text = sysusers_conf(cluster, host, [part for _, part in needed])
            HostBuilder(parts, host, stage).file(path, text, after=[("systemd-sysusers", str(path))])


def sysusers_conf(cluster: Cluster, host: Host, needed: list[str]) -> str:
    lines = [f'u {account(cluster.name, part)} {_number(cluster, part)} "{_PARTS[part]} of {cluster.name}, by Corral"'
             for part in needed]  # fmt: skip
    return "\n".join([head(host), *lines, ""])


def _needed(cluster: Cluster, host: Host) -> Iterator[tuple[Stage, str]]:
    """The stage and the part of each account; containers run as the image says."""
    if any(member.host == host for member in cluster.database.members):
        yield "database", "db"
    if cluster.app.runtime == "systemd" and cluster.instances_on(host):
        yield "application", "app"
    if host in cluster.proxy.hosts:
        yield "proxy", "web"


def _number(cluster: Cluster, part: str) -> str:
    """The application's account has one number on all hosts, unless it is taken: its files may be on a shared storage.

    systemd-sysusers takes the number as a wish, and another one of its own range where it can't be had.
    """
    if part != "app":
        return "-"
    digest = hashlib.sha256(account(cluster.name, part).encode()).digest()
    return str(_FIRST_NUMBER + int.from_bytes(digest[:4]) % _NUMBERS)
