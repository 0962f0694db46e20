"""chrony on every host: time servers that hold together, and clients that believe them."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Final

from corral.desired.installs import package
from corral.desired.parts import HostBuilder
from corral.desired.templating import head, render
from corral.model.cluster import Cluster, Host
from corral.model.programs import CHRONY_DIRECTORIES, PROGRAMS
from corral.model.resources import Family, HostFacts
from corral.model.software import Service

PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


def add_time(here: HostBuilder, cluster: Cluster, facts: HostFacts) -> None:
    """Nothing when the file names no time servers."""
    if not cluster.time.servers:
        return
    if cluster.time.install.way == "package":
        package(here, cluster.time.install.name or PROGRAMS["chronyd"].package, facts)
    service = service_name(facts.family)
    here.software(Service(here.host.name, service))
    conf = here.file(
        conf_path(cluster, facts.family), chrony_conf(cluster, here.host), after=[("systemctl", "restart", service)]
    )
    here.check(conf.path, ("chronyd", "-p", "-f", "{}"))


def service_name(family: Family) -> str:
    return "chronyd.service" if family == "rhel" else "chrony.service"


def conf_path(cluster: Cluster, family: Family) -> PurePosixPath:
    parent = CHRONY_DIRECTORIES.get(family, CHRONY_DIRECTORIES["debian"])
    return PurePosixPath(parent, f"corral-{cluster.name}.conf")


def chrony_conf(cluster: Cluster, host: Host) -> str:
    time = cluster.time
    return render(
        "chrony.conf.j2",
        head=head(host),
        serves=host in time.servers,
        upstream=[(_directive(source), source) for source in time.upstream],
        servers=[server.address for server in time.servers if server != host],
        clients=_clients(cluster, host) if host in time.servers else [],
    )


def _clients(cluster: Cluster, host: Host) -> list[str]:
    """Whom a time server answers: the cluster's other hosts, and nobody else.

    chronyd doesn't start while a name in such a line has no address: hosts with names are let in by private networks.
    """
    others = [each.address for each in cluster.hosts if each != host]
    addresses = [address for address in others if _is_address(address)]
    return addresses if len(addresses) == len(others) else [*addresses, *PRIVATE]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _directive(source: str) -> str:
    """`pool` takes all the addresses behind a name, `server` one of them."""
    return "pool" if "pool" in source.split(".") else "server"
