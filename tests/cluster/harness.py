"""A cluster of its own for a test: own name, own addresses, own directories, and an end whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

from corral.units import orphans
from tests.free_addresses import free_network, unique_name
from tests.patience import PATIENCE, until

__all__ = ["SMALL", "TINY", "TestCluster", "make_cluster", "until"]

CORRAL = Path(sys.executable).parent / "corral"
A_RUN: Final = 3 * PATIENCE
"""Seconds for a run that starts or stops a whole cluster."""
TINY_APP = Path(__file__).with_name("tiny_app.py")

SMALL = """\
name: {name}
hosts: {{p: 10.0.0.1, a: 10.0.0.2, b: 10.0.0.3, d1: 10.0.0.4, d2: 10.0.0.5, d3: 10.0.0.6}}
proxy: {{hosts: [p]}}
app:
  command: corral-noticeboard
  hosts: [a, b]
  instances: 2
  version: "1.0"
  websocket: /ws
  health: {{contains: ok, timeout: 10s, start_timeout: 5m}}
  workers: {{instances: 1}}
database:
  members: {{d1: {{priority: 2}}, d2: {{}}, d3: {{}}}}
  election_timeout: 4s
  heartbeat_interval: 1s
playground: {{network: {network}.0.0/16, port: {port}}}
"""
"""Two hosts with two instances of noticeboard each, a worker, three members."""

TINY = """\
name: {name}
hosts: {{p: 10.0.0.1, a: 10.0.0.2, d: 10.0.0.4}}
proxy: {{hosts: [p]}}
app:
  command: [{python}, {tiny_app}]
  hosts: [a]
  instances: 2
  version: "1.0"
  health: {{path: /health, contains: fine, start_timeout: 2m}}
  env: {{}}
database: {{members: [d]}}
playground: {{network: {network}.0.0/16, port: {port}}}
"""
"""Two instances of a program of thirty lines, one member: what a test of Corral itself needs."""


@dataclass
class TestCluster:
    """The command `corral` on a cluster file in `directory`, with a state directory of its own."""

    __test__ = False
    directory: Path
    name: str
    network: str
    environment: dict[str, str]
    text: str

    def __post_init__(self) -> None:
        self.file.write_text(self.text)

    @property
    def file(self) -> Path:
        return self.directory / "cluster.yaml"

    @property
    def root(self) -> Path:
        return self.directory / "state" / "corral" / self.name

    def run(self, *arguments: str, code: int = 0, timeout: float = A_RUN) -> subprocess.CompletedProcess[str]:
        """`corral` with `arguments` on this cluster's file; fails the test when it ends with another code."""
        done = subprocess.run(
            [CORRAL, "-f", str(self.file), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=self.directory,
        )
        assert done.returncode == code, f"exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [CORRAL, "-f", str(self.file), *arguments],
            env=self.environment,
            text=True,
            cwd=self.directory,
            **options,
        )

    def up(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.run("up", "--detach", "--format", "json").stdout)
        return result

    def status(self) -> dict[str, Any]:
        """Whatever it says: its exit code is another test's matter."""
        done = subprocess.run(
            [CORRAL, "-f", str(self.file), "status", "--format", "json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def pids(self) -> dict[str, int]:
        """Process ids by instance name and database host."""
        status = self.status()
        rows = {row["name"]: row["pid"] for row in status["instances"]}
        return rows | {row["host"]: row["pid"] for row in status["database"]["members"]}

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))

    def give_up_soon(self) -> int:
        """Instances of TINY's that don't get well are given up after so many seconds: on this machine and now they are
        ten times what one that is well needs to begin."""
        began = time.monotonic()
        subprocess.run(
            [sys.executable, TINY_APP], env=self.environment | {"MODE": "die"}, check=False, capture_output=True
        )
        seconds = max(3, ceil(10 * (time.monotonic() - began)))
        self.edit("start_timeout: 2m", f"start_timeout: {seconds}s")
        return seconds

    def processes(self) -> frozenset[int]:
        return orphans.processes_of(self.root)

    def end(self) -> None:
        """Stop and delete by the file as it was first; then nothing may be left."""
        self.file.write_text(self.text)
        done = subprocess.run(
            [CORRAL, "-f", str(self.file), "down", "--purge", "--yes"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=A_RUN,
            check=False,
        )
        left = self.processes()
        for pid in left:
            os.kill(pid, 9)
        assert done.returncode == 0, done.stderr
        assert not left


def make_cluster(directory: Path, template: str) -> TestCluster:
    name, network = unique_name(), free_network()
    port = 20000 + int(network.split(".")[1]) * 40
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(directory / "state"),
        "NO_COLOR": "1",
        "COLUMNS": "160",
    }
    text = template.format(name=name, network=network, port=port, python=sys.executable, tiny_app=TINY_APP)
    return TestCluster(directory, name, network, environment, text)
