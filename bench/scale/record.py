"""Recordings of all hosts, each a file with the bytes that machine.sh writes there, in one directory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

from corral.cluster_file.parse import load_file
from corral.desired.assemble import assemble
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.cluster import Cluster
from corral.observe.host_facts import host_facts
from corral.observe.machine import observe_machines
from corral.places.hosts.place import cluster_of
from corral.secrets import Secrets
from corral.transport.base import Transport
from corral.vault.file import GENERATORS
from scale.answers import ALL_IN_PLACE, Difference, answer
from scale.cluster import write_cluster
from scale.replay import Replay, read_secrets
from scale.wanted import Wanted, by_host

Found = Literal["in place", "drifted", "new version", "bare"]
"""How the hosts are found. `drifted`: on each tenth one a file was changed by hand and an instance has ended; `bare`:
nothing of Corral's is there."""


def record(directory: Path, hosts: int, found: Found) -> None:
    """Makes what measure() reads: cluster.yaml, secrets.json, and a file for each host below answers/."""
    values = {name: make().reveal() for name, make in GENERATORS.items()}
    (directory / "secrets.json").write_text(json.dumps(values))
    (directory / "answers").mkdir()
    cluster, secrets = cluster_of(load_file(write_cluster(directory, hosts))), read_secrets(directory)
    for host in cluster.hosts:
        _write(directory, host.name, answer(cluster, host, Wanted(), secrets))
    if found == "bare":
        return
    wanted = _wanted(directory, cluster, secrets)
    for number, host in enumerate(cluster.hosts):
        mine = wanted[host.name]
        difference = _difference(mine) if found == "drifted" and number % 10 == 0 else ALL_IN_PLACE
        _write(directory, host.name, answer(cluster, host, mine, secrets, difference))
    if found == "new version":
        write_cluster(directory, hosts, "2.0")


def changes(hosts: int, found: Found) -> int | None:
    """How many changes the plan must come to; None where that isn't known beforehand."""
    return {"in place": 0, "drifted": 2 * len(range(0, hosts, 10))}.get(found)


def _wanted(directory: Path, cluster: Cluster, secrets: Secrets) -> Mapping[str, Wanted]:
    """By host, from the facts that the bare hosts tell."""
    transport = cast(Transport, Replay(directory / "answers"))
    machines, problems = asyncio.run(observe_machines(transport, cluster, secrets))
    if problems:
        raise ValueError(f"a recording can't be read: {next(iter(problems.values())).message}")
    return by_host(assemble(cluster, host_facts(cluster, machines), SystemdKeeper(cluster)))


def _difference(wanted: Wanted) -> Difference:
    instance = next(unit for unit in wanted.units if unit.role == "web")
    environment = next(file for file in wanted.files if file.path.endswith(f"/{instance.name}.yaml"))
    return Difference(environment.path, instance.name)


def _write(directory: Path, host: str, content: bytes) -> None:
    (directory / "answers" / host).write_bytes(content)
