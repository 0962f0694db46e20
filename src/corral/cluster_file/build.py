"""From the cluster file to the model: every name, port and variable that is derived rather than written."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import Final, NamedTuple

from corral.cluster_file.addresses import is_served, url_endpoint, url_host, wrong_server_name
from corral.cluster_file.app import Health
from corral.cluster_file.at_once import CORES
from corral.cluster_file.ports import web_places, worker_places
from corral.cluster_file.schema import Spec
from corral.cluster_file.variables import resolved
from corral.model.cluster import (
    Ability,
    Application,
    Cluster,
    Database,
    HealthCheck,
    Host,
    Install,
    Instance,
    Layout,
    Member,
    Proxy,
    Role,
    TimeService,
    VirtualIp,
    Websocket,
)
from corral.model.connection import mongo_url, oplog_url
from corral.model.endpoint import Endpoint
from corral.model.headers import HOST, PROTO, Headers, laid_over
from corral.model.identity import instance_id

ALL_ABILITIES: Final[frozenset[Ability]] = frozenset(("packages", "time", "accounts", "virtual_ip"))


@dataclass(frozen=True)
class Placement:
    """Where a cluster lives: what differs between the playground and real hosts.

    `addresses`, `layouts`: by host name; `proxy_ports`: in the order of proxy.hosts. `url` is where people
    reach the application, whatever the file says; derived when empty. `storage` stands in for app.storage.path where
    the file has one. `cache_size` and `oplog_size` hold where the file has none.
    """

    addresses: Mapping[str, str]
    layouts: Mapping[str, Layout]
    proxy_ports: tuple[int, ...]
    extra_addresses: tuple[str, ...] = ()
    url: str = ""
    storage: PurePosixPath | None = None
    cache_size: int | None = None
    oplog_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    real: bool = False
    """Whether these are machines of their own, with runtimes and installations as the file says."""
    abilities: frozenset[Ability] = frozenset()


def direct_layout(cluster: str) -> Layout:
    """Directories of `cluster` where Linux has them."""
    data = PurePosixPath("/var/lib/corral", cluster)
    return Layout(
        config=PurePosixPath("/etc/corral", cluster),
        data=data,
        logs=PurePosixPath("/var/log/corral", cluster),
        run=data / "run",  # nginx keeps large bodies there: /run is memory
        state=data / "state",
    )


def direct_placement(spec: Spec) -> Placement:
    """Real hosts: the addresses in the file."""
    return Placement(
        addresses={name: host.address for name, host in spec.hosts.items()},
        layouts=dict.fromkeys(spec.hosts, direct_layout(spec.name)),
        proxy_ports=(spec.proxy.port,) * len(spec.proxy.hosts),
        real=True,
        abilities=ALL_ABILITIES,
    )


def build(spec: Spec, placement: Placement, directory: PurePath, source: str = "") -> Cluster:
    """The cluster that `spec` (completed, as `corral.cluster_file.parse` gives it) describes, placed.

    `directory` is where a relative app.directory starts; `source` is the file as the user named it.
    """
    hosts = {
        name: Host(name, placement.addresses[name], host.address, placement.layouts[name])
        for name, host in spec.hosts.items()
    }
    url = placement.url or spec.app.env.get("ROOT_URL") or _by_name_or_address(spec, placement).short_url
    database = _database(spec, placement, hosts, directory)
    return Cluster(
        name=spec.name,
        hosts=tuple(hosts.values()),
        proxy=_proxy(spec, placement, hosts, directory),
        app=_app(spec, placement, hosts, _Derived(url, database), directory),
        database=database,
        time=TimeService(tuple(hosts[name] for name in spec.time.servers), spec.time.upstream, spec.time.install),
        url=url,
        source=source,
        abilities=placement.abilities,
    )


class _Derived(NamedTuple):
    """What the instances' variables are made from."""

    url: str
    database: Database


def _app(
    spec: Spec, placement: Placement, hosts: Mapping[str, Host], derived: _Derived, directory: PurePath
) -> Application:
    app = spec.app
    source = partial(beside, directory)
    storage = (placement.storage or PurePosixPath(app.storage.path)) if app.storage.path else None
    variables = {
        "VERSION": app.version,
        **({"STORAGE": str(storage)} if storage else {}),
        "ROOT_URL": derived.url,
        "MONGO_URL": mongo_url(derived.database),
        "MONGO_OPLOG_URL": oplog_url(derived.database),
    }
    return Application(
        directory=PurePosixPath(app.directory if placement.real else source(app.directory)),
        runtime=app.runtime if placement.real else "process",
        image=app.image,
        image_source=source(app.image_archive) if app.image_archive else "",
        release=_install(app.release, directory),
        install=app.install,
        version=app.version,
        stop_signal=app.stop.signal,
        stop_timeout=app.stop.timeout,
        drain=app.stop.drain,
        websocket=Websocket(**app.websocket.model_dump()) if app.websocket else None,
        storage=storage,
        start_at_once="cores" if app.start_at_once == CORES else app.start_at_once,
        start_time=app.start_time,
        memory=app.memory,
        next=resolved(app.next, variables),
        instances=_instances(spec, placement, hosts, variables),
    )


def beside(directory: PurePath, path: str) -> str:
    """`path` as the cluster file means it: a relative one starts at that file's directory."""
    return posixpath.normpath(posixpath.join(str(directory), path))


def _install(install: Install, directory: PurePath) -> Install:
    return replace(install, source=beside(directory, install.source)) if install.source else install


