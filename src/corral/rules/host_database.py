"""Rules on the hosts of the replica set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.model.host_needs import data_directory
from corral.model.machine import Version
from corral.model.mongodb_series import Series, is_next, raising, text_of
from corral.model.programs import MONGOD_HUGE_PAGES, MONGOD_LIMIT
from corral.rules.registry import Evidence, Seen, There, Theres, on, rule_on_all, rule_on_each

_NETWORK: Final = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs")


@rule_on_each("D10", "warning", "accounts")
def low_limits(there: There) -> Iterator[Evidence]:
    for process in there.machine.processes:
        limits = {"nofile": process.open_files, "nproc": process.processes}
        low = [f"{name} {limit}" for name, limit in limits.items() if limit is not None and 0 <= limit < MONGOD_LIMIT]
        if process.unit.role == "database" and low:
            yield {"limits": ", ".join(low), "wanted": MONGOD_LIMIT, "pid": process.pid, "unit": process.unit}


@rule_on_each("D10", "warning", "packages")
def swapping(there: There) -> Iterator[Evidence]:
    """Where Corral doesn't see to it."""
    swappiness = there.machine.memory.swappiness
    if there.is_member and not there.cluster.database.tune and (swappiness or 0) > 1:
        yield {"swappiness": swappiness}


@rule_on_each("D10", "warning", "accounts")
def data_on_network(there: There) -> Iterator[Evidence]:
    yield from _data_disk(there, network=True)


@rule_on_each("D10", "info", "accounts")
def data_not_on_xfs(there: There) -> Iterator[Evidence]:
    yield from _data_disk(there, network=False)


def _data_disk(there: There, network: bool) -> Iterator[Evidence]:
    disk = there.machine.disk(str(data_directory(there.cluster.database, there.host)))
    if there.is_member and disk and disk.kind != "xfs" and (disk.kind in _NETWORK) == network:
        yield {"path": disk.path, "kind": disk.kind}


@rule_on_each("D11", "warning", "packages")
def huge_pages(there: There) -> Iterator[Evidence]:
    """Where Corral doesn't see to it."""
    version, found = there.mongod, there.machine.memory.huge_pages
    if version and found and there.is_member and not there.cluster.database.tune:
        wanted = "always" if version[0] >= MONGOD_HUGE_PAGES else "never"
        if found != wanted:
            yield {"found": found, "wanted": wanted, "version": text_of(version)}


@rule_on_each("D16", "error")
def version_skipped(there: There) -> Iterator[Evidence]:
    """Of a member that runs, and is to run another MongoDB."""
    wanted, running = there.mongod, _running_version(there)
    if wanted and running and not is_next(running[:2], wanted[:2]):
        yield {"running": text_of(running), "wanted": text_of(wanted)}


@rule_on_all("D16", "error")
def compatibility_behind(theres: Theres) -> Iterator[Seen]:
    """Told once, of the first member that would not start: the data are the set's."""
    yield from [seen for there in theres for seen in _behind(there)][:1]


def _behind(there: There) -> Iterator[Seen]:
    """Nothing where a whole series is left out: that is another error, and comes first."""
    wanted, found, running = there.mongod, there.machine.member.compatibility, _running_version(there)
    if wanted and found and not is_next(found, wanted[:2]) and (not running or is_next(running[:2], wanted[:2])):
        evidence = {"wanted": text_of(wanted), "found": text_of(found), "command": raising(wanted[:2])}
        yield on(there.host.name, evidence)


def _running_version(there: There) -> Version | Series | None:
    """Of the mongod that runs: the program's own word, else its series, by what it says to who connects."""
    processes = [process for process in there.machine.processes if process.unit.role == "database"]
    return next((process.version for process in processes if process.version), there.machine.member.series)


@rule_on_all("D16", "warning")
def versions_differ(theres: Theres) -> Iterator[Seen]:
    """Each member whose MongoDB will not be that of the first one, in its first two numbers."""
    versions = {there.host.name: version for there in theres if (version := there.mongod)}
    first = next(iter(versions.items()), None)
    for host, version in versions.items():
        if first and version[:2] != first[1][:2]:
            yield on(host, {"version": text_of(version), "other": first[0], "theirs": text_of(first[1])})
