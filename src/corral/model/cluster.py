"""The cluster as nouns: what the file says, with every default and every derived value filled in.

Times are seconds (float), sizes are bytes (int), addresses are IP addresses or names as the hosts see each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal

from corral.model.endpoint import Endpoint
from corral.model.headers import Headers
from corral.model.identity import UnitId, program_id

Role = Literal["web", "worker"]
Ability = Literal["packages", "time", "accounts", "virtual_ip"]
"""What a place lets Corral do: install programs, keep the clocks, make accounts, move an address between hosts."""
Balance = Literal["sticky_cookie", "ip_hash", "least_conn", "round_robin", "hash"]


@dataclass(frozen=True)
class Layout:
    """Where Corral's files lie on one host. On real hosts /etc/corral/<cluster> and the like."""

    config: PurePosixPath
    data: PurePosixPath
    logs: PurePosixPath
    run: PurePosixPath
    state: PurePosixPath
    """What Corral itself writes down of the host, such as the revisions of what runs; it outlives a reboot."""


@dataclass(frozen=True)
class Host:
    """One machine: `declared` is the address in the file, `address` the one in use."""

    name: str
    address: str
    declared: str
    layout: Layout


@dataclass(frozen=True)
class HealthCheck:
    """A healthy answer: GET `path` gives `status`, with `contains` in the body, within `timeout`.

    `interval` is the time between two questions; `start_timeout` how long from start to the first healthy answer.
    `headers` make the question one that a visitor could have sent: Host (where nobody has named the cluster, each place
    is asked by its own address) and X-Forwarded-Proto, then the file's own; secrets by reference.
    """

    path: str
    status: int
    contains: str
    interval: float
    timeout: float
    start_timeout: float
    headers: Headers = ()


@dataclass(frozen=True)
class Instance:
    """One process of the application: a web instance behind the proxy, or a worker."""

    name: str
    host: Host
    port: int
    role: Role
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    """What Corral derives and the file's own `env` on top; secrets by reference."""
    health: HealthCheck | None
    """None for a worker that answers no HTTP: it is judged by its process alone."""
    down: bool = False
    """Whether the proxies send it nothing just now."""

    @property
    def unit(self) -> UnitId:
        return UnitId(self.role, self.host.name, self.name, self.port)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("http", self.host.address, self.port)


@dataclass(frozen=True)
class Websocket:
    """A websocket at `path` that answers `send` with a message that holds `contains`, or sends back what it is sent.

    `through_all`: to everybody, whichever instance each is at.
    """

    path: str
    send: str = ""
    contains: str = ""
    through_all: bool = False


@dataclass(frozen=True)
class Install:
    """How a program comes to its hosts.

    `package`: of the distribution's or the user's own sources, by `name` (empty: the usual one); `archive`: the tar
    file `source` with `sha256`, whose program is of `version`; `none`: the user sees to it.
    """

    way: Literal["package", "archive", "none"] = "package"
    name: str = ""
    source: str = ""
    sha256: str = ""
    version: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class VirtualIp:
    """The address that keepalived moves between the proxies; `interface` is empty for that of the host's own."""

    address: str
    interface: str = ""
    router_id: int = 51


@dataclass(frozen=True)
class Application:
    directory: PurePosixPath
    """Where the command runs: of the controlling machine in the playground, inside the image with compose, relative to
    the release with systemd."""
    runtime: Literal["process", "compose", "systemd"]
    """`process` is the playground's own."""
    image: str
    """With compose: the container image; `image_source` is a file that holds it, empty when it is pulled."""
    image_source: str
    release: Install
    """With systemd: the archive that the application comes in; way `none` when it is on the hosts already."""
    install: Install
    """How docker comes to the hosts, with compose."""
    version: str
    stop_signal: str
    stop_timeout: float
    drain: float
    """Seconds that the proxies leave an instance alone before it is stopped; 0 for one that drains itself."""
    websocket: Websocket | None
    """For verify; None when the application has none that answers in a known way."""
    storage: PurePosixPath | None
    """The directory of uploaded files, the same on all hosts."""
    start_at_once: int | Literal["cores"]
    """How many instances of one machine may start at the same time; 0 is all of them."""
    start_time: float
    """How long a start usually takes; 0 when that isn't known."""
    memory: int | None
    """What one instance takes, in bytes; None when that isn't known."""
    next: str
    """What people are told to do once all is healthy."""
    instances: tuple[Instance, ...]
    image_sha256: str = ""
    """The id of the image in `image_source`, the digest of its configuration; empty when it is pulled, or not known."""
    image_manifest: str = ""
    """The digest of its manifest, which is what docker's containerd store takes for the id; empty when not known."""

    @property
    def web(self) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.instances if instance.role == "web")

    @property
    def health(self) -> HealthCheck | None:
        """That of the web instances; None when there is none of them."""
        return next((instance.health for instance in self.web if instance.health), None)

    @property
    def headers(self) -> Headers:
        """What every question to a web instance carries."""
        return self.health.headers if self.health else ()

    @property
    def workers(self) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.instances if instance.role == "worker")


