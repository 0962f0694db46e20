"""What machine.sh writes on a host: host.txt, which a real Debian 12 wrote, and what Corral has there.

The latter is made from what is wanted, so that the host has all of it, unless it is told to differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from corral.model.cluster import Cluster, Host
from corral.model.identity import container_of, prefix, service_of
from corral.model.resources import File, Unit, digest
from corral.model.software import Archive, Image
from corral.observe.files import record_path
from corral.observe.question import Question, question_of
from corral.observe.units import stamp, stamp_path
from corral.secrets import Secrets, resolve
from scale.streams import Entry, stream
from scale.wanted import Wanted

VERSIONS = {
    "nginx": "1.22.1-9+deb12u11",
    "chrony": "4.3-2+deb12u3",
    "docker.io": "20.10.24+dfsg1-1+deb12u1+b6",
    "docker-compose": "1.29.2-3",
    "keepalived": "1:2.2.7-1+b2",
    "logrotate": "3.21.0-1",
}
"""Debian 12's packages, by name."""
FIRST_PID = 1000
LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max processes             64000                64000                processes
Max open files            64000                64000                files
Max locked memory         8388608              8388608              bytes
"""


@dataclass(frozen=True)
class Difference:
    """What isn't as it is wanted: the file at this path was changed by hand, the unit of this name doesn't run."""

    path: str = ""
    unit: str = ""


ALL_IN_PLACE = Difference()


def answer(
    cluster: Cluster, host: Host, wanted: Wanted, secrets: Secrets, difference: Difference = ALL_IN_PLACE
) -> bytes:
    """Of a host that has its packages, and what `wanted` lists; nothing of Corral's where that is empty."""
    question = question_of(cluster, host)
    running = [unit for unit in wanted.units if unit.name != difference.unit]
    pids = {unit.name: FIRST_PID + number for number, unit in enumerate(running)}
    in_containers = {unit.name for unit in wanted.units if unit.role in ("web", "worker")}
    told = dict(_host_txt(host.address))
    services = [unit for unit in running if unit.name not in in_containers]
    told["units"] = "\n".join([*(_service(cluster, unit, pids[unit.name]) for unit in services), told["units"]])
    told["sockets"] = "".join(_sockets(running, pids))
    told["values"] += "".join(_processes(cluster, running, pids))
    told["directories"] = "".join(_directories(question, wanted))
    told["disks"] = _disks(question)
    told["packages"] = "".join(
        f"{name}\tii \t{VERSIONS[name]}\n" for group in question.packages for name in group if name in VERSIONS
    )
    told["candidates"] = ""
    told["docker"] = "".join(_docker(cluster, wanted, pids, in_containers))
    entries = [*_files(question, wanted, secrets, difference), *_stamps(host, running, pids)]
    text = "".join(f"\036{name}\n{section}" for name, section in told.items())
    return f"{text}\036files\n".encode() + stream(question.trees, entries)


@cache
def _template() -> list[tuple[str, str]]:
    text = Path(__file__).with_name("host.txt").read_text()
    parts = (part.partition("\n") for part in text.split("@@ ")[1:])
    return [(name, section) for name, _, section in parts]


def _host_txt(address: str) -> Iterator[tuple[str, str]]:
    for name, section in _template():
        yield name, section.replace("@ADDRESS@", address)


def _service(cluster: Cluster, unit: Unit, pid: int) -> str:
    """A block of `systemctl show`."""
    name = service_of(cluster.name, unit.id)
    return (
        f"MainPID={pid}\nResult=success\nExecMainStartTimestamp=Tue 2026-11-24 18:02:12 UTC\n"
        f"ExecMainStartTimestampMonotonic=4120332\nExecMainCode=0\nExecMainStatus=0\nId={name}\nNames={name}\n"
        "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n"
    )


