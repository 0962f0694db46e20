"""A cluster on a lab's hosts for a test: own cluster file, own home, the real command, and a look at the hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from lab.hosts import Lab
from lab.places import STATE
from lab.recipe import Kind
from lab.table import table
from tests.patience import PATIENCE, until

__all__ = ["ARTIFACTS", "A_RUN", "LabCluster", "change", "made", "mongod", "running", "until"]

ARTIFACTS = STATE / "artifacts"
Spec = dict[str, Any]
A_RUN: Final = 5 * PATIENCE
"""Seconds for one run of Corral, or until all hosts have come to rest after one."""


@contextmanager
def running(name: str, subnet: str, hosts: Sequence[str], kind: Kind = "full") -> Iterator[Lab]:
    """A lab from nothing; away again whatever happens, unless it is to be kept."""
    lab = Lab(table(name, subnet, hosts))
    if not kept():
        lab.down()  # what a killed run has left
    try:
        lab.up(kind)
        yield lab
    finally:
        if not kept():
            lab.down()


def kept() -> Path | None:
    """For work on the tests: where CORRAL_TESTS_LABS names a directory, labs stay, with their clusters' files there."""
    directory = os.environ.get("CORRAL_TESTS_LABS")
    return Path(directory) if directory else None


def archive(name: str, **more: str) -> Spec:
    """`install` or `release` of a file that `python -m lab artifacts` makes."""
    path = ARTIFACTS / name
    sha256 = path.with_name(f"{name}.sha256").read_text().split()[0]
    return {"archive": str(path), "sha256": sha256, **more}


def mongod(members: Mapping[str, Spec], **more: Any) -> Spec:
    """The section `database`: elections of seconds, ends of seconds, caches that let all hosts share one machine."""
    return {
        "members": dict(members),
        "election_timeout": "4s",
        "heartbeat_interval": "1s",
        "cache_size": "256M",
        "oplog_size": "990M",
        "parameters": {"shutdownTimeoutMillisForSignaledShutdown": "2000"},
        "install": archive("mongodb-6.0.5.tar", version="6.0.5"),
        **more,
    }


def noticeboard(runtime: str, hosts: Sequence[str], **more: Any) -> Spec:
    """The section `app`: the example application, as containers (compose) or as services (systemd)."""
    containers = {"image": "noticeboard:1.0", "image_archive": str(ARTIFACTS / "noticeboard-image.tar")}
    services = {"release": archive("noticeboard.tar"), "command": "bin/noticeboard"}
    return {
        "runtime": runtime,
        **(containers if runtime == "compose" else services),
        "version": "1.0",
        "hosts": list(hosts),
        "health": {"path": "/health", "contains": "ok"},
        "websocket": "/ws",
        **more,
    }


def change(spec: Spec, **sections: Any) -> Spec:
    """A copy, in which each mapping is joined key by key; None takes a key away."""
    changed = dict(spec)
    for key, value in sections.items():
        if value is None:
            changed.pop(key, None)
        elif isinstance(value, dict) and isinstance(changed.get(key), dict):
            changed[key] = change(changed[key], **value)
        else:
            changed[key] = value
    return changed


