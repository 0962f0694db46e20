"""One real host as one look tells it. What could not be seen is None, empty or `unknown`: never a failure.

Sizes are bytes, times seconds; clocks are the host's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from corral.model import pools
from corral.model.identity import UnitId
from corral.model.mongodb_series import Series
from corral.model.resources import Directory, Family, File, FileRecord, FoundUnit, Obstacle
from corral.model.software import Software

Version = tuple[int, int, int]
MARKS: Final = "marks"
"""The directory, below Corral's own on a host, of what is remembered there and is in no cluster file."""
NOTES: Final = ("revisions", "files", "packages", "images", MARKS, pools.DIRECTORY)
"""All such directories: also the stamps of units, the notes on files and images, the marks of packages, and what says
which pool a proxy uses."""


@dataclass(frozen=True)
class System:
    """`architecture` is the kernel's word (x86_64, aarch64); `systemd` its major version, 0 where it isn't process 1.

    `zone` is the name of the time zone as the host has it, such as Europe/Berlin.
    """

    root: bool = False
    user: str = ""
    """Who came in, before becoming root."""
    architecture: str = ""
    family: Family = "unknown"
    distribution: str = ""
    kernel: str = ""
    systemd: int = 0
    cores: int = 1
    boot_id: str = ""
    machine_id: str = ""
    network: str = ""
    """The network namespace that it is in, by its number: containers of one machine share its boot id."""
    addresses: frozenset[str] = frozenset()
    """All that it has."""
    uptime: float | None = None
    clock: float | None = None
    """Seconds since the epoch when the host was asked."""
    zone: str = ""
    interface: str = ""
    """The network interface that carries the host's address."""
    resolved: tuple[str, ...] = ()
    """Of a host that the file knows by a name: the addresses that the host itself finds behind that name."""
    journal_persistent: bool | None = None
    """Whether what the units log outlives a reboot."""
    tar: bool = True
    """Whether tar is there, which brings files and archives."""
    lacks: tuple[str, ...] = ()
    """Other programs that Corral's scripts call, and that are not there."""
    boots_into: str = ""
    """systemd's target that the host starts into, where somebody has chosen it."""


@dataclass(frozen=True)
class Memory:
    """`huge_pages` is the word of transparent_hugepage/enabled that holds: always, madvise or never."""

    total: int | None = None
    available: int | None = None
    swappiness: int | None = None
    huge_pages: str = ""


@dataclass(frozen=True)
class Disk:
    """The file system that holds `path`, or would: of the nearest directory above it that is there."""

    path: str
    free: int
    kind: str
    inodes: int | None = None
    """How many files may still be made; None where the file system has no such limit, or it isn't known."""
    mounted: str = ""
    """Where it is mounted."""
    options: frozenset[str] = frozenset()
    """Those of `ro` and `noexec` that hold for it."""


@dataclass(frozen=True)
class Readings:
    """What programs of the distribution take in of what is put beside their own configuration, and what they refuse."""

    chrony: bool | None = None
    """Whether it takes in the directory that Corral's file lies in; None where that isn't known."""
    logrotate: bool | None = None
    docker_refuses: str = ""
    """What is wrong with docker's configuration; empty where nothing is known to be."""
    said: tuple[tuple[str, str], ...] = ()
    """Of services that have failed: the unit, and the last lines that its program wrote."""


@dataclass(frozen=True)
class VirtualAddress:
    """Who has the address that is to move between the proxies, before keepalived is given it.

    `used`: it was given it already. `holder` is the hardware address of who answers for it, `interface` the one of this
    very host that has it. `unasked` says what was missing to ask: `arping`,
    `ipv6` (arping is for IPv4 alone), `interface`.
    """

    used: bool = False
    holder: str = ""
    interface: str = ""
    unasked: str = ""


@dataclass(frozen=True)
class Program:
    """A program on root's PATH; `version` is None where it wasn't asked, or it doesn't run."""

    name: str
    path: str
    version: Version | None = None
    failure: str | None = None
    """Of one that doesn't run: what it said when it was asked, or how it ended."""
    product: str = ""
    """Of another product than the name says, such as `Angie 1.8.1`. `version` is then that of the program that it was
    made from; None where that isn't known."""


@dataclass(frozen=True)
class PackageState:
    """`installed` and `candidate` are versions as the package manager writes them, empty for none.

    `candidate` is what would be installed. It is None when that isn't known, since the host has fetched no package
    lists yet, and when nobody asked, since this package or another that brings the same is installed.
    """

    name: str
    installed: str = ""
    candidate: str | None = None


@dataclass(frozen=True)
class Listener:
    """A listening socket, and what is behind it: `service` is its systemd unit, `container` its docker container."""

    protocol: Literal["tcp", "udp"]
    address: str
    """`*` stands for every address of both families, 0.0.0.0 and :: for every one of their own."""
    port: int
    pid: int = 0
    command: str = ""
    service: str = ""
    container: str = ""
    unit: str = ""
    """The unit of this very cluster that holds it; empty when it is somebody else's."""
    socket: str = ""
    """The systemd unit for which process 1 listens there; `service` is then the one that it starts."""
    stray: bool = False
    """Whether it is a process of this very cluster, of a unit that has another name by now."""
    cluster: str = ""
    """Another playground of this user's that it belongs to."""
    hidden: bool = False
    """Whether it is in a container, and docker could not be asked whose that is."""


