"""What one host is asked, in one round trip. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal, get_args

from corral.model.cluster import Cluster, Host
from corral.model.host_needs import (
    ARCHIVES,
    TIME_DAEMONS,
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
from corral.model.machine import MARKS, Machine
from corral.observe.images import NOTES

FIREWALLS: Final = ("firewalld", "nftables")
"""ufw is told by its own file: its service is active when it is switched off, too."""

_OTHERS: Final = ("docker", "nginx", "mongod", "keepalived")
PROGRAMS: Final = ("nginx", "mongod")
"""Programs whose version a host can be asked for."""
_NTP: Final = 123
DOCKER_ROOT: Final = "/var/lib/docker"
"""Where docker keeps images, unless its daemon.json says otherwise."""
_OWN_STATE: Final = ("revisions", "files", "packages", NOTES, MARKS)
"""Below the state directory: stamps of units, notes on files and images, marks of packages, what is remembered."""

_KEEP_OFF: Final = {"nginx": "nginx", "mongod": "mongod", "keepalived": "keepalived"}
"""Services that a program's package starts by itself, and that are in the way of Corral's own."""


Section = Literal[
    "host",
    "units",
    "systemd",
    "sockets",
    "values",
    "links",
    "directories",
    "disks",
    "packages",
    "programs",
    "addresses",
    "tracking",
    "docker",
    "files",
]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)
"""What a machine of its own is asked, in the order in which it tells: some need what others have found out."""
MINE: Final[tuple[Section, ...]] = ("host", "values", "directories", "disks", "files")
"""What this machine is asked where others see to its programs: no more than takes some milliseconds."""


@dataclass(frozen=True)
class Question:
    """`packages` are groups: what could be installed is asked, which takes time, where none of a group is there.

    `trees` are directories, and single files, that are Corral's with all that is in them; `directories` are asked
    whether they are there, and so are all right below `parents`.
    """

    cluster: str
    host: str
    address: str
    trees: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    state: str = ""
    packages: tuple[tuple[str, ...], ...] = ()
    keep_off: tuple[tuple[str, str], ...] = ()
    """Pairs of a package and the service that must not run once Corral has installed it."""
    versions: tuple[str, ...] = ()
    """Programs that are asked for their version: those that the user sees to."""
    mongod: str = ""
    """The program that the member here is to run: one that runs from elsewhere is asked for its version."""
    ports: tuple[int, ...] = ()
    docker: bool = False
    """Whether instances run in containers here."""
    image: str = ""
    docker_root: str = DOCKER_ROOT
    """Where docker's containers are looked for, before docker itself is asked for them."""
    sections: tuple[Section, ...] = SECTIONS

    @property
    def name(self) -> str:
        """The name that the file knows the host by; empty when that is an address."""
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
    places = (layout.config, layout.data, layout.logs, layout.run, layout.state)
    above = dict.fromkeys(place.parent for place in places)
    chosen = (cluster.database.directory, cluster.app.storage)
    return Question(
        cluster=cluster.name,
        host=host.name,
        address=host.address,
        trees=(str(layout.config), *owned_files(cluster.name), *(str(layout.state / name) for name in _OWN_STATE)),
        directories=tuple(str(path) for path in dict.fromkeys((*above, *places, *chosen)) if path),
        parents=tuple(str(path) for path in (layout.config, layout.data, ARCHIVES, releases(cluster))),
        disks=tuple(dict.fromkeys(_disks(cluster, host))),
        state=str(layout.state),
        packages=tuple(need.packages for need in wanted if need.install.way == "package"),
        keep_off=tuple(
            (package, f"{_KEEP_OFF[need.program]}.service")
            for need in wanted
            if need.program in _KEEP_OFF
            for package in need.packages
        ),
        versions=tuple(need.program for need in wanted if need.install.way == "none" and need.program in PROGRAMS),
        mongod=_mongod(host, wanted),
        ports=tuple(sorted({port for _, port, _ in wanted_ports(cluster, host)} | {_NTP})),
        docker=has_containers(cluster, host),
        image=cluster.app.image if has_containers(cluster, host) else "",
    )


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
        yield str(data_directory(cluster, host))
    if has_containers(cluster, host):
        yield DOCKER_ROOT


def _mongod(host: Host, wanted: Iterable[Need]) -> str:
    """Empty for one that the user sees to: where it is the host has to tell."""
    paths = (program_path(Machine(host.name), need) for need in wanted if need.program == "mongod")
    return next((path for path in paths if path.startswith("/")), "")