@dataclass(frozen=True)
class Proxy:
    """nginx on each of `hosts`, listening on `port` of the host's own address and of `extra_addresses`."""

    hosts: tuple[Host, ...]
    ports: tuple[int, ...]
    """The port on each of `hosts`, in their order."""
    extra_addresses: tuple[str, ...]
    server_name: str
    """All names that are served, ROOT_URL's among them; `_` is any."""
    balance: Balance
    hash_key: str
    """The nginx variable of `balance: {hash: $variable}`; empty otherwise."""
    max_body_size: int
    buffer_size: int
    """Bytes that an answer's headers may take, and each buffer for its body."""
    read_timeout: float
    websocket_timeout: float
    shutdown_timeout: float
    max_fails: int
    fail_timeout: float
    keepalive: int
    keepalive_idle: float
    """Seconds that a connection to an instance is kept without work; 0 for none."""
    header_size: int
    """Bytes that a request's address, and each of its headers, may take."""
    header_underscores: bool
    """Whether headers with `_` in their names are passed on."""
    real_ip_from: tuple[str, ...]
    real_ip_header: str
    outer_headers: tuple[str, ...]
    """What reaches the application from the proxies of `real_ip_from`, and from nobody else."""
    not_found: tuple[str, ...]
    """Paths answered 404 by the proxy itself."""
    unbuffered: tuple[str, ...]
    """Path prefixes, each with a slash at its end, whose answers are passed on part by part."""
    virtual_ip: VirtualIp | None
    install: Install

    @property
    def units(self) -> tuple[UnitId, ...]:
        """In the order of `hosts`."""
        places = zip(self.hosts, self.ports, strict=True)
        return tuple(program_id("proxy", host.name, port) for host, port in places)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where each of `hosts` takes requests at its own address."""
        places = zip(self.hosts, self.ports, strict=True)
        return tuple(Endpoint("http", host.address, port) for host, port in places)


@dataclass(frozen=True)
class Member:
    """One member of the replica set."""

    host: Host
    port: int
    priority: float
    votes: int
    arbiter: bool = False

    @property
    def name(self) -> str:
        """The member's name in the replica set's configuration."""
        return self.endpoint.netloc

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("mongodb", self.host.address, self.port)

    @property
    def unit(self) -> UnitId:
        return program_id("database", self.host.name, self.port)


@dataclass(frozen=True)
class Database:
    replica_set: str
    name: str
    members: tuple[Member, ...]
    election_timeout: float
    heartbeat_interval: float
    cache_size: int | None
    """WiredTiger's cache in bytes; None leaves it to mongod."""
    oplog_size: int | None
    parameters: tuple[tuple[str, str], ...]
    """mongod's setParameter values, as text."""
    directory: PurePosixPath | None
    """mongod's dbPath; None for one below the host's own data directory."""
    install: Install
    tune: bool
    """Whether Corral sets the hosts' swappiness, keepalive and huge pages as MongoDB wants them."""

    @property
    def seeds(self) -> str:
        """The host list of every connection string: all data-bearing members, in the file's order."""
        return ",".join(member.name for member in self.members if not member.arbiter)


@dataclass(frozen=True)
class TimeService:
    servers: tuple[Host, ...]
    upstream: tuple[str, ...]
    install: Install


@dataclass(frozen=True)
class Cluster:
    """The whole, as every verb sees it."""

    name: str
    hosts: tuple[Host, ...]
    proxy: Proxy
    app: Application
    database: Database
    time: TimeService
    url: str
    """Where people reach the application: ROOT_URL."""
    source: str = field(default="", compare=False)
    """The cluster file as the user named it; empty for the built-in example."""
    abilities: frozenset[Ability] = frozenset()
    """What can be done where it is placed."""

    @property
    def moving(self) -> VirtualIp | None:
        """The address that keepalived moves between the proxies, where that can be done."""
        return self.proxy.virtual_ip if "virtual_ip" in self.abilities else None

    @cached_property
    def host_by_name(self) -> dict[str, Host]:
        return {host.name: host for host in self.hosts}

    def instances_on(self, host: Host) -> tuple[Instance, ...]:
        """In the order of `app.instances`; looked up, not searched for: every host asks several times."""
        return self._instances_by_host.get(host.name, ())

    @cached_property
    def _instances_by_host(self) -> dict[str, tuple[Instance, ...]]:
        found: dict[str, list[Instance]] = {}
        for instance in self.app.instances:
            found.setdefault(instance.host.name, []).append(instance)
        return {name: tuple(instances) for name, instances in found.items()}
