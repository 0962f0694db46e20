"""Records what a real `corral apply` leaves on real hosts: the answers that tests/unit/takeover reads.

    python -m tests.unit.takeover.record_hosts DIRECTORY

It starts a lab for each cluster (see lab/README.md: root, some minutes) and takes it down again. What is in data/ is
what an earlier Corral has left, so it is never recorded anew: a new recording is another directory beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from corral.cluster_file.parse import load_file
from corral.observe.machine_script import script_of
from corral.observe.question import question_of
from corral.operate.connections import known_secrets, open_hosts
from tests.lab.harness import LabCluster, Spec, archive, change, made, mongod, noticeboard, running

OUTSIDE: Final = {"LICENCE": 'it\'s a "licence" of $5 & 100%'}
"""What the instances are given from outside the cluster file: it goes into their revisions in a way of its own."""
_APPS: Final = ("app-108", "app-208")
_ENVIRONMENT: Final = {"GREETING": 'It\'s $5 for "you"', "LICENCE": "${env:LICENCE}"}


def clusters() -> dict[str, Spec]:
    """By the directory that they are recorded in: the reference cluster as examples/lab has it, and one that has
    systemd, archives and an address between two proxies instead."""
    members: dict[str, Spec] = {"db-216": {"priority": 2}, "db-217": {}, "db-218": {}}
    containers = noticeboard("compose", _APPS, instances=5, workers={"instances": 1}, env=_ENVIRONMENT)
    services = noticeboard("systemd", _APPS, instances=2, workers={"instances": 1}, env=_ENVIRONMENT)
    nginx = archive("nginx-1.31.3.tar", version="1.31.3")
    return {
        "compose": {
            "proxy": {"hosts": ["proxy-100"]},
            "app": containers,
            "database": mongod(members),
            "time": {"servers": ["time-123", "db-216"]},
        },
        "systemd": {
            "proxy": {"hosts": ["proxy-100", "time-123"], "virtual_ip": "10.118.0.10", "install": nginx},
            "app": {**services, "storage": {"path": "/srv/board"}, "stop": {"timeout": "5s"}},
            "database": {**mongod(members), "directory": "/srv/mongodb"},
            "time": {"servers": ["time-123", "db-216"]},
        },
    }


def record(into: Path) -> None:
    for name, sections in clusters().items():
        with running("corral-takeover", "10.118.0", ()) as lab, tempfile.TemporaryDirectory() as directory:
            cluster = made(lab, Path(directory), "board", **sections)
            cluster.environment.update(OUTSIDE)
            cluster.apply()
            cluster.assert_settled()
            _write(into / name, cluster)


def _write(into: Path, cluster: LabCluster) -> None:
    into.mkdir(parents=True)
    with (into / "cluster.yaml").open("w") as file:
        YAML().dump(without_places(cluster.spec), file)
    values = cluster.secrets() | {f"env:{name}": value for name, value in OUTSIDE.items()}
    (into / "secrets.json").write_text(json.dumps(values, indent=1) + "\n")
    for host, answer in asyncio.run(_answers(cluster)).items():
        (into / f"{host}.out").write_bytes(answer)


def without_places(spec: Spec) -> Spec:
    """The cluster file with nothing of this checkout: archives lie beside it, and how hosts are reached is left out."""
    spec = change(spec, ssh=None)
    return {key: _bare(value) for key, value in spec.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: Path(inner).name if "archive" in key and isinstance(inner, str) else _bare(inner)
            for key, inner in value.items()
        }
    return value


async def _answers(cluster: LabCluster) -> dict[str, bytes]:
    """What each host answers to the question that every `plan` begins with."""
    loaded = load_file(cluster.file)
    async with open_hosts(loaded, known_secrets(loaded)) as site:
        hosts = site.cluster.hosts
        scripts = [script_of(question_of(site.cluster, host)) for host in hosts]
        told = await asyncio.gather(
            *(site.transport.run(host.name, script) for host, script in zip(hosts, scripts, strict=True))
        )
    assert all(answer.code == 0 for answer in told), [answer.error for answer in told]
    return {host.name: _anyones(answer.stdout) for host, answer in zip(hosts, told, strict=True)}


def _anyones(answer: bytes) -> bytes:
    """The lab's hosts have this machine's kernel; Debian's stands in."""
    return answer.replace(os.uname().release.encode(), b"6.1.0-28-amd64")


if __name__ == "__main__":
    os.environ.update(OUTSIDE)
    record(Path(sys.argv[1]))