def _sockets(running: Iterable[Unit], pids: dict[str, int]) -> Iterator[str]:
    """Rows of `ss -Hlntup`."""
    for unit in running:
        addresses = [unit.address, *(["127.0.0.1"] if unit.role == "database" else [])]
        for address in addresses if unit.port else []:
            end = f"{address}:{unit.port}"
            yield f'tcp   LISTEN 0      128    {end:>21}      0.0.0.0:*    users:(("x",pid={pids[unit.name]},fd=7))\n'
    yield 'udp   UNCONN 0      0            127.0.0.1:323      0.0.0.0:*    users:(("chronyd",pid=412,fd=5))\n'


def _processes(cluster: Cluster, running: Iterable[Unit], pids: dict[str, int]) -> Iterator[str]:
    """Control groups, and limits of those that are asked for them."""
    for unit in running:
        pid, name = pids[unit.name], service_of(cluster.name, unit.id)
        container = unit.role in ("web", "worker")
        group = f"docker-{_identity(unit.name)}.scope" if container else name
        yield f"/proc/{pid}/cgroup:0::/system.slice/{group}\n"
        if unit.role in ("proxy", "database"):
            yield from (f"/proc/{pid}/limits:{line}\n" for line in LIMITS.splitlines())


def _directories(question: Question, wanted: Wanted) -> Iterator[str]:
    """Rows of stat, for those that are asked for."""
    for directory in wanted.directories:
        above = str(PurePosixPath(directory.path).parent)
        if directory.path in question.directories:
            yield f"directory|{directory.mode:o}|{directory.owner or 'root'}|{directory.path}\n"
        if above in question.parents:
            yield f"directory|{directory.mode:o}|{directory.owner or 'root'}|{directory.path}/\n"
    for software in wanted.software:
        if isinstance(software, Archive):
            yield f"directory|755|root|{software.path}/\n"


def _disks(question: Question) -> str:
    asked = "".join(f"asked {path}\n" for path in question.disks)
    return f"{asked}   Avail Type\n" + "79710100 ext4\n" * len(question.disks)


def _docker(cluster: Cluster, wanted: Wanted, pids: dict[str, int], in_containers: set[str]) -> Iterator[str]:
    """How compose is called, and what `docker inspect` says in the words that machine.sh asks for."""
    yield "compose docker-compose\nrunning\n"
    project = prefix(cluster.name).removesuffix("-")
    for name in sorted(in_containers):
        yield f"{_identity(name)}\t{project}\t{name}\t/{container_of(cluster.name, name)}\t{{}}\n"
        yield f"{_identity(name)}\t{json.dumps(_state(pids.get(name, 0)), separators=(',', ':'))}\t0\tnull\n"
    for software in wanted.software:
        if isinstance(software, Image):
            yield f'sha256:{_identity(software.name)}\tnull\tnull\t["{software.name}"]\n'


def _state(pid: int) -> dict[str, object]:
    runs = pid != 0
    return {
        "Status": "running" if runs else "exited",
        "Running": runs,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": pid,
        "ExitCode": 0 if runs else 1,
        "Error": "",
        "StartedAt": "2026-11-24T18:02:14.123456789Z",
        "FinishedAt": "0001-01-01T00:00:00Z" if runs else "2026-11-24T19:02:14.123456789Z",
    }


def _files(question: Question, wanted: Wanted, secrets: Secrets, difference: Difference) -> Iterator[Entry]:
    """Each with the note that Corral has made of it."""
    for file in wanted.files:
        content = _content(file, secrets)
        yield Entry(record_path(question.state, file.path), f"done {digest(content)} {file.path}\n".encode())
        changed = content + b"# by hand\n" if file.path == difference.path else content
        yield Entry(file.path, changed, file.mode, file.owner)


def _content(file: File, secrets: Secrets) -> bytes:
    return resolve(file.content, secrets).encode()


def _stamps(host: Host, running: Iterable[Unit], pids: dict[str, int]) -> Iterator[Entry]:
    for unit in running:
        yield Entry(stamp_path(host, unit.name), stamp(unit, pids[unit.name]).encode())


def _identity(name: str) -> str:
    """64 digits, as docker has them for containers and images."""
    return digest(name)
