"""What one host is asked, in one round trip. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final, Literal, get_args

from corral.model.cluster import Cluster, Host
from corral.model.host_needs import (
    Need,
    data_directory,
    has_containers,
    is_member,
    needs,
    program_path,
    releases,
    wanted_ports,
)
from corral.model.identity import prefix
from corral.model.machine import NOTES, Machine
from corral.model.programs import ARCHIVES, PROGRAMS, TIME_DAEMONS

FIREWALLS: Final = ("firewalld", "nftables")
"""ufw is known from its own file: its service is also active when ufw is switched off."""

_OTHERS: Final = ("docker", "nginx", "mongod", "keepalived")
_VERSIONED: Final = ("nginx", "mongod")
"""Programs whose version a host can be asked for."""
_WRITTEN_BY_MONGOD: Final = (
    "WiredTiger.wt",
    "WiredTiger.turtle",
    "WiredTiger.lock",
    "mongod.lock",
    "storage.bson",
    "journal",
)
"""What mongod makes at its first start, and writes at each later one."""
_NTP: Final = 123
PATIENCE: Final = 10
"""Seconds for one program on a host that has much else to do. Most answer in some hundredths of one."""
GLANCE: Final = 4
"""The same where somebody waits for what is known: `corral status` answers in five."""
DOCKER_ROOT: Final = "/var/lib/docker"
"""Where docker keeps images, unless its daemon.json says otherwise."""

Section = Literal[
    "host",
    "units",
    "boot",
    "services",
    "systemd",
    "sockets",
    "values",
    "links",
    "mounts",
    "directories",
    "disks",
    "packages",
    "programs",
    "addresses",
    "virtual",
    "tracking",
    "docker",
    "obstacles",
    "attributes",
    "files",
]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
"""What a real machine is asked, in the order of its answers: some sections need what earlier ones have found."""
MINE: Final[tuple[Section, ...]] = ("host", "values", "directories", "disks", "obstacles", "files")
"""What this machine is asked for the playground: only what takes milliseconds, and nothing about programs."""


@dataclass(frozen=True)
class Question:
    """`packages` are groups: if none of a group is installed, the host is asked what could be, which takes time.

    `trees` are directories, and single files, in which everything is Corral's own. The host is asked which of
    `directories` exist, and which directories there are right below `parents`.
    """

    cluster: str
    host: str
    address: str
    trees: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    vital: tuple[str, ...] = ()
    """Files of a program's that it has to be able to write, and that root may have come to own."""
    state: str = ""
    packages: tuple[tuple[str, ...], ...] = ()
    keep_off: tuple[tuple[str, str], ...] = ()
    """Pairs of a package and the service that must not run once Corral has installed it."""
    versions: tuple[str, ...] = ()
    """Programs that are asked for their version: those that the user installs."""
    mongod: str = ""
    """The program that the member here is to run. If another mongod runs instead, it is asked for its version."""
    ports: tuple[int, ...] = ()
    docker: bool = False
    """Whether instances run in containers here."""
    image: str = ""
    virtual: str = ""
    """The address that moves between the proxies, where this is one of them."""
    interface: str = ""
    """The one that it is to be on, where the file names it."""
    failover: str = ""
    """keepalived's configuration: once that names the address, it is the cluster's own."""
    docker_root: str = DOCKER_ROOT
    """Where docker's containers are searched, before docker itself is asked for them."""
    sections: tuple[Section, ...] = SECTIONS
    patience: int = PATIENCE
    """Seconds that each program is given that may hang; 0 for no deadline, where none does."""

    @property
    def name(self) -> str:
        """The host's name in the file; empty when the file has an address."""
        try:
            ip_address(self.address)
        except ValueError:
            return self.address
        return ""

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(f"{name}.service" for name in (*TIME_DAEMONS, *FIREWALLS, *_OTHERS))


def question_of(cluster: Cluster, host: Host) -> Question:
    layout, wanted = host.layout, list(needs(cluster, host))
    virtual = cluster.moving if host in cluster.proxy.hosts else None
    places = (layout.config, layout.data, layout.logs, layout.run, layout.state)
    above = dict.fromkeys(place.parent for place in places)
    chosen = (cluster.database.directory, cluster.app.storage)
    return Question(
        cluster=cluster.name,
        host=host.name,
        address=host.address,
        trees=(str(layout.config), *owned_files(cluster.name), *(str(layout.state / name) for name in NOTES)),
        directories=tuple(str(path) for path in dict.fromkeys((*above, *places, *chosen)) if path),
        parents=tuple(str(path) for path in (layout.config, layout.data, ARCHIVES, releases(cluster))),
        disks=tuple(dict.fromkeys(_disks(cluster, host))),
        vital=tuple(_vital(cluster, host)),
        state=str(layout.state),
        packages=tuple(need.packages for need in wanted if need.install.way == "package"),
        keep_off=tuple(
            (package, PROGRAMS[need.program].service)
            for need in wanted
            if PROGRAMS[need.program].service
            for package in need.packages
        ),
        versions=tuple(need.program for need in wanted if need.install.way == "none" and need.program in _VERSIONED),
        mongod=_mongod(host, wanted),
        ports=tuple(sorted({port for _, port, _ in wanted_ports(cluster, host)} | {_NTP})),
        docker=has_containers(cluster, host),
        image=cluster.app.image if has_containers(cluster, host) else "",
        virtual=virtual.address if virtual else "",
        interface=(virtual.interface or "") if virtual else "",
        failover=str(layout.config / "keepalived.conf") if virtual else "",
    )


def at_a_glance(question: Question) -> Question:
    """What matters of `question` to see what runs: of packages and programs it is nothing, and they take time."""
    return replace(question, packages=(), versions=(), patience=GLANCE)


def owned_files(cluster: str) -> tuple[str, ...]:
    """Corral's own files outside its directories.

    Exact names, since a cluster's name can begin with another one's: corral-shop-app-nginx.service isn't `shop`'s.
    """
    begin = prefix(cluster)
    units = (f"{begin}{name}.service" for name in ("nginx", "mongod", "keepalived", "thp", "app@"))
    own = begin.removesuffix("-")
    return (
        *(f"/etc/systemd/system/{unit}" for unit in units),
        f"/etc/sysctl.d/90-{own}.conf",
        f"/etc/sysusers.d/{own}.conf",
        f"/etc/logrotate.d/{own}",
        f"/etc/chrony/conf.d/{own}.conf",
        f"/etc/chrony.d/{own}.conf",
    )


def _disks(cluster: Cluster, host: Host) -> Iterator[str]:
    layout = host.layout
    yield from ("/etc", *map(str, (layout.config, ARCHIVES, layout.data, layout.logs)))
    if is_member(cluster, host):
        yield str(data_directory(cluster.database, host))
    if has_containers(cluster, host):
        yield DOCKER_ROOT


def _vital(cluster: Cluster, host: Host) -> Iterator[str]:
    if is_member(cluster, host):
        yield from (f"{data_directory(cluster.database, host)}/{name}" for name in _WRITTEN_BY_MONGOD)


def _mongod(host: Host, wanted: Iterable[Need]) -> str:
    """Empty for a mongod that the user installs: only the host knows where it is."""
    paths = (program_path(Machine(host.name), need) for need in wanted if need.program == "mongod")
    return next((path for path in paths if path.startswith("/")), "")
