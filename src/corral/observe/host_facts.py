"""What must be known of real hosts before their files are rendered. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from corral.model.cluster import Cluster, Host
from corral.model.host_needs import Need, needs, program_path, program_version
from corral.model.identity import account
from corral.model.machine import Machine
from corral.model.resources import HostFacts


def host_facts(cluster: Cluster, machines: Mapping[str, Machine]) -> dict[str, HostFacts]:
    """By host name, for those of `machines`.

    A version is that of the installed program, else of the one to be installed.
    """
    return {host.name: _facts(cluster, host, machines[host.name]) for host in cluster.hosts if host.name in machines}


def _facts(cluster: Cluster, host: Host, machine: Machine) -> HostFacts:
    wanted = {need.program: need for need in needs(cluster, host)}
    nginx = wanted.get("nginx", Need("nginx", "proxy.install", cluster.proxy.install))
    mongod = wanted.get("mongod", Need("mongod", "database.install", cluster.database.install))
    return HostFacts(
        host=host.name,
        nginx_version=program_version(machine, nginx),
        mongod_version=program_version(machine, mongod),
        nginx_path=program_path(machine, nginx),
        mongod_path=program_path(machine, mongod),
        user=account(cluster.name, "web"),
        access_log=str(host.layout.logs / "access.log"),
        family=machine.system.family,
        interface=machine.system.interface,
        machine=host.name,
        cores=machine.system.cores,
    )
