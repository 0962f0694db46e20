"""The model as resources: every file, directory, unit and program of a cluster's hosts, wherever these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from corral.desired import database, nginx
from corral.desired.accounts import add_accounts
from corral.desired.failover import add_failover
from corral.desired.gates import member_gate, ping_gate
from corral.desired.keeper import Draft, Keeper
from corral.desired.parts import HostBuilder, Parts, knowing, revision, without
from corral.desired.rotation import add_rotation
from corral.desired.time import add_time
from corral.desired.tuning import add_tuning
from corral.model import pools
from corral.model.cluster import Cluster, Host, Member
from corral.model.host_needs import data_directory
from corral.model.identity import UnitId
from corral.model.programs import KEEPALIVE_MIN
from corral.model.resources import Desired, HostFacts, Unit
from corral.model.software import Stage

Facts = Mapping[str, HostFacts]


def assemble(
    cluster: Cluster, facts: Facts, keeper: Keeper, held_back: frozenset[str] = frozenset(), seeds: str = ""
) -> Desired:
    """Everything that `cluster` asks of its hosts, given what is known of them and what keeps their processes.

    The web instances named in `held_back` get no requests from the proxies. With `seeds` the instances know these
    members of the database instead of those of the file. Raises ValueError when a digest that a path is made of isn't
    known, or a value can't be written at its place.
    """
    parts, cluster = Parts(), knowing(cluster, seeds)
    _add_hosts(parts, cluster, facts)
    for member in cluster.database.members:
        _add_member(HostBuilder(parts, member.host, "database"), cluster, member, facts[member.host.name], keeper)
    for host in cluster.hosts:
        if mine := cluster.instances_on(host):
            keeper.instances(HostBuilder(parts, host, "application"), mine, facts[host.name])
    proxies = without(cluster, held_back)
    for host, unit in zip(cluster.proxy.hosts, cluster.proxy.units, strict=True):
        here = HostBuilder(parts, host, "proxy")
        _add_proxy(here, proxies, unit, facts[host.name], keeper)
        add_failover(here, cluster, unit.port, facts[host.name], keeper)
    return _with_seeds(parts.desired(database.replica_set(cluster.database)), cluster, seeds or cluster.database.seeds)


def _with_seeds(desired: Desired, cluster: Cluster, seeds: str) -> Desired:
    given = {each.name for each in cluster.app.instances if any(seeds in value for _, value in each.environment)}
    units = (replace(unit, seeds=seeds) if unit.name in given else unit for unit in desired.units)
    return replace(desired, units=tuple(units))


def _add_hosts(parts: Parts, cluster: Cluster, facts: Facts) -> None:
    """What a whole machine is given, where Corral may: directories of the system, the time, accounts."""
    for host in cluster.hosts:
        if "accounts" in cluster.abilities:
            _add_directories(HostBuilder(parts, host, _first_stage(cluster, host)))
        if "time" in cluster.abilities:
            add_time(HostBuilder(parts, host, "time"), cluster, facts[host.name])
    if "accounts" in cluster.abilities:
        add_accounts(parts, cluster)


def _add_directories(here: HostBuilder) -> None:
    """What all accounts must be able to pass, whoever makes something below it first."""
    layout = here.host.layout
    for path in (layout.config, layout.data, layout.state):
        here.directory(path.parent)
        here.directory(path)


def _first_stage(cluster: Cluster, host: Host) -> Stage:
    """In which something of Corral's comes to the host; the last one for a host that nothing runs on."""
    if cluster.time.servers:
        return "time"
    if any(member.host == host for member in cluster.database.members):
        return "database"
    return "application" if cluster.instances_on(host) else "proxy"


def _add_member(here: HostBuilder, cluster: Cluster, member: Member, facts: HostFacts, keeper: Keeper) -> None:
    host, owner = member.host, keeper.owner("db")
    mongod = keeper.program(here, "mongod", facts)
    here.directory(host.layout.run)
    here.directory(data_directory(cluster.database, host), 0o700, owner)
    key = here.file(database.key_path(host), database.KEY, 0o400, owner)
    conf = here.file(database.conf_path(host), database.mongod_conf(cluster.database, member, host))
    unit = Unit(
        host=host.name,
        name=member.unit.name,
        role="database",
        revision="",
        program=(mongod.path, "--config", conf.path),
        directory=str(host.layout.run),
        address=host.address,
        port=member.port,
        stop_timeout=database.STOP_TIMEOUT,
    )
    keeper.keep(here, Draft(unit, member_gate(member), mongod, (key.content, conf.content)))
    if cluster.database.tune and "packages" in cluster.abilities:
        add_tuning(here, cluster, mongod, facts)


def _add_proxy(here: HostBuilder, cluster: Cluster, unit: UnitId, facts: HostFacts, keeper: Keeper) -> None:
    host, program = here.host, keeper.program(here, "nginx", facts)
    here.directory(host.layout.run)
    known = keeper.nginx_facts(host, program, facts)
    text = nginx.render_nginx(nginx.listening(cluster), cluster.app.web, host, unit.port, known)
    taken_in = revision(text)
    conf = here.file(nginx.conf_path(host), nginx.with_revision(text, host, taken_in), 0o600)
    here.check(conf.path, nginx.check_command(keeper.checker(program), host))
    if "packages" in cluster.abilities:
        add_rotation(here, cluster, facts)
    made = Unit(
        host=host.name,
        name=unit.name,
        role="proxy",
        revision="",
        reload_revision=taken_in,
        program=nginx.command(program.path, host),
        directory=str(host.layout.run),
        address=host.address,
        port=unit.port,
        stop_timeout=nginx.STOP_TIMEOUT,
        leaves_out=tuple(instance.name for instance in cluster.app.web if instance.down),
        pools=pools.groups(cluster.app.web),
        spares_idle=KEEPALIVE_MIN in nginx.features(known.nginx_version),
    )
    keeper.keep(here, Draft(made, ping_gate(host, unit.port, taken_in), program))
