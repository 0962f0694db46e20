"""What each verb does. A lab that is there knows its own hosts; the table of the command line is for `up` alone."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Final

from lab import daemon, labs, lifecycle, machine
from lab.artifacts.make import make
from lab.docker import command
from lab.errors import LabError
from lab.hosts import Lab
from lab.processes import say
from lab.table import Table, table


def up(arguments: Namespace) -> int:
    lab = Lab(table(arguments.name, arguments.subnet, arguments.hosts))
    lab.up("base" if arguments.bare else "full")
    say(f"ssh -F {lab.ssh_config} {lab.table.hosts[0].name}")
    return 0


def down(arguments: Namespace) -> int:
    lifecycle.take_down(arguments.name, purge_images=arguments.purge_images)
    return 0


def status(_arguments: Namespace) -> int:
    machine.require_root()
    found = labs.everything() if daemon.answers() else []
    if not found:
        say("no lab runs on this machine; `python -m lab up` starts one")
    for host in found:
        say(f"{host.lab:14} {host.host.name:14} {host.host.address:16} {host.kind:5} {host.state:8} {host.checkout}")
    return 0


def execute(arguments: Namespace) -> int:
    """With this terminal; the status is the command's."""
    lab = _running(arguments.name)
    container = lab.table.container(lab.table.host(arguments.host).name)
    terminal = ["--tty"] if sys.stdin.isatty() else []
    return subprocess.run(
        command("exec", "--interactive", *terminal, container, *arguments.command), check=False
    ).returncode


def fault(arguments: Namespace) -> int:
    lab = _running(arguments.name)
    method = getattr(lab, arguments.verb)
    more = getattr(arguments, "peers", []) or ([arguments.directory] if hasattr(arguments, "directory") else [])
    method(arguments.host, *more)
    return 0


def artifacts(arguments: Namespace) -> int:
    make(arguments.only)
    return 0


def _running(name: str) -> Lab:
    """Raises LabError when there is no such lab."""
    machine.require_root()
    found = labs.of(name) if daemon.answers() else []
    if not found:
        raise LabError(f"there is no lab {name} on this machine", f"`python -m lab up --name {name}` starts it")
    subnet = found[0].host.address.rpartition(".")[0]
    return Lab(Table(name, subnet, tuple(host.host for host in found)))


COMMANDS: Final[dict[str, Callable[[Namespace], int]]] = {
    "up": up,
    "down": down,
    "status": status,
    "exec": execute,
    "artifacts": artifacts,
    **dict.fromkeys(("kill", "start", "reboot", "cut", "mend", "fill", "unfill"), fault),
}
