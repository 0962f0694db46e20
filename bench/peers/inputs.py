"""What is wanted of the hosts, as values that other tools can be given: made from Corral's own desired state."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corral.cluster_file.parse import load_file
from corral.desired.compose import compose_path
from corral.model.cluster import Cluster, Host
from corral.model.identity import container_of, prefix, service_of
from corral.model.only import Only
from corral.model.resources import Desired, File
from corral.model.software import Archive, Image, Package, Service
from corral.operate.planning import differences
from corral.places import opened, ssh_settings_of
from corral.secrets import Secrets, resolve

OWNER = "root"
"""Whose a file is where Corral names nobody."""

Wanted = dict[str, Any]
"""One host: `name`, `address`, `user`, `key`, `known_hosts`, and all that has to be so on it.

`packages`, `accounts`, `archives` (directories), `images`, `services` and `containers` are names; `directories` and
`files` are rows with `path`, `mode`, `owner` and, of a file, `source`; `compose` is the command that starts what is
missing of the containers, empty where there are none.
"""


def write_inputs(cluster_file: Path, directory: Path) -> Path:
    """hosts.json below `directory`, and the contents of all files, secrets included: both are for their owner alone.

    Raises ValueError when the hosts aren't yet what the file says: the comparison is of runs that change nothing.
    """
    directory.mkdir(mode=0o700)
    wanted = asyncio.run(_wanted(cluster_file, directory))
    path = directory / "hosts.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(wanted, indent=1))
    return path


async def _wanted(cluster_file: Path, directory: Path) -> list[Wanted]:
    loaded = load_file(cluster_file)
    reached = ssh_settings_of(loaded)
    async with opened(loaded, "hosts") as place:
        await place.prepare()
        seen = await place.observe()
        desired, changes = place.desired(seen), differences(Only())(place, seen).changes
        if changes:
            raise ValueError(f"the hosts lack {changes} changes: apply the file first")
        hosts = []
        for host in place.cluster.hosts:
            ssh = reached[host.name]
            access = {"user": ssh.user, "key": ssh.key, "known_hosts": ssh.known_hosts[-1]}
            files = {"files": _files(host, desired, place.secrets, directory)}
            parts = _parts(place.cluster, host, desired)
            hosts.append({"name": host.name, "address": host.address, **access, **parts, **files})
        return hosts


def _parts(cluster: Cluster, host: Host, desired: Desired) -> Wanted:
    software = [each for each in desired.software if each.host == host.name]
    units = [unit for unit in desired.units if unit.host == host.name]
    contained = [unit.name for unit in units if unit.role in ("web", "worker") and cluster.app.runtime == "compose"]
    distribution = [each.name for each in software if isinstance(each, Service)]
    own = [service_of(cluster.name, unit.id) for unit in units if unit.name not in contained]
    return {
        "packages": [each.name for each in software if isinstance(each, Package)],
        "accounts": list(_accounts(host, desired)),
        "directories": [
            {"path": each.path, "mode": f"{each.mode:04o}", "owner": each.owner or OWNER}
            for each in desired.directories
            if each.host == host.name
        ],
        "archives": [each.path for each in software if isinstance(each, Archive)],
        "images": [each.name for each in software if isinstance(each, Image)],
        "services": [*distribution, *own],
        "containers": [container_of(cluster.name, name) for name in contained],
        "compose": _compose(cluster, host) if contained else [],
    }


def _accounts(host: Host, desired: Desired) -> Iterator[str]:
    """By the lines of systemd-sysusers that make them."""
    for file in desired.files:
        if file.host == host.name and file.path.startswith("/etc/sysusers.d/"):
            yield from re.findall(r"^u (\S+)", file.content, re.MULTILINE)


def _files(host: Host, desired: Desired, secrets: Secrets, directory: Path) -> list[dict[str, str]]:
    return [
        {"path": each.path, "mode": f"{each.mode:04o}", "owner": each.owner or OWNER, "source": str(source)}
        for number, each in enumerate(desired.files)
        if each.host == host.name and (source := _content(each, secrets, directory / str(number)))
    ]


def _content(file: File, secrets: Secrets, path: Path) -> Path:
    path.touch(mode=0o600)
    path.write_text(resolve(file.content, secrets))
    return path


def _compose(cluster: Cluster, host: Host) -> list[str]:
    """Debian 12's docker-compose, as the lab's hosts have it."""
    project = prefix(cluster.name).removesuffix("-")
    return ["docker-compose", "-p", project, "-f", str(compose_path(host)), "up", "-d"]
