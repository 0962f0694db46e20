"""The model as resources of real hosts: packages, accounts, files, systemd units and containers."""

from __future__ import annotations

from collections.abc import Mapping

from corral.desired import database
from corral.desired.accounts import add_accounts
from corral.desired.app_compose import add_containers
from corral.desired.app_systemd import add_instances
from corral.desired.database_host import add_member
from corral.desired.failover import add_failover
from corral.desired.parts import Corner, Parts, without
from corral.desired.proxy_host import add_proxy
from corral.desired.time import add_time
from corral.model.cluster import Cluster, Host
from corral.model.resources import Desired, HostFacts
from corral.model.software import Stage


def assemble_hosts(
    cluster: Cluster, facts: Mapping[str, HostFacts], held_back: frozenset[str] = frozenset()
) -> Desired:
    """Everything that `cluster` asks of its real hosts, given what is known of them.

    The web instances named in `held_back` get no requests from the proxies. Raises ValueError when a digest that a path
    is made of isn't known, or a value can't be written at its place.
    """
    parts = Parts()
    for host in cluster.hosts:
        _add_places(Corner(parts, host, _first_stage(cluster, host)))
        add_time(Corner(parts, host, "time"), cluster, facts[host.name])
    add_accounts(parts, cluster)
    for member in cluster.database.members:
        add_member(Corner(parts, member.host, "database"), cluster, member, facts[member.host.name])
    _add_application(parts, cluster, facts)
    for host, port in zip(cluster.proxy.hosts, cluster.proxy.ports, strict=True):
        here = Corner(parts, host, "proxy")
        add_proxy(here, without(cluster, held_back), port, facts[host.name])
        add_failover(here, cluster, port, facts[host.name])
    return parts.desired(database.replica_set(cluster.database))


def _add_application(parts: Parts, cluster: Cluster, facts: Mapping[str, HostFacts]) -> None:
    add = add_instances if cluster.app.runtime == "systemd" else add_containers
    for host in cluster.hosts:
        mine = list(cluster.instances_on(host))
        if mine:
            add(Corner(parts, host, "application"), cluster, mine, facts[host.name])


def _add_places(here: Corner) -> None:
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
