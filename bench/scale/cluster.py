"""A cluster file of any number of hosts, with ten instances on each."""

from __future__ import annotations

import hashlib
from pathlib import Path

INSTANCES = 10
"""On each host."""
IMAGE = "noticeboard:1.0"


def names(hosts: int) -> list[str]:
    return [f"host-{number:04}" for number in range(1, hosts + 1)]


def address(number: int) -> str:
    """Of the host with this number, which counts from 1."""
    return f"10.20.{number // 250}.{number % 250 + 1}"


def write_cluster(directory: Path, hosts: int, version: str = "1.0") -> Path:
    """cluster.yaml and the archive that it names: two proxies, three database members, two time servers, all of them
    hosts that run instances too."""
    archive = directory / "mongodb.tar"
    archive.write_bytes(b"")
    named = names(hosts)
    addresses = "".join(f"  {name}: {address(number)}\n" for number, name in enumerate(named, 1))
    path = directory / "cluster.yaml"
    path.write_text(f"""\
name: scale
hosts:
{addresses}\
ssh: {{user: deploy, sudo: true}}
proxy:
  hosts: [{named[0]}, {named[1]}]
  virtual_ip: 10.20.200.1
app:
  runtime: compose
  image: {IMAGE}
  version: "{version}"
  hosts: [{", ".join(named)}]
  instances: {INSTANCES}
  workers: {{instances: 1}}
  health: {{path: /health, contains: ok}}
  stop: {{drain: 10s}}
database:
  members: {{{named[2]}: {{priority: 2}}, {named[3]}: {{}}, {named[4]}: {{}}}}
  install:
    archive: {archive}
    sha256: {hashlib.sha256(b"").hexdigest()}
    version: "6.0.5"
time:
  servers: [{named[0]}, {named[1]}]
""")
    return path