def _placed(install: Install, placement: Placement, directory: PurePath) -> Install:
    """Where programs can't be installed, the machine's own do."""
    return _install(install, directory) if "packages" in placement.abilities else Install("none")


def _by_name_or_address(spec: Spec, placement: Placement) -> Endpoint:
    """By the first server name that a browser can be given, else by the address that moves, or the first proxy's."""
    virtual = spec.proxy.virtual_ip if placement.real else None
    address = virtual.address if virtual else placement.addresses[spec.proxy.hosts[0]]
    return Endpoint("http", _plain_name(spec) or address, placement.proxy_ports[0])


def _plain_name(spec: Spec) -> str:
    names = [name for name in spec.proxy.server_name.split() if name != "_" and "*" not in name]
    return names[0].removeprefix(".") if names else ""


def _as_a_visitor(spec: Spec, placement: Placement) -> Headers:
    """What a request from where people reach the application has, when it comes to an instance through the proxy.

    Where neither a URL nor a server name is written, whatever is asked is asked by its own address. A host that a proxy
    can't be given as a name is not asked for: it would be refused.
    """
    at = url_endpoint(placement.url or spec.app.env.get("ROOT_URL", ""))
    scheme = at.scheme if at else "http"
    if at is None or wrong_server_name(at.address):
        at = _by_name_or_address(spec, placement) if _plain_name(spec) else None
    return (*(((HOST, at.short_netloc),) if at else ()), (PROTO, scheme))


def _proxy(spec: Spec, placement: Placement, hosts: Mapping[str, Host], directory: PurePath) -> Proxy:
    proxy = spec.proxy
    virtual = proxy.virtual_ip
    return Proxy(
        hosts=tuple(hosts[name] for name in proxy.hosts),
        ports=placement.proxy_ports,
        extra_addresses=placement.extra_addresses,
        server_name=_served(spec),
        balance=proxy.balance.method,
        hash_key=proxy.balance.key,
        max_body_size=proxy.max_body_size,
        buffer_size=proxy.buffer_size,
        read_timeout=proxy.read_timeout,
        websocket_timeout=proxy.websocket_timeout,
        shutdown_timeout=proxy.shutdown_timeout,
        max_fails=proxy.max_fails,
        fail_timeout=proxy.fail_timeout,
        keepalive=proxy.keepalive,
        keepalive_idle=proxy.keepalive_idle,
        header_size=proxy.header_size,
        header_underscores=proxy.header_underscores,
        real_ip_from=proxy.real_ip_from,
        real_ip_header=proxy.real_ip_header,
        outer_headers=proxy.outer_headers,
        not_found=proxy.not_found,
        unbuffered=proxy.unbuffered,
        virtual_ip=VirtualIp(virtual.address, virtual.interface, virtual.router_id) if virtual else None,
        install=_placed(proxy.install, placement, directory),
    )


def _served(spec: Spec) -> str:
    """The names of the file, and ROOT_URL's, by which the application sends people back."""
    names, host = spec.proxy.server_name, url_host(spec.app.env.get("ROOT_URL", ""))
    return names if not host or is_served(names, host) or wrong_server_name(host) else f"{names} {host}"


def _database(spec: Spec, placement: Placement, hosts: Mapping[str, Host], directory: PurePath) -> Database:
    database = spec.database
    return Database(
        replica_set=database.replica_set,
        name=database.name,
        members=tuple(
            Member(hosts[name], database.port, member.priority, member.votes, member.arbiter)
            for name, member in database.members.items()
        ),
        election_timeout=database.election_timeout,
        heartbeat_interval=database.heartbeat_interval,
        cache_size=database.cache_size or placement.cache_size,
        oplog_size=database.oplog_size or placement.oplog_size,
        parameters=tuple({**placement.parameters, **database.parameters}.items()),
        directory=PurePosixPath(database.directory) if database.directory and placement.real else None,
        install=_placed(database.install, placement, directory),
        tune=database.tune,
    )


def _instances(
    spec: Spec, placement: Placement, hosts: Mapping[str, Host], variables: Mapping[str, str]
) -> tuple[Instance, ...]:
    """The web instances host by host, then the workers."""
    app, workers = spec.app, spec.app.workers
    fixed = ("ROOT_URL",) if placement.url else ()  # what the file can't change here
    asked = _as_a_visitor(spec, placement)

    def instance(host: str, port: int, role: Role) -> Instance:
        web = role == "web"
        name = instance_id(host, port, role).name
        own = {"PORT": str(port), "HOST": hosts[host].address, "INSTANCE": name, "ROLE": role}
        derived = {**own, **variables}
        written = {**app.env, **({} if web else workers.env)}
        environment = derived | {key: resolved(value, derived) for key, value in written.items() if key not in fixed}
        return Instance(
            name=name,
            host=hosts[host],
            port=port,
            role=role,
            command=tuple(resolved(word, derived) for word in (app.command if web else workers.command)),
            environment=tuple(environment.items()),
            health=_health(app.health if web else workers.health, asked),
        )

    return (
        *(instance(host, port, "web") for host, port in web_places(spec)),
        *(instance(host, port, "worker") for host, port in worker_places(spec)),
    )


def _health(health: Health | str | None, asked: Headers) -> HealthCheck | None:
    if not isinstance(health, Health):
        return None
    values = health.model_dump()
    return HealthCheck(**{**values, "headers": laid_over(asked, tuple(health.headers.items()))})
