"""What machine.sh wrote on Debian 12 hosts, and the files that they were asked for.

`app-208`: instances under docker-compose 1.29, one of which keeps dying and one of which compose could not start, and a
stranger's container on a port of the cluster. `one`: a mongod (played by another program) and instances under systemd,
nginx.service on port 80, a stranger on 5041, another cluster's unit, chronyd. `rootless`: `one`, asked by an account
without root, when all was stopped again.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from corral.model.cluster import Cluster
from corral.model.machine import Machine
from corral.observe.machine_parse import machine_in
from corral.observe.question import question_of
from corral.secrets import Secret, Secrets
from tests.unit.plan.cluster_of import cluster_of

COMPOSE = """\
name: obs
hosts:
  proxy-100: 10.108.0.100
  app-108: 10.108.0.108
  app-208: 10.108.0.208
  db-216: 10.108.0.216
  db-217: 10.108.0.217
  db-218: 10.108.0.218
proxy: {hosts: [proxy-100]}
app: {image: "obs-tiny:1", runtime: compose, hosts: [app-108, app-208], instances: 3}
database: {members: [db-216, db-217, db-218]}
time: {servers: [proxy-100, db-216]}
"""

SYSTEMD = """\
name: obs
hosts: {one: 10.108.0.218, two: db-217, three: 10.108.0.216}
proxy: {hosts: [one]}
app: {command: serve, runtime: systemd, directory: /srv/app, hosts: [one], instances: 2}
database: {members: [one, two, three]}
time: {servers: [one, two]}
"""

SECRETS: Secrets = {"probe": Secret("s3cretpassword")}


def stdout(name: str) -> bytes:
    return (Path(__file__).parent / "data" / f"{name}.out").read_bytes()


def with_files(told: bytes, files: Mapping[str, str]) -> bytes:
    """`told` with these files of root's in place of its own."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.uname = len(content.encode()), "root"
            archive.addfile(entry, io.BytesIO(content.encode()))
    return told[: told.index(b"\036files\n")] + b"\036files\n" + stream.getvalue()


def machine(text: str, host: str, name: str) -> tuple[Cluster, Machine]:
    """The cluster of the file `text`, and its `host` as it was recorded under `name`."""
    cluster = cluster_of(text)
    question = question_of(cluster, cluster.host_by_name[host])
    return cluster, machine_in(question, stdout(name), SECRETS)


def one() -> tuple[Cluster, Machine]:
    return machine(SYSTEMD, "one", "one")


def app_208() -> tuple[Cluster, Machine]:
    return machine(COMPOSE, "app-208", "app-208")
