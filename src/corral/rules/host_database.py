"""Rules on the hosts of the replica set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.model.cluster import Cluster
from corral.model.host_needs import data_directory, is_member, needs, program_version
from corral.model.machine import Version
from corral.rules.host_registry import Evidence, Machines, SeenOn, There, rule_on_all, rule_on_each

LIMIT: Final = 64000
"""Open files and processes that MongoDB asks for: docs/manual/reference/ulimit."""
_PAGES_WANTED: Final = 8
"""The major version from which on MongoDB wants transparent huge pages, which it wanted off before."""
_NETWORK: Final = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs")


def _wanted_version(there: There) -> Version | None:
    need = next((need for need in needs(there.cluster, there.host) if need.program == "mongod"), None)
    return program_version(there.machine, need) if need else None


@rule_on_each("D10", "warning")
def low_limits(there: There) -> Iterator[Evidence]:
    for process in there.machine.processes:
        limits = {"nofile": process.open_files, "nproc": process.processes}
        low = [f"{name} {limit}" for name, limit in limits.items() if limit is not None and 0 <= limit < LIMIT]
        if process.unit.startswith("mongod.") and low:
            yield {"limits": ", ".join(low), "wanted": LIMIT, "pid": process.pid, "unit": process.unit}


@rule_on_each("D10", "warning")
def swapping(there: There) -> Iterator[Evidence]:
    """Where Corral doesn't see to it."""
    swappiness = there.machine.memory.swappiness
    if is_member(there.cluster, there.host) and not there.cluster.database.tune and (swappiness or 0) > 1:
        yield {"swappiness": swappiness}


@rule_on_each("D10", "warning")
def data_on_network(there: There) -> Iterator[Evidence]:
    yield from _data_disk(there, network=True)


@rule_on_each("D10", "info")
def data_not_on_xfs(there: There) -> Iterator[Evidence]:
    yield from _data_disk(there, network=False)


def _data_disk(there: There, network: bool) -> Iterator[Evidence]:
    disk = there.machine.disk(str(data_directory(there.cluster, there.host)))
    if is_member(there.cluster, there.host) and disk and disk.kind != "xfs" and (disk.kind in _NETWORK) == network:
        yield {"path": disk.path, "kind": disk.kind}


@rule_on_each("D11", "warning")
def huge_pages(there: There) -> Iterator[Evidence]:
    """Where Corral doesn't see to it."""
    version, found = _wanted_version(there), there.machine.memory.huge_pages
    if version and found and is_member(there.cluster, there.host) and not there.cluster.database.tune:
        wanted = "always" if version[0] >= _PAGES_WANTED else "never"
        if found != wanted:
            yield {"found": found, "wanted": wanted, "version": _text(version)}


@rule_on_each("D16", "error")
def version_skipped(there: There) -> Iterator[Evidence]:
    """Of a member that runs, and is to run another MongoDB."""
    wanted = _wanted_version(there)
    for process in there.machine.processes:
        found = process.version if process.unit.startswith("mongod.") else None
        if wanted and found and wanted[0] not in (found[0], found[0] + 1):
            yield {"running": _text(found), "wanted": _text(wanted)}


@rule_on_all("D16", "warning")
def versions_differ(cluster: Cluster, machines: Machines) -> Iterator[SeenOn]:
    """Each member whose MongoDB will not be that of the first one, in its first two numbers."""
    theres = [There(cluster, host, machines[host.name]) for host in cluster.hosts if host.name in machines]
    versions = {there.host.name: version for there in theres if (version := _wanted_version(there))}
    first = next(iter(versions.items()), None)
    for host, version in versions.items():
        if first and version[:2] != first[1][:2]:
            yield SeenOn(host, {"version": _text(version), "other": first[0], "theirs": _text(first[1])})


def _text(version: Version) -> str:
    return ".".join(map(str, version))
