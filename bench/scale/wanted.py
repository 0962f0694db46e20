"""What is wanted of one host, out of what is wanted of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from corral.model.resources import Desired, Directory, File, FoundReplicaSet, MemberFacts, ReplicaSet, Unit
from corral.model.software import Software


@dataclass
class Wanted:
    directories: list[Directory] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    software: list[Software] = field(default_factory=list)


def by_host(desired: Desired) -> Mapping[str, Wanted]:
    hosts: dict[str, Wanted] = defaultdict(Wanted)
    for directory in desired.directories:
        hosts[directory.host].directories.append(directory)
    for file in desired.files:
        hosts[file.host].files.append(file)
    for unit in desired.units:
        hosts[unit.host].units.append(unit)
    for software in desired.software:
        hosts[software.host].software.append(software)
    return hosts


def complete(wanted: ReplicaSet) -> FoundReplicaSet:
    """The replica set as it is found when all is well: its first member is the primary."""
    names = [member.name for member in wanted.members]
    return FoundReplicaSet(
        name=wanted.name,
        members=wanted.members,
        version=7,
        election_timeout=wanted.election_timeout,
        heartbeat_interval=wanted.heartbeat_interval,
        facts=tuple(MemberFacts(name, "PRIMARY" if name == names[0] else "SECONDARY") for name in names),
        primary=names[0],
        users=tuple((user.name, "ok") for user in wanted.users),
    )
