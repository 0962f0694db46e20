"""Clusters of every kind, for which tests/golden/desired keeps all that is wanted of their hosts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from corral.cluster_file.example import example_text
from corral.model.resources import Desired
from tests.unit.cluster_file.files import SMALL
from tests.unit.desired.desired_json import hosts_desired, playground_desired
from tests.unit.desired.real_clusters import PAIR, REFERENCE, changed

STEEDOS: Final = (Path(__file__).parents[3] / "examples" / "steedos" / "cluster.yaml").read_text()

TWO_PROXIES: Final = """\
name: twice
hosts: {front-1: 10.0.0.1, front-2: 10.0.0.2, app-1: 10.0.0.11, app-2: app-2.example.com, db-1: "fd00::21"}
proxy: {hosts: [front-1, front-2], server_name: www.example.com, balance: {hash: $http_x_user_id}}
app:
  command: [node, "my main.js"]
  directory: web
  version: "2.0"
  hosts: [app-1, app-2]
  instances: 3
  workers: {instances: 2, command: node worker.js, env: {QUEUE: mail}, health: none}
  env: {GREETING: "It's $5 for \\"you\\"", WHERE: "${corral:HOST}:${corral:PORT}"}
  storage: {path: /srv/files}
  stop: {signal: INT, timeout: 20s, drain: 5s}
  start_at_once: 2
database: {members: [db-1], port: 27027, cache_size: 1G, parameters: {ttlMonitorSleepSecs: 30}}
playground: {port: 9000}
"""

FAILOVER: Final = changed(
    REFERENCE,
    ("proxy: {hosts: [proxy-100]", "proxy: {virtual_ip: 192.168.0.99, hosts: [proxy-100, time-123]"),
    ("image: example.com/shop:1.22.2", 'image: example.com/shop:1.22.2\n  version: "1.22.2"\n  start_at_once: 1'),
)
"""The reference cluster with containers, and an address that moves between two proxies."""

UNAIDED: Final = """\
name: own
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3, four: db.example.com}
proxy: {hosts: [one], port: 8080, install: none}
app: {image: "example.com/own:3", hosts: [two], instances: 2, install: none}
database:
  members: {one: {}, two: {votes: 0, priority: 0}, three: {arbiter: true}, four: {}}
  install: none
  tune: false
time: {servers: [one], upstream: [ntp.example.com], install: none}
"""
"""Everything is on the hosts already, programs at places of their own."""

ARCHIVES: Final = changed(
    UNAIDED,
    ("port: 8080, install: none", f"install: {{archive: nginx.tgz, sha256: {'a' * 64}, version: 1.31.3}}"),
    ("  install: none\n  tune: false", f"  install: {{archive: m.tgz, sha256: {'c' * 64}, version: 7.0.14}}"),
)
"""The same, but nginx and mongod are brought."""

IPV6: Final = changed(
    PAIR,
    ("10.0.0.1, two: 10.0.0.2, three: 10.0.0.3", '"fd00::1", two: "fd00::2", three: "fd00::3"'),
    ("address: 10.0.0.9", "address: fd00::9"),
)

OLD_NGINX: Final = (1, 22, 1)
NEW_NGINX: Final = (1, 31, 3)
_HELD_TWICE: Final = frozenset({"app-1-5040", "app-2-5041"})
_HELD_SHOP: Final = frozenset({"app-108-5040", "app-208-5041"})

CASES: Final[dict[str, Callable[[], Desired]]] = {
    "playground-example": partial(playground_desired, example_text()),
    "playground-steedos-1.22": partial(playground_desired, STEEDOS, OLD_NGINX),
    "playground-steedos-1.31": partial(playground_desired, STEEDOS, NEW_NGINX),
    "playground-two-proxies": partial(playground_desired, TWO_PROXIES),
    "playground-two-proxies-held-back": partial(playground_desired, TWO_PROXIES, held_back=_HELD_TWICE),
    "playground-minimal": partial(playground_desired, SMALL),
    "hosts-compose": partial(hosts_desired, FAILOVER),
    "hosts-compose-held-back": partial(hosts_desired, FAILOVER, _HELD_SHOP),
    "hosts-compose-rhel": partial(hosts_desired, REFERENCE, family="rhel", nginx_version=(1, 20, 1)),
    "hosts-compose-bare": partial(hosts_desired, REFERENCE, nginx_version=None, mongod_version=None),
    "hosts-systemd": partial(hosts_desired, PAIR, nginx_version=NEW_NGINX, mongod_version=(8, 0, 4)),
    "hosts-systemd-held-back": partial(hosts_desired, PAIR, frozenset({"one-5040", "two-5040"})),
    "hosts-systemd-ipv6": partial(hosts_desired, IPV6, nginx_version=NEW_NGINX, mongod_version=(8, 0, 4)),
    "hosts-install-none": partial(
        hosts_desired, UNAIDED, nginx_path="/usr/local/sbin/nginx", mongod_path="/srv/mongodb/bin/mongod"
    ),
    "hosts-archives": partial(hosts_desired, ARCHIVES),
}
