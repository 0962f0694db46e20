"""Two clusters on real hosts, and what is known of these: the reference cluster, and one of pairs.

The first runs containers and the distribution's packages; the second systemd, archives, MongoDB 8, two proxies with an
address between them, and its hosts have several parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import load_text
from corral.desired.assemble import assemble
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.cluster import Cluster
from corral.model.resources import Desired, Directory, File, HostFacts, Unit

REFERENCE = """\
name: shop
hosts:
  proxy-100: 192.168.0.100
  app-108: 192.168.0.108
  app-208: 192.168.0.208
  db-216: 192.168.0.216
  db-217: 192.168.0.217
  db-218: 192.168.0.218
  time-123: 192.168.0.123
proxy: {hosts: [proxy-100], server_name: shop.example.com}
app:
  runtime: compose
  image: example.com/shop:1.22.2
  image_archive: shop.tar
  hosts: [app-108, app-208]
  instances: 2
  workers: {instances: 1, command: "node worker.js", health: none}
  env: {GREETING: "It's $5 for \\"you\\"", ROOT_URL: "https://shop.example.com/"}
  storage: {path: /srv/shop/storage}
  stop: {signal: INT, timeout: 20s, drain: 5s}
database: {members: {db-216: {priority: 2}, db-217: {}, db-218: {}}, cache_size: 1G}
time: {servers: [time-123, proxy-100], upstream: [ntp.aliyun.com, 0.pool.ntp.org]}
"""

PAIR = (
    """\
name: pair
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
proxy:
  hosts: [one, two]
  virtual_ip: {address: 10.0.0.9, router_id: 7}
  install: {archive: nginx.tgz, sha256: NGINX, version: "1.31.3"}
app:
  runtime: systemd
  release: {archive: app.tgz, sha256: RELEASE}
  directory: web
  command: node main.js
  hosts: [one, two]
  instances: 1
  env: {GREETING: "It's $5 for \\"you\\"", KEY: "${env:KEY}"}
  storage: {path: "/srv/100% mine"}
  stop: {timeout: 500ms}
  start_at_once: cores
database:
  members: [one, two, three]
  directory: /data/mongo
  install: {archive: mongodb.tgz, sha256: MONGOD, version: "8.0.4"}
time: {servers: [one, two]}
""".replace("NGINX", "a" * 64)
    .replace("RELEASE", "b" * 64)
    .replace("MONGOD", "c" * 64)
)


def cluster_of(text: str) -> Cluster:
    loaded = load_text(text)
    return build(loaded.spec, direct_placement(loaded.spec), PurePosixPath("/srv/mine"))


def facts_of(cluster: Cluster, **changes: Any) -> dict[str, HostFacts]:
    """A Debian 12 with its own nginx and a mongod 6.0, each host a machine of its own with four cores."""
    known: dict[str, Any] = {
        "nginx_version": (1, 22, 1),
        "nginx_path": "/usr/sbin/nginx",
        "mongod_version": (6, 0, 5),
        "mongod_path": "/usr/bin/mongod",
        "interface": "eth0",
        "cores": 4,
        **changes,
    }
    return {host.name: HostFacts(host.name, machine=host.name, **known) for host in cluster.hosts}


def wanted(text: str, held_back: frozenset[str] = frozenset(), **changes: Any) -> Desired:
    cluster = cluster_of(text)
    return assemble(cluster, facts_of(cluster, **changes), SystemdKeeper(cluster), held_back)


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text, f"{old!r} is not in the file"
        text = text.replace(old, new, 1)
    return text


def file_at(desired: Desired, host: str, path: str) -> File:
    return {(file.host, file.path): file for file in desired.files}[host, path]


def directory_at(desired: Desired, host: str, path: str) -> Directory:
    return {(each.host, each.path): each for each in desired.directories}[host, path]


def units_of(desired: Desired) -> Mapping[str, Unit]:
    return {unit.name: unit for unit in desired.units}
