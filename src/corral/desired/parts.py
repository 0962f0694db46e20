"""What the builders of desired/ fill, one part of the cluster after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corral.model.cluster import Cluster, Host
from corral.model.resources import Desired, Directory, File, Gate, ReplicaSet, Unit, digest
from corral.model.software import Software, Stage


class Parts:
    """Directories, files and software that several parts of one host need are kept once, as the first one asked."""

    def __init__(self) -> None:
        self.directories: dict[tuple[str, str], Directory] = {}
        self.files: dict[tuple[str, str], File] = {}
        self.units: list[Unit] = []
        self.gates: dict[str, Gate] = {}
        self.checks: dict[str, tuple[str, ...]] = {}
        self.software: dict[Software, Software] = {}

    def desired(self, replica_set: ReplicaSet) -> Desired:
        return Desired(
            directories=tuple(self.directories.values()),
            files=tuple(self.files.values()),
            units=tuple(self.units),
            replica_set=replica_set,
            gates=tuple(self.gates.items()),
            checks=tuple(self.checks.items()),
            software=tuple(self.software.values()),
        )


class HostBuilder:
    """Where one part of the cluster puts its things: one host, in one stage."""

    def __init__(self, parts: Parts, host: Host, stage: Stage) -> None:
        self.host = host
        self.stage: Stage = stage
        self._parts = parts

    def directory(self, path: object, mode: int = 0o755, owner: str = "") -> None:
        made = Directory(self.host.name, str(path), mode, self.stage, owner)
        self._parts.directories.setdefault((made.host, made.path), made)

    def file(
        self,
        path: object,
        content: str,
        mode: int = 0o644,
        owner: str = "",
        after: Sequence[tuple[str, ...]] = (),
    ) -> File:
        """`after` are commands that take in what was written; one whose first word is `-` may fail."""
        file = File(self.host.name, str(path), content, mode, self.stage, owner, after=tuple(after))
        return self._parts.files.setdefault((file.host, file.path), file)

    def check(self, path: object, command: tuple[str, ...]) -> None:
        """`command` judges each new content of the file `path` before it is put in place; `{}` is the candidate.

        One path means one command: it is the same on all hosts.
        """
        self._parts.checks[str(path)] = command

    def software(self, *wanted: Software) -> None:
        for each in wanted:
            here = replace(each, stage=self.stage)
            self._parts.software.setdefault(here, here)

    def unit(self, unit: Unit, gate: Gate) -> None:
        self._parts.units.append(unit)
        self._parts.gates[unit.name] = gate


def revision(*parts: object) -> str:
    return digest("\0".join(map(str, parts)))[:16]


def knowing(cluster: Cluster, seeds: str) -> Cluster:
    """The same instances, started with the database's members `seeds` in place of those of the file."""
    present = cluster.database.seeds
    if seeds in ("", present):
        return cluster
    instances = tuple(
        replace(each, environment=tuple((name, value.replace(present, seeds)) for name, value in each.environment))
        for each in cluster.app.instances
    )
    return replace(cluster, app=replace(cluster.app, instances=instances))


def without(cluster: Cluster, held_back: frozenset[str]) -> Cluster:
    """The same instances, those of `held_back` marked as down for the proxies."""
    if not held_back:
        return cluster
    instances = tuple(replace(each, down=each.name in held_back) for each in cluster.app.instances)
    return replace(cluster, app=replace(cluster.app, instances=instances))
