"""From a cluster file to a cluster on this machine: addresses, directories, ports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from corral.errors import ChangeFailed
from corral.events import Note, Sink, ignore
from corral.model.cluster import Cluster, Host
from corral.model.endpoint import Endpoint
from corral.operate.outside import known_outside_of
from corral.operate.site import Site
from corral.playground import ports
from corral.playground.addresses import default_network, loopback_addresses
from corral.playground.state import State, networks_of_others, state_of
from corral.playground.supervisord import Supervisord
from corral.playground.units import SupervisordUnits
from corral.problems import Problem
from corral.secrets import Secrets
from corral.spec.build import Placement, build
from corral.spec.parse import Loaded
from corral.transport.local import LocalTransport

LOCALHOST = "127.0.0.1"
CACHE_SIZE = 256 << 20
"""Bytes of WiredTiger's cache for each mongod: the smallest that it takes, since all share one machine."""
OPLOG_SIZE = 990 << 20
"""Bytes of oplog for each mongod: the smallest that MongoDB chooses by itself; by default it takes 5 % of the disk."""
MONGOD_PARAMETERS = {"shutdownTimeoutMillisForSignaledShutdown": "1000"}
"""When everything stops there is no other member to hand over to, and mongod would wait 15 s for one."""


@dataclass(frozen=True)
class Playground:
    """A cluster's place on this machine."""

    loaded: Loaded
    state: State
    network: str

    @property
    def name(self) -> str:
        return self.loaded.spec.name

    @property
    def daemon(self) -> Supervisord:
        return Supervisord(self.state.root, self.name)

    def site(self, proxy_ports: tuple[int, ...], secrets: Secrets) -> Site:
        cluster = self.cluster(proxy_ports)
        return Site(cluster, LocalTransport(), SupervisordUnits(self.daemon), secrets)

    def cluster(self, proxy_ports: tuple[int, ...]) -> Cluster:
        spec = self.loaded.spec
        placement = Placement(
            addresses=self.addresses(),
            layouts={host: self.state.layout(host) for host in spec.hosts},
            proxy_ports=proxy_ports,
            extra_addresses=(LOCALHOST,),
            storage=PurePosixPath(self.state.root / "storage"),
            url=Endpoint("http", LOCALHOST, proxy_ports[0]).url,
            cache_size=CACHE_SIZE,
            oplog_size=OPLOG_SIZE,
            parameters=MONGOD_PARAMETERS,
        )
        return build(spec, placement, self.loaded.directory)

    def retired_hosts(self) -> tuple[Host, ...]:
        """Hosts that an earlier file had: Corral's files on them are removed, their data stay."""
        present = {path.name for path in self.state.root.glob("hosts/*")} - set(self.loaded.spec.hosts)
        return tuple(Host(name, "", "", self.state.layout(name)) for name in sorted(present))

    def addresses(self) -> dict[str, str]:
        declared = {name: host.address for name, host in self.loaded.spec.hosts.items()}
        return loopback_addresses(declared, self.network)

    def known_ports(self) -> tuple[int, ...]:
        """The proxies' ports as the last run chose them, or as the file asks."""
        spec = self.loaded.spec
        recorded = self.state.read_facts().get("proxy_ports") or {}
        return tuple(
            int(recorded.get(host, spec.playground.port + number)) for number, host in enumerate(spec.proxy.hosts)
        )

    def present_site(self) -> Site:
        """The cluster as the last run left it, for verbs that only look."""
        return self.site(self.known_ports(), self.known_secrets())

    def known_secrets(self) -> Secrets:
        """Whatever is known, for verbs that only look."""
        return {**self.state.known_secrets(), **known_outside_of(self.loaded)}


def open_playground(loaded: Loaded) -> Playground:
    """Raises ChangeFailed when the file's network is not the one that the cluster's data were made with."""
    state = state_of(loaded.spec.name)
    recorded = state.read_facts().get("network")
    network = loaded.spec.playground.network or recorded or _unused_network(loaded.spec.name)
    if recorded not in (None, network) and state.has_data():
        message = f"the file asks for addresses of {network}, but this cluster's data were made on {recorded}"
        hint = f"write `network: {recorded}` below `playground:`, or `corral down --purge` to begin anew"
        raise ChangeFailed(Problem("network-changed", "error", message, hint, loaded.source))
    return Playground(loaded, state, network)


def _unused_network(cluster: str) -> str:
    """By the cluster's name, unless another cluster or anything else is there."""
    return default_network(cluster, ports.loopback_networks() | networks_of_others(cluster))


def choose_ports(playground: Playground, serving: frozenset[str], sink: Sink = ignore) -> tuple[int, ...]:
    """A port for each proxy, free on its own address and on 127.0.0.1. A proxy in `serving` keeps the one it has.

    Raises ChangeFailed when a thousand ports from the wanted one on are all taken.
    """
    spec, addresses = playground.loaded.spec, playground.addresses()
    known = dict(zip(spec.proxy.hosts, playground.known_ports(), strict=True))
    chosen: dict[str, int] = {host: known[host] for host in spec.proxy.hosts if host in serving}
    for host, port in chosen.items():
        if spec.playground.port not in range(port - 1000, port + 1):
            sink(Note(f"{host} stays on {port} while it runs; `corral down`, then `up`, moves it", "warning"))
    for number, host in enumerate(spec.proxy.hosts):
        if host in chosen:
            continue
        wanted = spec.playground.port + number
        port = _free_port((addresses[host], LOCALHOST), wanted, set(chosen.values()))
        if port != wanted:
            sink(Note(_moved(host, wanted, port, addresses[host]), "warning"))
        chosen[host] = port
    return tuple(chosen[host] for host in spec.proxy.hosts)


def _free_port(addresses: tuple[str, ...], wanted: int, chosen: set[int]) -> int:
    port = wanted
    while True:
        try:
            port = ports.first_free(addresses, port)
        except OSError as error:
            raise ChangeFailed(Problem("no-free-port", "error", f"the proxy needs a port: {error.strerror}")) from error
        if port not in chosen:
            return port
        port += 1


def _moved(host: str, wanted: int, port: int, address: str) -> str:
    taken = next((a for a in (address, LOCALHOST) if ports.is_taken(a, wanted)), LOCALHOST)
    return f"{taken}:{wanted} is taken by {ports.holder(taken, wanted)}: {host} listens on {port}"