@dataclass
class LabCluster:
    """The command `corral` on a cluster file in `directory`, whose hosts are those of `lab`.

    `spec` is what the file holds just now; `environment` is added to each call, with nothing of this user's own.
    """

    lab: Lab
    directory: Path
    spec: Spec
    environment: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def file(self) -> Path:
        return self.directory / "cluster.yaml"

    @property
    def store(self) -> Path:
        """What Corral keeps beside the file."""
        return self.directory / ".corral" / self.name

    @property
    def url(self) -> str:
        """Of the first proxy, or of the address that moves."""
        proxy = self.spec["proxy"]
        address = proxy.get("virtual_ip") or self.lab.addresses[proxy["hosts"][0]]
        address = address["address"] if isinstance(address, dict) else address
        return f"http://{address}:{proxy.get('port', 80)}"

    def write(self, spec: Spec) -> None:
        self.spec = spec
        with self.file.open("w") as file:
            YAML().dump(spec, file)

    def change(self, **sections: Any) -> None:
        """The cluster file, by what `change` makes of it."""
        self.write(change(self.spec, **sections))

    def run(self, *arguments: str, code: int = 0, timeout: float = A_RUN) -> subprocess.CompletedProcess[str]:
        """`corral` with `arguments` on this cluster's file; fails the test when it ends with another code."""
        done = subprocess.run(
            self._command(arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
        )
        said = f"corral {' '.join(arguments)}: exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
        assert done.returncode == code, said
        assert "Traceback" not in done.stderr, said
        return done

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(arguments), env=self.environment, text=True, cwd=self.directory, **options
        )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "corral", "-f", str(self.file), *arguments]

    def report(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """What the verb, which comes first, says with --format json."""
        result: dict[str, Any] = json.loads(self.run(*_as_json(arguments), code=code).stdout)
        return result

    def planned(self) -> list[dict[str, Any]]:
        """The actions of the plan that would be carried out now, in their order, each with its stage and wave."""
        return [
            {**action, "stage": stage["name"], "wave": number}
            for stage in self.report("plan")["stages"]
            for number, wave in enumerate(stage["waves"])
            for action in wave
        ]

    def apply(self, *more: str) -> dict[str, Any]:
        """Fails the test when the cluster isn't healthy after it."""
        return self.report("apply", "--yes", *more)

    def answer(self, *arguments: str) -> dict[str, Any]:
        """The same, whatever it says: its exit code is another test's matter."""
        done = subprocess.run(
            self._command(_as_json(arguments)),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
            timeout=A_RUN,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def status(self) -> dict[str, Any]:
        return self.answer("status")

    def until_verified(self, seconds: float = A_RUN) -> dict[str, dict[str, Any]]:
        """The checks of a `verify` that passes, by name and place: clocks take a minute until they are sure of it."""
        report = until(lambda: self.answer("verify"), lambda found: bool(found.get("passed")), seconds, pause=2)
        return {f"{check['name']} {check['where']}".strip(): check for check in report["checks"]}

    def until_healthy(self, seconds: float = A_RUN) -> dict[str, Any]:
        return until(self.status, lambda status: status.get("state") == "healthy", seconds=seconds, pause=0.5)

    def pids(self) -> dict[str, int]:
        """Main processes by instance, database host and proxy host."""
        status = self.status()
        found = {row["name"]: row["pid"] for row in status["instances"]}
        found |= {row["host"]: row["pid"] for row in status["database"]["members"]}
        return found | {host: self.nginx_pid(host) for host in self.spec["proxy"]["hosts"]}

    def nginx_pid(self, host: str) -> int:
        return int(self.property(host, f"corral-{self.name}-nginx.service", "MainPID"))

    def property(self, host: str, unit: str, name: str) -> str:
        """What systemd on the host says of a unit."""
        return self.on(host, "systemctl", "show", f"--property={name}", "--value", unit).strip()

    def runs(self) -> list[dict[str, Any]]:
        """The journal's summaries, the newest first."""
        found: list[dict[str, Any]] = self.report("journal")["runs"]
        return found

    def assert_settled(self) -> None:
        """Nothing is left to do: an empty plan, and an apply that changes nothing and writes no run down."""
        before = len(self.runs())
        assert self.report("plan", "--exit-code")["stages"] == []
        assert self.apply()["changed"] is False
        assert len(self.runs()) == before

    def secrets(self) -> dict[str, str]:
        """What Corral has made and keeps beside the file, where that is plain."""
        found: dict[str, str] = YAML(typ="safe").load(self.store / "secrets.yaml")
        return found

    def on(self, host: str, *command: str) -> str:
        """Not by ssh, so it works whatever Corral did."""
        return self.lab.execute(host, *command)

    def sh(self, host: str, script: str) -> str:
        return self.on(host, "sh", "-euc", script)

    def everywhere(self, look: Callable[[str], str]) -> dict[str, str]:
        return {host: look(host) for host in self.spec["hosts"]}


def _as_json(arguments: Sequence[str]) -> list[str]:
    verb, *more = arguments
    return [verb, "--format", "json", *more]


def made(lab: Lab, directory: Path, name: str, **sections: Any) -> LabCluster:
    """A cluster file for the lab's hosts, those that `sections` name or all of them; nothing is started."""
    hosts = sections.pop("hosts", dict(lab.addresses))
    ssh = {"user": "deploy", "sudo": True, "key": str(lab.key), "known_hosts": str(lab.known_hosts)}
    home = directory / "home"
    home.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "CORRAL_", "SSH_", "LC_"))}
    environment = {**kept, "HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "160"}
    cluster = LabCluster(lab, directory, {}, environment)
    cluster.write({"name": name, "hosts": hosts, "ssh": ssh, **sections})
    return cluster
