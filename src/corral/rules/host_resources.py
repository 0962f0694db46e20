"""Rules on disk and memory, against what the file asks of a host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corral.model.host_needs import data_directory, has_containers
from corral.model.machine import Disk
from corral.model.programs import ARCHIVES
from corral.model.software import Archive, Image
from corral.rules.registry import Evidence, There, rule_on_each

FILES: Final = 1000
"""Files that must still be possible: what Corral writes, a new database's, an archive's."""
NEW_MEMBER: Final = 400 << 20
"""Bytes of disk that a new member needs: its journal's 100 MiB files, its first tables, its logs."""
TO_GO_ON: Final = 100 << 20
"""Bytes below which what runs is in danger, and what is written may not find room."""
AN_ARCHIVE: Final = 400 << 20
"""Bytes for an archive and what it becomes: mongod 6.0 has 180 MB unpacked, and its tar file is beside it meanwhile."""
AN_IMAGE: Final = 1 << 30
"""Bytes for an image: those of Node applications have some hundred MB, and twice that while they are loaded."""
MEMORY_A_MEMBER: Final = 300 << 20
"""Bytes that a mongod takes soon after its start, with little data."""
_DOCKER_ROOT: Final = "/var/lib/docker"


@rule_on_each("H05", "error", "accounts")
def disk_full(there: There) -> Iterator[Evidence]:
    """One file system is told once, by the place that needs most; two with the very same room are taken for one."""
    worst: dict[tuple[int, str], tuple[int, str]] = {}
    for path, needed in _room(there).items():
        disk = there.machine.disk(path)
        if disk and disk.free < needed:
            key = (disk.free, disk.kind)
            worst[key] = max(worst.get(key, (0, "")), (needed, path))
    for (free, _), (needed, path) in worst.items():
        yield {"path": path, "free": free >> 20, "needed": needed >> 20}


@rule_on_each("H05", "error", "accounts")
def no_inodes(there: There) -> Iterator[Evidence]:
    """Files that can be made no more, however much room there is; each file system once."""
    few = {disk.mounted: disk for disk in _written(there) if disk.inodes is not None and disk.inodes < FILES}
    for disk in few.values():
        yield {"path": disk.path, "inodes": disk.inodes, "needed": FILES, "mounted": disk.mounted}


@rule_on_each("H05", "error", "accounts")
def disk_read_only(there: There) -> Iterator[Evidence]:
    for disk in {disk.mounted: disk for disk in _written(there) if "ro" in disk.options}.values():
        yield {"path": disk.path, "mounted": disk.mounted}


@rule_on_each("H05", "error", "accounts")
def mounted_noexec(there: There) -> Iterator[Evidence]:
    """Where programs are unpacked, and where the script lies that keepalived runs."""
    paths = {str(ARCHIVES)} if _archives(there) else set()
    if there.cluster.moving and there.host in there.cluster.proxy.hosts:
        paths.add(str(there.host.layout.config))
    for disk in {disk.mounted: disk for disk in there.machine.disks if disk.path in paths}.values():
        if "noexec" in disk.options:
            yield {"path": disk.path, "mounted": disk.mounted}


def _written(there: There) -> Iterator[Disk]:
    return (disk for path in _room(there) if (disk := there.machine.disk(path)))


def _room(there: There) -> dict[str, int]:
    """Bytes that must be free, by path."""
    layout = there.host.layout
    room = dict.fromkeys(("/etc", *map(str, (layout.config, layout.data, layout.logs))), TO_GO_ON)
    if there.is_member:
        runs = _runs_member(there)
        room[str(data_directory(there.cluster.database, there.host))] = TO_GO_ON if runs else NEW_MEMBER
    unpacked = sum(isinstance(each, Archive) for each in there.machine.owned.software)
    if _archives(there) > unpacked:
        room[str(ARCHIVES)] = AN_ARCHIVE
    return room


def _archives(there: There) -> int:
    """How many this host runs something of."""
    return sum(need.install.way == "archive" for need in there.needs) + _has_release(there)


def _has_release(there: There) -> bool:
    app = there.cluster.app
    return app.runtime == "systemd" and bool(app.release.source and there.cluster.instances_on(there.host))


@rule_on_each("A10", "warning", "packages")
def image_space(there: There) -> Iterator[Evidence]:
    disk = there.machine.disk(_DOCKER_ROOT)
    app = there.cluster.app
    wanted = Image(there.host.name, app.image, sha256=app.image_sha256, manifest=app.image_manifest)
    has_image = any(isinstance(each, Image) and each.fits(wanted) for each in there.machine.owned.software)
    if has_containers(there.cluster, there.host) and disk and not has_image and disk.free < AN_IMAGE:
        yield {"path": disk.path, "free": disk.free >> 20, "needed": AN_IMAGE >> 20, "image": app.image}


@rule_on_each("A07", "warning", "accounts")
def memory_small(there: There) -> Iterator[Evidence]:
    """All that is to run here, against all the memory of the host."""
    total, each = there.machine.memory.total, there.cluster.app.memory
    instances = there.cluster.instances_on(there.host)
    if not total or not each or not instances:
        return
    cache = _cache(there, total) if there.is_member else 0
    needed = len(instances) * each + cache
    if needed > total:
        yield {
            "instances": len(instances),
            "each": each >> 20,
            "cache": cache >> 20,
            "needed": needed >> 20,
            "total": total >> 20,
        }


def _cache(there: There, total: int) -> int:
    """What the file says, or what MongoDB takes by itself: half of the memory above 1 GB, and 256 MB at least."""
    return there.cluster.database.cache_size or max((total - (1 << 30)) // 2, 256 << 20)


@rule_on_each("H05", "warning", "accounts")
def memory_short(there: There) -> Iterator[Evidence]:
    """What is still to start, against what is left."""
    available, each = there.machine.memory.available, there.cluster.app.memory or 0
    mine = [instance.name for instance in there.cluster.instances_on(there.host)]
    starts = sum(name not in there.running for name in mine)
    member = there.is_member and not _runs_member(there)
    needed = starts * each + (MEMORY_A_MEMBER if member else 0)
    if available is not None and needed > available:
        yield {"needed": needed >> 20, "available": available >> 20}


def _runs_member(there: There) -> bool:
    return any(unit.role == "database" and unit.state == "running" for unit in there.machine.owned.units)
