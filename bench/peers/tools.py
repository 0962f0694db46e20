"""The three tools, each with its run that changes nothing, its look without changing, and how to read what they say."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
VENV = HERE.parent / ".venv"
"""Of pyinfra and Ansible, apart from Corral's."""


class Ran(NamedTuple):
    """`processor` is what the tool and its children took of this machine, in seconds; the hosts' part isn't in it."""

    seconds: float
    processor: float
    code: int
    said: str


@dataclass(frozen=True)
class Tool:
    """`apply` is run where all is in place, `look` finds what isn't; `changes` reads how many there were."""

    name: str
    apply: tuple[str, ...]
    look: tuple[str, ...]
    changes: Callable[[str], int]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: tuple[str, ...]) -> Ran:
        """Without a terminal, which Ansible would take from us. A Ctrl-C is handed on, and its end waited for."""
        environment = {**os.environ, **self.environment, "NO_COLOR": "1", "COLUMNS": "300"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # no user compiles a tool at each run
        before, started = os.times(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said = process.communicate()[0]
        except BaseException:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
            raise
        seconds, after = time.perf_counter() - started, os.times()
        processor = (after.children_user - before.children_user) + (after.children_system - before.children_system)
        return Ran(seconds, processor, process.returncode, said)

    def unchanged(self) -> Ran:
        """Ends the benchmark when the run failed, or changed something."""
        ran = self.run(self.apply)
        if ran.code != 0 or self.changes(ran.said) != 0:
            sys.exit(f"{self.name} was to find nothing to change:\n{ran.said}")
        return ran

    def found(self) -> int:
        """How many changes it would make. Ends the benchmark when it can't tell."""
        ran = self.run(self.look)
        try:
            return self.changes(ran.said)
        except ValueError as error:
            sys.exit(f"{self.name}: {error}:\n{ran.said}")


def corral(cluster_file: Path) -> Tool:
    program = str(Path(sys.executable).parent / "corral")
    file = ("-f", str(cluster_file))
    return Tool("corral", (program, *file, "apply", "--yes"), (program, *file, "plan"), _corral_changes)


def pyinfra(hosts: Path) -> Tool:
    """With -y it goes through its operations once, else twice: to show what would change, and to do it."""
    program, files = str(VENV / "bin" / "pyinfra"), ("inventory.py", "deploy.py")
    environment = {"CORRAL_BENCH_HOSTS": str(hosts)}
    return Tool("pyinfra", (program, "-y", *files), (program, "--dry", *files), _pyinfra_changes, environment)


def ansible(hosts: Path) -> Tool:
    """Its connections outlive a run by ten minutes: close_connections() ends them."""
    inventory, sockets = hosts.with_name("inventory.json"), hosts.with_name("ssh")
    sockets.mkdir(exist_ok=True)
    rows = {host["name"]: _ansible_host(host) for host in json.loads(hosts.read_text())}
    inventory.write_text(json.dumps({"all": {"hosts": rows}}))
    command = (str(VENV / "bin" / "ansible-playbook"), "-i", str(inventory), "site.yml")
    environment = {
        "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_HOME": str(hosts.with_name("ansible")),
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    return Tool("ansible", command, (*command, "--check"), _ansible_changes, environment)


def close_connections(hosts: Path) -> None:
    for socket in hosts.with_name("ssh").iterdir():
        subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "x"], capture_output=True, check=True)


def install_peers() -> None:
    """pyinfra and Ansible, of the versions that are pinned; nothing when they are there."""
    wanted = (HERE / "requirements.txt").read_text()
    mark = VENV / "requirements.txt"
    if mark.is_file() and mark.read_text() == wanted:
        return
    print(f"installing pyinfra and Ansible into {VENV}")
    venv.create(VENV, with_pip=True, clear=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    subprocess.run([*pip, "--require-hashes", "-r", str(HERE / "requirements.txt")], check=True)
    mark.write_text(wanted)


def _ansible_host(host: Mapping[str, str]) -> dict[str, object]:
    return {
        "wanted": host,
        "ansible_host": host["address"],
        "ansible_user": host["user"],
        "ansible_ssh_private_key_file": host["key"],
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={host['known_hosts']}",
    }


def _corral_changes(said: str) -> int:
    """By the last line of `apply`, or that of `plan`."""
    if re.search(r"nothing to change|nothing would change", said):
        return 0
    found = re.search(r"(\d+) changes? on \d+ hosts?", said)
    if found is None:
        raise ValueError("it says no number of changes")
    return int(found[1])


def _pyinfra_changes(said: str) -> int:
    """By the last row of its results; before them, by the rows of what it has detected."""
    total = re.search(r"Grand total +\d+ +(\d+|-) +(\d+|-)", said)
    if total:
        return sum(int(number) for number in total.groups() if number != "-")
    _, detected, table = said.partition("--> Detected changes:")
    if not detected:
        raise ValueError("it has neither results nor detected changes")
    return sum(int(number) for number in re.findall(r"  (\d+) \([a-z0-9, -]+\)", table))


def _ansible_changes(said: str) -> int:
    """Of all hosts; a failed one is no answer."""
    recap = re.findall(r"changed=(\d+) +unreachable=(\d+) +failed=(\d+)", said)
    if not recap or any(int(row[1]) or int(row[2]) for row in recap):
        raise ValueError("a host failed, or none was asked")
    return sum(int(row[0]) for row in recap)
