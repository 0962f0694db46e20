"""The model as resources: every file, directory and unit of the playground's hosts."""

from __future__ import annotations

from collections.abc import Mapping

from corral.desired import database, instances, nginx, supervisor
from corral.desired.gates import health_gate, member_gate, ping_gate
from corral.desired.parts import Corner, Parts, revision, without
from corral.model.cluster import Cluster, Instance, Member
from corral.model.identity import program_id
from corral.model.resources import Desired, Gate, HostFacts, Unit

Facts = Mapping[str, HostFacts]


def assemble(cluster: Cluster, facts: Facts, held_back: frozenset[str] = frozenset()) -> Desired:
    """Everything that `cluster` asks of its hosts, given what their nginx and mongod are.

    The web instances named in `held_back` get no requests from the proxies.
    """
    parts = Parts()
    for member in cluster.database.members:
        _member(Corner(parts, member.host, "database"), cluster, member, facts[member.host.name])
    for instance in cluster.app.instances:
        _instance(Corner(parts, instance.host, "application"), cluster, instance, facts[instance.host.name])
    for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True):
        _proxy(Corner(parts, host, "proxy"), without(cluster, held_back), port, facts[host.name])
    return parts.desired(database.replica_set(cluster.database))


def _unit(here: Corner, unit: Unit, gate: Gate) -> None:
    here.unit(unit, gate)
    here.directory(here.host.layout.logs)
    here.file(supervisor.program_path(here.host, unit.name), supervisor.program(unit, here.host))


def _member(here: Corner, cluster: Cluster, member: Member, facts: HostFacts) -> None:
    host = member.host
    here.directory(database.data_path(cluster.database, host), 0o700)
    here.directory(host.layout.run)
    key = here.file(database.key_path(host), database.KEY, 0o400)
    path = database.conf_path(host)
    conf = here.file(path, database.mongod_conf(cluster.database, member, host))
    unit = Unit(
        host=host.name,
        name=member.unit.name,
        role="database",
        revision=revision(key.content, conf.content, facts.mongod_path, facts.mongod_version),
        program=(facts.mongod_path, "--config", str(path)),
        directory=str(host.layout.run),
        address=host.address,
        port=member.port,
        stop_timeout=database.STOP_TIMEOUT,
    )
    _unit(here, unit, member_gate(member))


def _instance(here: Corner, cluster: Cluster, instance: Instance, facts: HostFacts) -> None:
    host, app = instance.host, cluster.app
    path = instances.script_path(instance)
    script = here.file(path, instances.start_script(app, instance), 0o600)
    here.directory(host.layout.run)
    if app.storage:
        here.directory(app.storage, 0o700)
    unit = instances.instance_unit(
        app,
        instance,
        facts,
        revision=revision(script.content, app.stop_signal, app.stop_timeout),
        program=("/bin/sh", str(path)),
        directory=str(host.layout.run),
    )
    _unit(here, unit, health_gate(instance))


def _proxy(here: Corner, cluster: Cluster, port: int, facts: HostFacts) -> None:
    host = here.host
    path = nginx.conf_path(host)
    parameters = (cluster.proxy, cluster.app.web, host, port, facts)
    taken_in = revision(nginx.render_nginx(*parameters))
    here.file(path, nginx.render_nginx(*parameters, taken_in), 0o600)
    here.directory(host.layout.run)
    here.check(path, nginx.check_command(facts.nginx_path, host))
    command = nginx.command(facts.nginx_path, host)
    script = here.file(host.layout.config / "nginx.sh", nginx.start_script(host, command))
    unit = Unit(
        host=host.name,
        name=program_id("proxy", host.name).name,
        role="proxy",
        revision=revision(script.content, facts.nginx_version),
        reload_revision=taken_in,
        program=("/bin/sh", script.path),
        directory=str(host.layout.run),
        address=host.address,
        port=port,
        stop_timeout=10,
        leaves_out=tuple(instance.name for instance in cluster.app.web if instance.down),
    )
    _unit(here, unit, ping_gate(host, port, taken_in))
