"""The model as resources: every file, directory and unit of the playground's hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from corral.desired import database, instances, nginx, supervisor
from corral.model.cluster import Application, Cluster, HealthCheck, Host, Instance, Member
from corral.model.resources import Desired, Directory, File, Gate, HostFacts, Lane, Stage, Unit, digest

Facts = Mapping[str, HostFacts]


class _Parts:
    """What the builders below fill, one part of the cluster after the other."""

    def __init__(self) -> None:
        self.directories: dict[tuple[str, str], Directory] = {}
        self.files: list[File] = []
        self.units: list[Unit] = []
        self.gates: dict[str, Gate] = {}
        self.checks: dict[str, tuple[str, ...]] = {}

    def directory(self, host: Host, path: object, stage: Stage, mode: int = 0o755) -> None:
        self.directories.setdefault((host.name, str(path)), Directory(host.name, str(path), mode, stage))

    def file(self, host: Host, path: object, content: str, stage: Stage, mode: int = 0o644) -> File:
        file = File(host.name, str(path), content, mode, stage)
        self.files.append(file)
        return file

    def unit(self, unit: Unit, host: Host, stage: Stage, gate: Gate) -> None:
        self.units.append(unit)
        self.gates[unit.name] = gate
        self.directory(host, host.layout.logs, stage)
        self.file(host, supervisor.program_path(host, unit.name), supervisor.program(unit, host), stage)


def assemble(cluster: Cluster, facts: Facts, held_back: frozenset[str] = frozenset()) -> Desired:
    """Everything that `cluster` asks of its hosts, given what their nginx and mongod are.

    The web instances named in `held_back` get no requests from the proxies.
    """
    parts = _Parts()
    for member in cluster.database.members:
        _member(parts, cluster, member, facts[member.host.name])
    for instance in cluster.app.instances:
        _instance(parts, cluster, instance, facts[instance.host.name])
    for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True):
        _proxy(parts, _without(cluster, held_back), host, port, facts[host.name])
    return Desired(
        directories=tuple(parts.directories.values()),
        files=tuple(parts.files),
        units=tuple(parts.units),
        replica_set=database.replica_set(cluster.database),
        gates=tuple(parts.gates.items()),
        checks=tuple(parts.checks.items()),
    )


def _without(cluster: Cluster, held_back: frozenset[str]) -> Cluster:
    """The same instances, those of `held_back` marked as down for the proxies."""
    instances = tuple(replace(each, down=each.name in held_back) for each in cluster.app.instances)
    return replace(cluster, app=replace(cluster.app, instances=instances)) if held_back else cluster


def mongod_unit(host: Host) -> str:
    return f"mongod.{host.name}"


def nginx_unit(host: Host) -> str:
    return f"nginx.{host.name}"


def _member(parts: _Parts, cluster: Cluster, member: Member, facts: HostFacts) -> None:
    host = member.host
    data = database.data_directory(host)
    parts.directory(host, data, "database", 0o700)
    parts.directory(host, host.layout.run, "database")
    key = parts.file(host, host.layout.config / "keyfile", "${secret:keyfile}\n", "database", 0o400)
    path = host.layout.config / "mongod.conf"
    conf = parts.file(host, path, database.mongod_conf(cluster.database, member, host), "database")
    unit = Unit(
        host=host.name,
        name=mongod_unit(host),
        role="database",
        revision=_revision(key.content, conf.content, facts.mongod_path, facts.mongod_version),
        program=(facts.mongod_path, "--config", str(path)),
        directory=str(host.layout.run),
        address=host.address,
        port=member.port,
        stop_timeout=60,
    )
    parts.unit(unit, host, "database", Gate("member", host.address, member.port, deadline=60, streak=1))


def _lane(app: Application, facts: HostFacts) -> Lane | None:
    """`cores` is one more than there are, since a start also waits; measured by bench/steedos.py."""
    width = facts.cores + 1 if app.start_at_once == "cores" else app.start_at_once
    return Lane(facts.machine or facts.host, width) if width else None


def _instance(parts: _Parts, cluster: Cluster, instance: Instance, facts: HostFacts) -> None:
    host, app = instance.host, cluster.app
    path = instances.script_path(instance)
    script = parts.file(host, path, instances.start_script(app, instance), "application", 0o600)
    parts.directory(host, host.layout.run, "application")
    if app.storage:
        parts.directory(host, app.storage, "application", 0o700)
    unit = Unit(
        host=host.name,
        name=instance.name,
        role=instance.role,
        revision=_revision(script.content, app.stop_signal, app.stop_timeout),
        program=("/bin/sh", str(path)),
        directory=str(host.layout.run),
        address=host.address,
        port=instance.port,
        stop_signal=app.stop_signal,
        stop_timeout=app.stop_timeout,
        drain=app.drain,
        lane=_lane(app, facts),
    )
    parts.unit(unit, host, "application", health_gate(instance))


def health_gate(instance: Instance, streak: int = 3) -> Gate:
    """The instance's own health check as a gate; at most a quarter of a second between two questions."""
    check: HealthCheck | None = instance.health
    if check is None:
        return Gate("process", instance.host.address, instance.port, deadline=30, streak=streak)
    return Gate(
        "http",
        instance.host.address,
        instance.port,
        path=check.path,
        status=check.status,
        contains=check.contains,
        interval=min(check.interval, 0.25),
        timeout=check.timeout,
        deadline=check.start_timeout,
        streak=streak,
    )


def _proxy(parts: _Parts, cluster: Cluster, host: Host, port: int, facts: HostFacts) -> None:
    path = host.layout.config / "nginx.conf"
    parameters = (cluster.proxy, cluster.app.web, host, port, facts)
    revision = _revision(nginx.render_nginx(*parameters))
    parts.file(host, path, nginx.render_nginx(*parameters, revision), "proxy", 0o600)
    parts.directory(host, host.layout.run, "proxy")
    prefix = ("-p", f"{host.layout.run}/", "-e", "stderr")
    parts.checks[str(path)] = (facts.nginx_path, *prefix, "-t", "-q", "-c", "{}")
    start = host.layout.config / "nginx.sh"
    command = (facts.nginx_path, *prefix, "-c", str(path))
    script = parts.file(host, start, nginx.start_script(host, command), "proxy")
    unit = Unit(
        host=host.name,
        name=nginx_unit(host),
        role="proxy",
        revision=_revision(script.content, facts.nginx_version),
        reload_revision=revision,
        program=("/bin/sh", str(start)),
        directory=str(host.layout.run),
        address=host.address,
        port=port,
        stop_timeout=10,
        leaves_out=tuple(instance.name for instance in cluster.app.web if instance.down),
    )
    gate = Gate("http", host.address, port, path=nginx.PING_PATH, contains=nginx.ping_answer(host, revision), streak=1)
    parts.unit(unit, host, "proxy", gate)


def _revision(*parts: object) -> str:
    return digest("\0".join(map(str, parts)))[:16]