@dataclass(frozen=True)
class ServiceState:
    """A systemd unit of the distribution. `names` are all that it has: on Debian chrony is chronyd too."""

    names: tuple[str, ...]
    enabled: bool = False
    """Whether it starts with the host, whichever boot it is."""
    active: bool = False
    held: bool = False
    """Whether it is masked until the next boot, as it is while Corral installs its package."""
    masked: bool = False
    """Whether it is masked, for good or until the next boot: nothing may start it."""
    until_boot: bool = False
    """Whether it is enabled until the next boot, and no longer."""


@dataclass(frozen=True)
class Process:
    """The main process of one of the cluster's units. A limit is None when it isn't known, -1 when there is none."""

    unit: UnitId
    pid: int
    program: str = ""
    """The file that it runs."""
    version: Version | None = None
    """Of a mongod: what that file says it is."""
    open_files: int | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Security:
    """`selinux` is enforcing, permissive, or empty where there is none; `firewall` names what is on, empty for none."""

    selinux: str = ""
    firewall: str = ""


@dataclass(frozen=True)
class Tracking:
    """What chronyd says of the clock. `offset` is how far off it finds it; `sources` are those in reach."""

    leap: str
    offset: float
    root_dispersion: float
    reference: str = ""
    sources: int = 0
    settling: bool = False
    """Whether it has too few answers yet to tell how well it follows, as in the first minute or two of its life."""
    lost: tuple[str, ...] = ()
    """Addresses of sources that have answered before, and not the last three times."""
    unseen: tuple[str, ...] = ()
    """Those that have never answered so far."""


@dataclass(frozen=True)
class Docker:
    """`compose` is how docker compose is called, empty where it is missing; its version None if not asked."""

    running: bool = False
    podman: bool = False
    """Whether the program of docker's name is podman."""
    compose: tuple[str, ...] = ()
    compose_version: Version | None = None
    unseen: str = ""
    """Why the cluster's containers, which may be there, could not be seen; empty where they were."""
    strangers: tuple[str, ...] = ()
    """The names of containers that are not of this cluster."""


@dataclass(frozen=True)
class Unasked:
    """A program that gave no answer, so that what it would have told is unknown; or the path of what hangs."""

    program: str
    why: str


@dataclass(frozen=True)
class Owned:
    """What Corral has on the host: units with the revisions written down there, files with their secrets by reference.

    `marks` are the texts of what is remembered there and is in no cluster file.
    """

    files: tuple[File, ...] = ()
    records: tuple[FileRecord, ...] = ()
    directories: tuple[Directory, ...] = ()
    units: tuple[FoundUnit, ...] = ()
    software: tuple[Software, ...] = ()
    marks: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class FoundMember:
    """What the replica set tells of its member here: the series of the mongod that runs, and the set's own
    featureCompatibilityVersion. That one is asked only when another series is to start."""

    series: Series | None = None
    compatibility: Series | None = None


@dataclass(frozen=True)
class Machine:
    host: str
    system: System = field(default_factory=System)
    memory: Memory = field(default_factory=Memory)
    disks: tuple[Disk, ...] = ()
    programs: tuple[Program, ...] = ()
    packages: tuple[PackageState, ...] = ()
    listeners: tuple[Listener, ...] = ()
    services: tuple[ServiceState, ...] = ()
    processes: tuple[Process, ...] = ()
    security: Security = field(default_factory=Security)
    docker: Docker = field(default_factory=Docker)
    readings: Readings = field(default_factory=Readings)
    virtual: VirtualAddress | None = None
    """None on a host that no address moves to."""
    tracking: Tracking | None = None
    """None when chronyd doesn't run, or isn't asked."""
    apt_lock: tuple[str, str] | None = None
    """A lock of apt's or dpkg's that is held, and the process that holds it; asked where a package is missing."""
    masked: frozenset[str] = frozenset()
    """systemd's units that are masked, with their endings."""
    instead: tuple[str, ...] = ()
    """Somebody's definitions of single instances, which count in place of Corral's for all of them."""
    owned: Owned = field(default_factory=Owned)
    member: FoundMember = field(default_factory=FoundMember)
    unasked: tuple[Unasked, ...] = ()

    def program(self, name: str) -> Program | None:
        return next((program for program in self.programs if program.name == name), None)

    def package(self, name: str) -> PackageState:
        return next((package for package in self.packages if package.name == name), PackageState(name))

    def disk(self, path: str) -> Disk | None:
        return next((disk for disk in self.disks if disk.path == path), None)

    def is_also(self, other: Machine) -> bool:
        """Whether both are one machine that goes by two names; False where that isn't known.

        A machine id alone says nothing: clones of one image have it in common. Neither does a boot id: containers have
        that of their machine. Machines that were cloned while they ran have both, and addresses of their own.
        """
        mine, theirs = (
            (system.boot_id, system.machine_id, system.network, system.addresses)
            for system in (self.system, other.system)
        )
        return bool(self.system.boot_id and self.system.network) and mine == theirs

    def service(self, names: Collection[str]) -> ServiceState | None:
        """The one that has any of `names`."""
        return next((state for state in self.services if not set(names).isdisjoint(state.names)), None)

    def active(self, *names: str) -> Iterator[str]:
        """Those of the services `names` that run, one name for each service."""
        for state in self.services:
            if state.active:
                yield from [name for name in names if name in state.names][:1]
