"""MongoDB as resources: each member's mongod.conf, the replica set with its users."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Final

from corral.model.cluster import Database, Host, Member
from corral.model.database_users import ADMIN, APPLICATION, MONITOR, OPERATOR, PROBE_DATABASE
from corral.model.host_needs import data_directory
from corral.model.resources import DatabaseUser, ReplicaSet, SetMember
from corral.secrets import reference

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3

KEY: Final = f"{reference('keyfile')}\n"
"""The key file's content."""
STOP_TIMEOUT: Final = 60.0
"""Seconds from SIGTERM to SIGKILL: a primary takes up to 15 s to hand over, then what is in the cache is written."""


def conf_path(host: Host) -> PurePosixPath:
    return host.layout.config / "mongod.conf"


def key_path(host: Host) -> PurePosixPath:
    return host.layout.config / "keyfile"


def mongod_conf(database: Database, member: Member, host: Host) -> str:
    """`member`'s mongod.conf. The log goes to stdout: whoever keeps the process keeps the log."""
    sections: tuple[tuple[str, Sequence[tuple[str, object]]], ...] = (
        ("net", _net(database, member, host)),
        ("replication", _replication(database)),
        ("security", [("keyFile", str(key_path(host))), ("authorization", "enabled")]),
        ("storage", [("dbPath", str(data_directory(database, host))), *_cache(database)]),
        ("systemLog", [("quiet", True)]),  # no line for each connection: status and verify open several
        ("setParameter", database.parameters),
    )
    head = f"# mongod of {host.name} ({member.name}), written by Corral: a change made here is overwritten.\n"
    return head + "".join(f"{name}:\n{_lines(values)}" for name, values in sections if values)


def replica_set(database: Database) -> ReplicaSet:
    """The set and its users as the cluster file wants them."""
    return ReplicaSet(
        name=database.replica_set,
        members=tuple(_set_member(member) for member in database.members),
        election_timeout=database.election_timeout,
        heartbeat_interval=database.heartbeat_interval,
        users=_users(database),
    )


def _net(database: Database, member: Member, host: Host) -> list[tuple[str, object]]:
    binding = [("bindIp", _bind_ip(host.address)), *_ipv6(database, host)]
    return [*binding, ("port", member.port), ("unixDomainSocket.enabled", False)]


def _ipv6(database: Database, host: Host) -> list[tuple[str, object]]:
    """Without it mongod leaves out IPv6 addresses with no more than a warning: its own, and other members'.

    A name alone doesn't ask for it: mongod would then bind every address that the name has, and ends when one of them
    isn't this host's.
    """
    addresses = (host.address, *(member.host.address for member in database.members))
    return [("ipv6", True)] if any(":" in address for address in addresses) else []


def _bind_ip(address: str) -> str:
    """The playground's members share 127.0.0.1, so each binds its own loopback address alone."""
    try:
        loopback = ip_address(address).is_loopback
    except ValueError:  # a host's name
        loopback = False
    return address if loopback else f"127.0.0.1,{address}"


def _replication(database: Database) -> list[tuple[str, object]]:
    size = [] if database.oplog_size is None else [("oplogSizeMB", max(1, database.oplog_size // MEBIBYTE))]
    return [("replSetName", database.replica_set), *size]


def _cache(database: Database) -> list[tuple[str, object]]:
    if database.cache_size is None:
        return []
    return [("wiredTiger.engineConfig.cacheSizeGB", round(database.cache_size / GIBIBYTE, 3))]


def _lines(values: Sequence[tuple[str, object]]) -> str:
    """Lines of YAML, whose scalars are JSON's; mongod reads dotted names as nested ones."""
    return "".join(f"  {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values)


def _set_member(member: Member) -> SetMember:
    return SetMember(member.name, member.priority, member.votes, member.arbiter)


def _users(database: Database) -> tuple[DatabaseUser, ...]:
    return (
        DatabaseUser(ADMIN, (("userAdminAnyDatabase", "admin"),), ADMIN),
        DatabaseUser(OPERATOR, (("clusterAdmin", "admin"), ("readWrite", PROBE_DATABASE)), OPERATOR),
        DatabaseUser(APPLICATION, (("readWrite", database.name), ("read", "local")), APPLICATION),
        DatabaseUser(MONITOR, (("clusterMonitor", "admin"), ("read", "local")), MONITOR),
    )
