"""What is wanted of a cluster's hosts as a text that can be kept: the whole value, with contents by their digests.

Whoever changes how a cluster is assembled changes the two functions that do it here. The texts stay: a text that
changes is a change of what is on everybody's hosts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corral.cluster_file.parse import load_text
from corral.desired.assemble import assemble
from corral.desired.supervisor import SupervisorKeeper
from corral.model.resources import Desired, File, HostFacts, ReplicaSet, digest
from corral.places.playground.place import placed
from corral.places.playground.state import State
from tests.unit.desired.real_clusters import wanted

Version = tuple[int, int, int]
HELD_BY_NOBODY: frozenset[str] = frozenset()


def playground_desired(text: str, nginx: Version = (1, 31, 3), held_back: frozenset[str] = HELD_BY_NOBODY) -> Desired:
    """Of the cluster file `text` in /srv/mine, run by an ordinary user whose state is in /srv/state."""
    loaded = load_text(text, "", Path("/srv/mine"))
    state, ports = State(Path("/srv/state", loaded.spec.name)), range(8080, 8080 + len(loaded.spec.proxy.hosts))
    cluster = placed(loaded, state, "127.108.0.0/16", tuple(ports))
    facts = {
        host.name: HostFacts(
            host.name,
            nginx_version=nginx,
            nginx_path="/usr/sbin/nginx",
            mongod_version=(6, 0, 5),
            mongod_path="/usr/bin/mongod",
            access_log="/dev/stdout",
            machine="this machine",
            cores=4,
        )
        for host in cluster.hosts
    }
    return assemble(cluster, facts, SupervisorKeeper(cluster), held_back)


def hosts_desired(text: str, held_back: frozenset[str] = HELD_BY_NOBODY, **facts: Any) -> Desired:
    """Of the cluster file `text` in /srv/mine; `facts` are those in which the hosts differ from a Debian 12."""
    return wanted(text, held_back, **facts)


def as_text(desired: Desired) -> str:
    """JSON in which each thing has a line of its own, a unit one for each field. Sorted: the order says nothing."""
    parts = {
        "directories": _list(_line({**asdict(each), "mode": f"{each.mode:04o}"}) for each in desired.directories),
        "files": _list(_line(_file(each)) for each in desired.files),
        "units": _list(_lines(asdict(each)) for each in desired.units),
        "gates": _list(_line({"unit": name, **asdict(gate)}) for name, gate in desired.gates),
        "checks": _list(_line({"path": path, "command": command}) for path, command in desired.checks),
        "software": _list(_line({"kind": type(each).__name__, **asdict(each)}) for each in desired.software),
        "replica_set": _replica_set(desired.replica_set),
    }
    return "{\n" + ",\n".join(f'"{name}": {part}' for name, part in parts.items()) + "\n}\n"


def _file(file: File) -> dict[str, Any]:
    known = asdict(file)
    del known["raw"]  # of files that were found
    return {**known, "mode": f"{file.mode:04o}", "content": digest(file.content)}


def _replica_set(wanted: ReplicaSet) -> str:
    members, users = (_list(_line(asdict(each)) for each in some) for some in (wanted.members, wanted.users))
    rest = {key: value for key, value in asdict(wanted).items() if key not in ("members", "users")}
    return f'{{\n"members": {members},\n"users": {users},\n"rest": {_line(rest)}\n}}'


def _line(thing: dict[str, Any]) -> str:
    return json.dumps(thing)


def _lines(thing: dict[str, Any]) -> str:
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in thing.items()) + "\n}"


def _list(texts: Iterable[str]) -> str:
    return "[\n" + ",\n".join(sorted(texts)) + "\n]"
